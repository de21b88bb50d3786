import type { Ed25519PublicKey } from "../../protocol/ids.ts";
import type { Crew } from "../primitives/crew/crew.ts";
import type { SignatureCheck } from "../primitives/crew/tasks.ts";
import type { JsonObject } from "./json.ts";
import { signableJson, signatureOf, verifyJson, type VerifyJson } from "./signatures.ts";

type Expected = { readonly userId: string; readonly keyId: string; readonly publicKey: Ed25519PublicKey; readonly check: number };

/**
 * The signatures that somebody is about to verify, checked by a crew: `expect` each, then give `verify` to whoever would call `verifyJson`, in about the same
 * order: while one answer is used, the next ones are worked on. It has the same answers; what was not expected it works out. Must be disposed of.
 */
export class SignatureChecks {
  readonly #crew: Crew;
  readonly #expected = new Map<JsonObject, Expected[]>();
  readonly #checks: SignatureCheck[] = [];
  readonly #verdicts: (boolean | undefined)[] = [];
  #coming: Generator<boolean | undefined, void, undefined> | undefined;

  constructor(crew: Crew) {
    this.#crew = crew;
  }

  /** The parameters of `verifyJson`. Before the first `verify`; the object must stay as it is until the last. */
  expect(object: JsonObject, userId: string, keyId: string, publicKey: Ed25519PublicKey): void {
    const signature = signatureOf(object, userId, keyId);
    const message = signature === undefined ? undefined : signableJson(object);
    if (signature === undefined || message?.ok !== true) return;
    const expected = { userId, keyId, publicKey, check: this.#checks.length };
    this.#checks.push({ publicKey, message: message.value, signature });
    this.#expected.set(object, [...(this.#expected.get(object) ?? []), expected]);
  }

  readonly verify: VerifyJson = (object, userId, keyId, publicKey) => {
    const expected = this.#expected.get(object)?.find((one) => one.userId === userId && one.keyId === keyId && one.publicKey === publicKey);
    const verdict = expected === undefined ? undefined : this.#verdictOf(expected.check);
    return verdict ?? verifyJson(object, userId, keyId, publicKey);
  };

  [Symbol.dispose](): void {
    this.#coming?.return();
  }

  #verdictOf(check: number): boolean | undefined {
    this.#coming ??= this.#crew.run("verify", undefined, this.#checks);
    while (this.#verdicts.length <= check) {
      const next = this.#coming.next();
      if (next.done === true) break;
      this.#verdicts.push(next.value);
    }
    return this.#verdicts[check];
  }
}
