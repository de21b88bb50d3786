import type { DeviceId, Ed25519PublicKey, UserId } from "../../../protocol/ids.ts";

/** Our end of a verification, with the keys that we would have the other side verify. */
export type OurParty = {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly deviceKey: Ed25519PublicKey;
  /** As the server told us. */
  readonly masterKey: Ed25519PublicKey | undefined;
  /** Whether that one is verified on this device: only then do we vouch for it. */
  readonly masterKeyTrusted: boolean;
};

/** The other end, with its keys as our store has them. */
export type TheirParty = {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly deviceKey: Ed25519PublicKey;
  /** Of their user; when it is our own, the same as ours. */
  readonly masterKey: Ed25519PublicKey | undefined;
};

export type Parties = { readonly ours: OurParty; readonly theirs: TheirParty };

/** What a verification found to be theirs; at least one is present. */
export type ClaimedKeys = { readonly deviceKey: Ed25519PublicKey | undefined; readonly masterKey: Ed25519PublicKey | undefined };
