import type { Safety } from "../../protocol/messages/safety.ts";

/** Of an account on which everything is set up and in order. */
export const GOOD_SAFETY: Safety = {
  identity: "present",
  thisDeviceVerified: true,
  privateKeys: { master: true, selfSigning: true, userSigning: true },
  otherVerifiedDevices: 1,
  unverifiedDevices: 0,
  recovery: { state: "enabled", hasPassphrase: false, missing: [] },
  backup: { state: "enabled", version: "1", total: 10, backedUp: 10, uploading: false },
  dehydration: { state: "on", received: 0 },
  incoming: [],
};
