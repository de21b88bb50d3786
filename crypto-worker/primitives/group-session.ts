import { parseSessionId, type SessionId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { encodeBase64 } from "./base64.ts";
import { parseMegolmHeader } from "./megolm-message.ts";
import { MAX_STACK_INPUT, olm } from "./olm-library.ts";
import { olmObject, olmResult, type OlmFailure } from "./olm-error.ts";
import { isTruncated } from "./olm-message.ts";
import { pickleKeyCopy } from "./pickle-key.ts";

type RawOutbound = InstanceType<ReturnType<typeof olm>["OutboundGroupSession"]>;
type RawInbound = InstanceType<ReturnType<typeof olm>["InboundGroupSession"]>;

/** Session keys and exports are a little over 300 characters. */
const MAX_SESSION_KEY_LENGTH = 1024;

/** Our Megolm ratchet of a room. Must be freed. */
export class OutboundGroupSession {
  readonly #raw: RawOutbound;

  private constructor(raw: RawOutbound) {
    this.#raw = raw;
  }

  static create(): OutboundGroupSession {
    const raw = new (olm().OutboundGroupSession)();
    try {
      raw.create();
    } catch (error) {
      raw.free();
      throw error;
    }
    return new OutboundGroupSession(raw);
  }

  static unpickle(pickle: string, pickleKey: Uint8Array): Result<OutboundGroupSession, OlmFailure> {
    if (pickle.length > MAX_STACK_INPUT) return err("bad-account-key");
    return olmObject(new (olm().OutboundGroupSession)(), (raw) => {
      raw.unpickle(pickleKeyCopy(pickleKey), pickle);
      return new OutboundGroupSession(raw);
    });
  }

  pickle(pickleKey: Uint8Array): string {
    return this.#raw.pickle(pickleKeyCopy(pickleKey));
  }

  get sessionId(): SessionId {
    return sessionIdOf(this.#raw);
  }

  /** The index that the next message will have. */
  get messageIndex(): number {
    return this.#raw.message_index() >>> 0;
  }

  /**
   * The signed key at the current index, as `m.room_key` carries it. SECURITY: secret. It is text and no `Secret`, because it goes into
   * JSON right away; keep it no longer than that takes.
   */
  sessionKey(): string {
    return this.#raw.session_key();
  }

  /** Moves the ratchet: store the pickle before the ciphertext leaves. Throws for text that is not well-formed Unicode. */
  encrypt(plaintext: string): string {
    if (!plaintext.isWellFormed()) throw new Error("plaintext has a lone surrogate");
    return this.#raw.encrypt(plaintext);
  }

  free(): void {
    this.#raw.free();
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

export type MegolmPlaintext = { readonly plaintext: string; readonly messageIndex: number };

/** A Megolm ratchet that we can decrypt with. Must be freed. */
export class InboundGroupSession {
  readonly #raw: RawInbound;

  private constructor(raw: RawInbound) {
    this.#raw = raw;
  }

  /** From the `session_key` of an `m.room_key`; its signature is checked. */
  static fromSessionKey(sessionKey: string): Result<InboundGroupSession, OlmFailure> {
    if (sessionKey.length > MAX_SESSION_KEY_LENGTH) return err("bad-session-key");
    return InboundGroupSession.build((session) => session.create(sessionKey));
  }

  /** From the export format (key exports, backups, forwarded keys), which carries no signature: who made it is not known. */
  static importSession(exportedKey: string): Result<InboundGroupSession, OlmFailure> {
    if (exportedKey.length > MAX_SESSION_KEY_LENGTH) return err("bad-session-key");
    return InboundGroupSession.build((session) => session.import_session(exportedKey));
  }

  /** The same from its bytes. */
  static importBytes(exportedKey: Uint8Array): Result<InboundGroupSession, OlmFailure> {
    return InboundGroupSession.importSession(encodeBase64(exportedKey));
  }

  static unpickle(pickle: string, pickleKey: Uint8Array): Result<InboundGroupSession, OlmFailure> {
    if (pickle.length > MAX_STACK_INPUT) return err("bad-account-key");
    return InboundGroupSession.build((session) => session.unpickle(pickleKeyCopy(pickleKey), pickle));
  }

  private static build(initialise: (session: RawInbound) => void): Result<InboundGroupSession, OlmFailure> {
    return olmObject(new (olm().InboundGroupSession)(), (raw) => {
      initialise(raw);
      return new InboundGroupSession(raw);
    });
  }

  pickle(pickleKey: Uint8Array): string {
    return this.#raw.pickle(pickleKeyCopy(pickleKey));
  }

  /** The session's Ed25519 public key. Compare it with the id that an event claims. */
  get sessionId(): SessionId {
    return sessionIdOf(this.#raw);
  }

  get firstKnownIndex(): number {
    return this.#raw.first_known_index() >>> 0;
  }

  /** The same ciphertext decrypts any number of times: the caller keeps the replay table. */
  decrypt(ciphertext: string): Result<MegolmPlaintext, OlmFailure> {
    const header = parseMegolmHeader(ciphertext);
    if (!header.ok) return header;
    const decrypted = olmResult(() => this.#raw.decrypt(ciphertext));
    if (!decrypted.ok) return decrypted;
    const { plaintext } = decrypted.value;
    // libolm reads the index as a signed number.
    const messageIndex = decrypted.value.message_index >>> 0;
    if (messageIndex !== header.value.messageIndex || isTruncated(plaintext, header.value.ciphertextBytes))
      return err("bad-message-format");
    return ok({ plaintext, messageIndex });
  }

  /** SECURITY: secret. The key from `index` on, without signature. Fails with `unknown-message-index` below `firstKnownIndex`. */
  exportSession(index: number): Result<string, OlmFailure> {
    // libolm counts modulo 2^32 and takes more than half of that ahead as behind; its JavaScript also reads the error from the wrong object.
    const distance = index - this.firstKnownIndex;
    if (!Number.isInteger(index) || distance < 0 || distance > 0x7fff_ffff || index > 0xffff_ffff) return err("unknown-message-index");
    return olmResult(() => this.#raw.export_session(index));
  }

  free(): void {
    this.#raw.free();
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

function sessionIdOf(raw: RawInbound | RawOutbound): SessionId {
  const sessionId = parseSessionId(raw.session_id());
  if (!sessionId.ok) throw new Error("libolm returned a session id that is none");
  return sessionId.value;
}
