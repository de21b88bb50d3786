import type { Curve25519PublicKey, DeviceId, Ed25519PublicKey, UserId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { decodeBase64 } from "../../primitives/base64.ts";
import type { SasAgreement, SasMacMethod } from "../../primitives/sas.ts";
import { Secret } from "../../primitives/secret.ts";
import type { CancelCode } from "./cancellation.ts";
import type { MacMessage } from "./message.ts";
import type { ClaimedKeys, Parties, TheirParty } from "./parties.ts";
import type { QrCode } from "./qr-code.ts";
import { sasCodesOf, SAS_CODE_BYTES, type SasCodes } from "./sas-codes.ts";
import { commitmentOf, keyListOf } from "./sas-protocol.ts";

/*
 * SECURITY: each class here is proof that one check of a verification was made and held. Their constructors are private, so that only the check makes one;
 * a finished flow holds one of each that its method needs, and nothing is signed without `VerifiedKeys`, which only they make. `transcript` names the flow,
 * so that proofs of two flows cannot be mixed.
 */

/** The acceptor of a SAS flow revealed the key that it had committed to. Checked on both sides: on the acceptor's, that it kept its own promise. */
export class CommitmentVerified {
  readonly transcript: string;
  readonly #held = true;

  private constructor(transcript: string) {
    this.transcript = transcript;
  }

  static check(
    claim: { readonly commitment: string; readonly key: Curve25519PublicKey; readonly startContent: string },
    transcript: string,
  ): Result<CommitmentVerified, CancelCode> {
    const holds = claim.commitment.replace(/=+$/, "") === commitmentOf(claim.key, claim.startContent);
    return holds ? ok(new CommitmentVerified(transcript)) : err("m.mismatched_commitment");
  }

  get held(): boolean {
    return this.#held;
  }
}

/** What our user was given to compare, made from the key agreement alone. */
export class ShownSas {
  readonly transcript: string;
  readonly codes: SasCodes;
  readonly #shown = true;

  private constructor(transcript: string, codes: SasCodes) {
    this.transcript = transcript;
    this.codes = codes;
  }

  static of(agreement: SasAgreement, transcript: string): ShownSas {
    return new ShownSas(transcript, sasCodesOf(agreement.generateBytes(transcript, SAS_CODE_BYTES)));
  }

  get shown(): boolean {
    return this.#shown;
  }
}

/** Our user said that both sides show the same. Made where that input is handled, and nowhere else. */
export class UserConfirmedSas {
  readonly transcript: string;
  readonly #confirmed = true;

  private constructor(transcript: string) {
    this.transcript = transcript;
  }

  static of(shown: ShownSas): UserConfirmedSas {
    return new UserConfirmedSas(shown.transcript);
  }

  get confirmed(): boolean {
    return this.#confirmed;
  }
}

/** Who is at the other end of the key agreement holds these keys of theirs. */
export class MacsVerified implements ClaimedKeys {
  readonly transcript: string;
  readonly deviceKey: Ed25519PublicKey | undefined;
  readonly masterKey: Ed25519PublicKey | undefined;
  readonly #verified = true;

  private constructor(transcript: string, keys: ClaimedKeys) {
    this.transcript = transcript;
    this.deviceKey = keys.deviceKey;
    this.masterKey = keys.masterKey;
  }

  /**
   * The MAC of the key list first, then that of each key that we know; ids that we do not know are none of our business. Every id stands for exactly one
   * key: a device that is named like a cross-signing key is refused (CVE-2022-39250). At least one key must be verified.
   */
  static check(
    agreement: SasAgreement,
    method: SasMacMethod,
    { ours, theirs }: Parties,
    flowId: string,
    message: MacMessage,
    transcript: string,
  ): Result<MacsVerified, CancelCode> {
    const info = `MATRIX_KEY_VERIFICATION_MAC${theirs.userId}${theirs.deviceId}${ours.userId}${ours.deviceId}${flowId}`;
    if (!agreement.verifyMac(method, keyListOf(message.macs.keys()), `${info}KEY_IDS`, message.keys)) return err("m.key_mismatch");
    const deviceKeyId = `ed25519:${theirs.deviceId}`;
    const masterKeyId = theirs.masterKey === undefined ? undefined : `ed25519:${theirs.masterKey}`;
    if (deviceKeyId === masterKeyId) return err("m.key_mismatch");
    let deviceKey: Ed25519PublicKey | undefined;
    let masterKey: Ed25519PublicKey | undefined;
    for (const [keyId, mac] of message.macs) {
      const key = keyId === deviceKeyId ? theirs.deviceKey : keyId === masterKeyId ? theirs.masterKey : undefined;
      if (key === undefined) continue;
      if (!agreement.verifyMac(method, key, info + keyId, mac)) return err("m.key_mismatch");
      if (keyId === deviceKeyId) deviceKey = key;
      else masterKey = key;
    }
    return deviceKey === undefined && masterKey === undefined
      ? err("m.key_mismatch")
      : ok(new MacsVerified(transcript, { deviceKey, masterKey }));
  }

  get verified(): boolean {
    return this.#verified;
  }
}

/** The code that we scanned shows the keys that we know: theirs as ours, and ours as they should. */
export class QrCodeMatched implements ClaimedKeys {
  readonly transcript: string;
  readonly deviceKey: Ed25519PublicKey | undefined;
  readonly masterKey: Ed25519PublicKey | undefined;
  readonly #matched = true;

  private constructor(transcript: string, keys: ClaimedKeys) {
    this.transcript = transcript;
    this.deviceKey = keys.deviceKey;
    this.masterKey = keys.masterKey;
  }

  static check(code: QrCode, { ours, theirs }: Parties, flowId: string): Result<QrCodeMatched, CancelCode> {
    const isSelf = ours.userId === theirs.userId;
    if (code.flowId !== flowId || isSelf !== (code.mode !== "other-user")) return err("m.key_mismatch");
    const verifiesDevice = code.mode === "self-untrusting";
    // The shower takes our word for the master key in that mode: it must be one that we trust.
    if (verifiesDevice && !ours.masterKeyTrusted) return err("m.key_mismatch");
    const first = verifiesDevice ? theirs.deviceKey : theirs.masterKey;
    const second = code.mode === "self-trusting" ? ours.deviceKey : ours.masterKey;
    if (first === undefined || second === undefined || code.firstKey !== first || code.secondKey !== second) return err("m.key_mismatch");
    const keys = verifiesDevice ? { deviceKey: first, masterKey: undefined } : { deviceKey: undefined, masterKey: first };
    return ok(new QrCodeMatched(flowId, keys));
  }

  get matched(): boolean {
    return this.#matched;
  }
}

/** Who scanned our code sent its secret back, and so has seen the keys on it. */
export class QrSecretMatched {
  readonly transcript: string;
  readonly #matched = true;

  private constructor(transcript: string) {
    this.transcript = transcript;
  }

  static check(code: QrCode, claimed: string): Result<QrSecretMatched, CancelCode> {
    const bytes = decodeBase64(claimed, { maxBytes: 256 });
    if (!bytes.ok) return err("m.invalid_message");
    using secret = Secret.take(bytes.value, "qr-secret");
    return code.secret.equals(secret) ? ok(new QrSecretMatched(code.flowId)) : err("m.key_mismatch");
  }

  get matched(): boolean {
    return this.#matched;
  }
}

/** Our user saw the other device say that it scanned our code. Made where that input is handled, and nowhere else. */
export class UserConfirmedScan {
  readonly transcript: string;
  readonly #confirmed = true;

  private constructor(transcript: string) {
    this.transcript = transcript;
  }

  static of(matched: QrSecretMatched): UserConfirmedScan {
    return new UserConfirmedScan(matched.transcript);
  }

  get confirmed(): boolean {
    return this.#confirmed;
  }
}

/** The keys that were verified are those that the store has now, at the end; a server may have exchanged them in between. */
export class KeysUnchanged implements ClaimedKeys {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly deviceKey: Ed25519PublicKey | undefined;
  readonly masterKey: Ed25519PublicKey | undefined;
  readonly #unchanged = true;

  private constructor(userId: UserId, deviceId: DeviceId, keys: ClaimedKeys) {
    this.userId = userId;
    this.deviceId = deviceId;
    this.deviceKey = keys.deviceKey;
    this.masterKey = keys.masterKey;
  }

  /** `current` is undefined when the device is gone. */
  static check(theirs: TheirParty, claimed: ClaimedKeys, current: TheirParty | undefined): Result<KeysUnchanged, CancelCode> {
    if (current === undefined || current.userId !== theirs.userId || current.deviceId !== theirs.deviceId) return err("m.key_mismatch");
    if (claimed.deviceKey === undefined && claimed.masterKey === undefined) return err("m.key_mismatch");
    // The device belongs to what was verified, also where only the master key was named.
    if (current.deviceKey !== theirs.deviceKey || (claimed.deviceKey !== undefined && current.deviceKey !== claimed.deviceKey))
      return err("m.key_mismatch");
    if (claimed.masterKey !== undefined && current.masterKey !== claimed.masterKey) return err("m.key_mismatch");
    const { deviceKey, masterKey } = claimed;
    return ok(new KeysUnchanged(theirs.userId, theirs.deviceId, { deviceKey, masterKey }));
  }

  get unchanged(): boolean {
    return this.#unchanged;
  }
}

/** What a finished verification entitles us to sign or mark: exactly these keys. */
export class VerifiedKeys implements ClaimedKeys {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly deviceKey: Ed25519PublicKey | undefined;
  readonly masterKey: Ed25519PublicKey | undefined;
  readonly #verified = true;

  private constructor(keys: KeysUnchanged) {
    this.userId = keys.userId;
    this.deviceId = keys.deviceId;
    this.deviceKey = keys.deviceKey;
    this.masterKey = keys.masterKey;
  }

  static ofSas(
    witnesses: { readonly commitment: CommitmentVerified; readonly confirmed: UserConfirmedSas; readonly macs: MacsVerified },
    unchanged: KeysUnchanged,
  ): VerifiedKeys {
    const { commitment, confirmed, macs } = witnesses;
    assertTogether(commitment.held && confirmed.confirmed && macs.verified && unchanged.unchanged, commitment, confirmed, macs);
    assertSameKeys(macs, unchanged);
    return new VerifiedKeys(unchanged);
  }

  static ofScannedQr(matched: QrCodeMatched, unchanged: KeysUnchanged): VerifiedKeys {
    assertTogether(matched.matched && unchanged.unchanged, matched);
    assertSameKeys(matched, unchanged);
    return new VerifiedKeys(unchanged);
  }

  static ofShownQr(matched: QrSecretMatched, confirmed: UserConfirmedScan, unchanged: KeysUnchanged): VerifiedKeys {
    assertTogether(matched.matched && confirmed.confirmed && unchanged.unchanged, matched, confirmed);
    return new VerifiedKeys(unchanged);
  }

  get verified(): boolean {
    return this.#verified;
  }
}

function assertTogether(genuine: boolean, ...witnesses: readonly { readonly transcript: string }[]): void {
  if (!genuine || new Set(witnesses.map(({ transcript }) => transcript)).size !== 1)
    throw new Error("witnesses of different verifications");
}

function assertSameKeys(a: ClaimedKeys, b: ClaimedKeys): void {
  if (a.deviceKey !== b.deviceKey || a.masterKey !== b.masterKey) throw new Error("witnesses of different keys");
}
