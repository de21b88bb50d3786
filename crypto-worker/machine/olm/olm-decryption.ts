import type { Curve25519PublicKey, UserId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { encodeBase64 } from "../../primitives/base64.ts";
import { sha256 } from "../../primitives/hash.ts";
import { parsePreKeyMessage, ratchetMessage } from "../../primitives/olm-message.ts";
import { parseOlmCiphertext, type OlmCiphertext } from "../../wire/encrypted-content.ts";
import type { JsonObject } from "../../wire/json.ts";
import { parseOlmPlaintext } from "../../wire/olm-plaintext.ts";
import type { OlmAccount } from "../account/olm-account.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import { checkOlmEvent, type OlmEventFailure, type SenderDevices } from "./check-olm-event.ts";
import type { DecryptedOlmEvent } from "./decrypted-olm-event.ts";
import type { OlmSessions } from "./olm-sessions.ts";

/** `undecryptable`: no session of ours can read it, so that a new one is due. `replayed`: it was decrypted before. */
export type OlmDecryptionFailure = "malformed" | "not-for-us" | "undecryptable" | "replayed" | "invalid-payload" | OlmEventFailure;

/** A failed decryption is reason for a new session at most this often for each device (E2EE §Recovering from undecryptable messages). */
const UNWEDGING_INTERVAL_MS = 60 * 60 * 1000;
const HASH_LIFETIME_MS = 90 * 24 * 60 * 60 * 1000;

/** What decryption changes besides sessions. */
export interface OlmDecryptionEffects extends SenderDevices {
  /** The device started a new session with us: what was sent to it before may be lost. */
  onNewInboundSession(device: Device): void;
  /** A message from a device that is not in the store: its owner's list may be out of date. */
  onUnknownDevice(userId: UserId): void;
}

/** Decrypts to-device events over Olm; ratchets, replay marks and one-time keys move within the caller's transaction. */
export class OlmDecryption {
  readonly #context: MachineContext;
  readonly #account: OlmAccount;
  readonly #sessions: OlmSessions;
  readonly #effects: OlmDecryptionEffects;

  constructor(context: MachineContext, account: OlmAccount, sessions: OlmSessions, effects: OlmDecryptionEffects) {
    this.#context = context;
    this.#account = account;
    this.#sessions = sessions;
    this.#effects = effects;
  }

  /** `content` is of an `m.room.encrypted` to-device event. Anything but Olm is refused (CVE-2022-39251). */
  decrypt(envelopeSender: UserId, content: JsonObject): Result<DecryptedOlmEvent, OlmDecryptionFailure> {
    const { userId, identityKeys } = this.#context;
    const ciphertext = parseOlmCiphertext(content, identityKeys.curve25519);
    if (!ciphertext.ok) return err(ciphertext.error === "not-for-us" ? "not-for-us" : "malformed");
    const text = this.#decryptText(envelopeSender, ciphertext.value);
    if (!text.ok) {
      if (text.error === "undecryptable") this.#markWedged(envelopeSender, ciphertext.value.senderKey);
      return text;
    }
    const plaintext = parseOlmPlaintext(text.value);
    if (!plaintext.ok) return err("invalid-payload");
    const frame = { ourUserId: userId, ourEd25519: identityKeys.ed25519, envelopeSender, senderCurve25519: ciphertext.value.senderKey };
    return checkOlmEvent(plaintext.value, frame, this.#effects);
  }

  /** Forgets marks of messages that nothing could decrypt again. */
  removeOldHashes(): void {
    this.#context.store.olmHashes.removeBefore(this.#context.env.now() - HASH_LIFETIME_MS);
  }

  #decryptText(sender: UserId, message: OlmCiphertext): Result<string, "undecryptable" | "replayed"> {
    const hash = hashOf(message);
    const text = message.type === 0 ? this.#decryptPreKey(sender, message, hash) : this.#decryptNormal(message);
    if (text !== undefined) {
      this.#context.store.olmHashes.add(hash, this.#context.env.now());
      return ok(text);
    }
    return err(this.#context.store.olmHashes.has(hash) ? "replayed" : "undecryptable");
  }

  #decryptNormal({ senderKey, body }: OlmCiphertext): string | undefined {
    for (const session of this.#sessions.withDevice(senderKey)) {
      const text = session.use().decrypt(1, body);
      if (!text.ok) continue;
      this.#sessions.markDecrypted(senderKey, session);
      return text.value;
    }
    return undefined;
  }

  #decryptPreKey(sender: UserId, { senderKey, body }: OlmCiphertext, hash: Uint8Array): string | undefined {
    const message = parsePreKeyMessage(body);
    if (!message.ok || message.value.identityKey !== senderKey) return undefined;
    const { sessionId, oneTimeKey } = message.value;
    const known = this.#sessions.withDevice(senderKey).find((session) => session.sessionId === sessionId);
    if (known !== undefined) {
      // Never a second session out of the same keys: this one's message is broken or was seen.
      const text = known.use().decrypt(0, body);
      if (!text.ok) return undefined;
      this.#sessions.markDecrypted(senderKey, known);
      return text.value;
    }
    // A fallback key is not used up: without its session the same message would decrypt again.
    if (this.#context.store.olmHashes.has(hash)) return undefined;
    return this.#acceptSession(sender, senderKey, body, oneTimeKey);
  }

  #acceptSession(sender: UserId, senderKey: Curve25519PublicKey, body: string, oneTimeKey: Curve25519PublicKey): string | undefined {
    const session = this.#account.createInboundSession(senderKey, body);
    if (!session.ok) return undefined;
    const text = session.value.decrypt(0, body);
    if (!text.ok) {
      session.value.free();
      return undefined;
    }
    // Only now, and in one transaction with the session: a forged message must not use up a key, nor a crash lose one.
    this.#account.removeOneTimeKey(oneTimeKey);
    this.#sessions.add(senderKey, session.value);
    const device = this.#effects.deviceByCurveKey(sender, senderKey);
    if (device !== undefined) this.#effects.onNewInboundSession(device);
    return text.value;
  }

  #markWedged(sender: UserId, senderKey: Curve25519PublicKey): void {
    const device = this.#effects.deviceByCurveKey(sender, senderKey);
    if (device === undefined) {
      this.#effects.onUnknownDevice(sender);
      return;
    }
    const newest = this.#sessions.newestCreatedTs(senderKey);
    // A session from the future says that the clock went backwards, not that it is young.
    const age = newest === undefined ? UNWEDGING_INTERVAL_MS : Math.abs(this.#context.env.now() - newest);
    if (age >= UNWEDGING_INTERVAL_MS) this.#context.store.wedgedDevices.add(device.userId, device.deviceId);
  }
}

/** SECURITY: of what the MAC covers alone: the same message in another disguise is the same message. */
function hashOf({ senderKey, type, body }: OlmCiphertext): Uint8Array {
  const message = ratchetMessage(type, body);
  return sha256(`${senderKey}|${type}|${message === undefined ? body : encodeBase64(message)}`);
}
