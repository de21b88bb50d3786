import type { OlmMachine } from "../machine/olm-machine.ts";

/** What the client needs of the `OlmMachine`: synchronous calls, each of them one transaction that joins the one that is open. */
export type Machine = Pick<
  OlmMachine,
  | "identityKeys"
  | "createdTs"
  | "receiveSyncChanges"
  | "outgoingRequests"
  | "markRequestAsSent"
  | "updateTrackedUsers"
  | "getMissingSessions"
  | "shareRoomKey"
  | "encryptRoomEvent"
  | "decryptRoomEvent"
  | "getDevice"
  | "getUserDevices"
  | "getIdentity"
  | "setLocalTrust"
  | "outdatedUsers"
  | "bootstrapCrossSigning"
  | "crossSigningStatus"
  | "importRoomKeys"
  | "close"
>;
