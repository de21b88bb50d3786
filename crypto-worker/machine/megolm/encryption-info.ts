import type { Curve25519PublicKey, DeviceId, Ed25519PublicKey, UserId } from "../../../protocol/ids.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import { shieldOf, type Shield, type VerificationState } from "./verification-state.ts";

/** Who gave us a key that they did not make. */
export type Forwarder = { readonly userId: UserId; readonly deviceId: DeviceId };

/** The same as plain data, for stores and ports; `shieldOf(verificationState, strict)` gives the shield. */
export type EncryptionInfoData = {
  readonly sender: UserId;
  /** The device that made the session, once it is known. Not to be trusted unless the state says so. */
  readonly senderDevice: DeviceId | undefined;
  readonly senderCurve25519: Curve25519PublicKey;
  /** As claimed with the key; undefined where the source of the key did not say. */
  readonly senderClaimedEd25519: Ed25519PublicKey | undefined;
  readonly sessionId: string;
  readonly verificationState: VerificationState;
  readonly forwarder: Forwarder | undefined;
};

/** Where an event came from and how sure that is. */
export class EncryptionInfo implements EncryptionInfoData {
  readonly algorithm = MEGOLM_ALGORITHM;
  readonly sender: UserId;
  readonly senderDevice: DeviceId | undefined;
  readonly senderCurve25519: Curve25519PublicKey;
  readonly senderClaimedEd25519: Ed25519PublicKey | undefined;
  readonly sessionId: string;
  readonly verificationState: VerificationState;
  readonly forwarder: Forwarder | undefined;

  constructor(data: EncryptionInfoData) {
    this.sender = data.sender;
    this.senderDevice = data.senderDevice;
    this.senderCurve25519 = data.senderCurve25519;
    this.senderClaimedEd25519 = data.senderClaimedEd25519;
    this.sessionId = data.sessionId;
    this.verificationState = data.verificationState;
    this.forwarder = data.forwarder;
  }

  shield(strict: boolean): Shield | null {
    return shieldOf(this.verificationState, strict);
  }
}
