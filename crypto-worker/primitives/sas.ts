import { parseCurve25519PublicKey, type Curve25519PublicKey } from "../../protocol/ids.ts";
import { err, type Result } from "../../protocol/result.ts";
import { isLowOrderKey } from "./curve25519.ts";
import { MAX_STACK_INPUT, olm } from "./olm-library.ts";
import { olmResult, type OlmFailure } from "./olm-error.ts";

type RawSas = InstanceType<ReturnType<typeof olm>["SAS"]>;

/** Our half of a SAS key agreement, before the other side's key is known. Must be freed, or used up by `establish`. */
export class Sas {
  readonly publicKey: Curve25519PublicKey;
  #raw: RawSas | undefined;

  private constructor(raw: RawSas, publicKey: Curve25519PublicKey) {
    this.#raw = raw;
    this.publicKey = publicKey;
  }

  static create(): Sas {
    const raw = new (olm().SAS)();
    try {
      const publicKey = parseCurve25519PublicKey(raw.get_pubkey());
      if (!publicKey.ok) throw new Error("libolm returned a public key that is none");
      return new Sas(raw, publicKey.value);
    } catch (error) {
      raw.free();
      throw error;
    }
  }

  /**
   * Agrees with the other side's key. Uses this object up, also on failure, as a key pair serves one agreement only; the established one
   * must be freed then. Keys with which the agreement would not depend on us are refused; libolm accepts them.
   */
  establish(theirKey: Curve25519PublicKey): Result<EstablishedSas, OlmFailure> {
    const raw = this.#raw;
    if (raw === undefined) throw new Error("this SAS key pair was used up");
    this.#raw = undefined;
    if (isLowOrderKey(theirKey)) {
      raw.free();
      return err("low-order-key");
    }
    const result = olmResult(() => {
      raw.set_their_key(theirKey);
      return new EstablishedSas(raw, this.publicKey, theirKey);
    });
    if (!result.ok) raw.free();
    return result;
  }

  /** Does nothing after `establish`. */
  free(): void {
    this.#raw?.free();
    this.#raw = undefined;
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

/** A finished key agreement. Must be freed. Inputs and infos are bounded by the caller; above `MAX_STACK_INPUT` bytes a call throws. */
export class EstablishedSas {
  readonly ourKey: Curve25519PublicKey;
  readonly theirKey: Curve25519PublicKey;
  readonly #raw: RawSas;

  /** For `Sas.establish` only. */
  constructor(raw: RawSas, ourKey: Curve25519PublicKey, theirKey: Curve25519PublicKey) {
    this.#raw = raw;
    this.ourKey = ourKey;
    this.theirKey = theirKey;
  }

  /** HKDF-SHA-256 of the shared secret; `info` as E2EE §Short Authentication String gives it. */
  generateBytes(info: string, length: number): Uint8Array {
    assertFitsStack(info);
    return this.#raw.generate_bytes(info, length);
  }

  /** `hkdf-hmac-sha256`, with the base64 that libolm got wrong and that everybody must copy. */
  calculateMac(input: string, info: string): string {
    assertFitsStack(input + info);
    return this.#raw.calculate_mac(input, info);
  }

  /** `hkdf-hmac-sha256.v2`. */
  calculateMacFixedBase64(input: string, info: string): string {
    assertFitsStack(input + info);
    return this.#raw.calculate_mac_fixed_base64(input, info);
  }

  free(): void {
    this.#raw.free();
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

function assertFitsStack(text: string): void {
  if (Buffer.byteLength(text, "utf8") > MAX_STACK_INPUT) throw new Error("text too long for a SAS computation");
}
