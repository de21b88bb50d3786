import { err, ok, type Result } from "../../protocol/result.ts";
import { MAX_STACK_INPUT, olm } from "./olm-library.ts";
import { olmObject, olmResult, type OlmFailure } from "./olm-error.ts";
import { isTruncated, MAX_OLM_BODY_LENGTH, olmCiphertextLength } from "./olm-message.ts";
import { pickleKeyCopy } from "./pickle-key.ts";

type RawSession = InstanceType<ReturnType<typeof olm>["Session"]>;

/** 0 is a pre-key message, 1 a normal one (E2EE §m.olm.v1). */
export type OlmMessage = { readonly type: 0 | 1; readonly body: string };

/** One double ratchet with one device. Must be freed. */
export class OlmSession {
  readonly #raw: RawSession;

  private constructor(raw: RawSession) {
    this.#raw = raw;
  }

  /** For `Account`: runs `initialise` on a fresh libolm session and frees it when that fails. */
  static build(initialise: (session: RawSession) => void): Result<OlmSession, OlmFailure> {
    return olmObject(new (olm().Session)(), (raw) => {
      initialise(raw);
      return new OlmSession(raw);
    });
  }

  static unpickle(pickle: string, pickleKey: Uint8Array): Result<OlmSession, OlmFailure> {
    if (pickle.length > MAX_STACK_INPUT) return err("bad-account-key");
    return OlmSession.build((session) => session.unpickle(pickleKeyCopy(pickleKey), pickle));
  }

  pickle(pickleKey: Uint8Array): string {
    return this.#raw.pickle(pickleKeyCopy(pickleKey));
  }

  get sessionId(): string {
    return this.#raw.session_id();
  }

  /** Until then every message we send is a pre-key message. */
  get hasReceivedMessage(): boolean {
    return this.#raw.has_received_message();
  }

  /** Moves the ratchet: store the pickle before the message leaves. Throws for text that is not well-formed Unicode. */
  encrypt(plaintext: string): OlmMessage {
    if (!plaintext.isWellFormed()) throw new Error("plaintext has a lone surrogate");
    return this.#raw.encrypt(plaintext);
  }

  /** Moves the ratchet only on success. A message that was decrypted before is a `bad-message-mac`. */
  decrypt(type: 0 | 1, body: string): Result<string, OlmFailure> {
    if (body.length > MAX_OLM_BODY_LENGTH) return err("bad-message-format");
    const ciphertextLength = olmCiphertextLength(type, body);
    if (ciphertextLength === undefined) return err("bad-message-format");
    const plaintext = olmResult(() => this.#raw.decrypt(type, body));
    if (!plaintext.ok) return plaintext;
    return isTruncated(plaintext.value, ciphertextLength) ? err("bad-message-format") : ok(plaintext.value);
  }

  free(): void {
    this.#raw.free();
  }

  [Symbol.dispose](): void {
    this.free();
  }
}
