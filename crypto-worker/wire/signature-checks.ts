import type { Ed25519PublicKey } from "../../protocol/ids.ts";
import type { Crew } from "../primitives/crew/crew.ts";
import type { SignatureCheck } from "../primitives/crew/tasks.ts";
import type { JsonObject } from "./json.ts";
import { signableJson, signatureOf, verifyJson, type VerifyJson } from "./signatures.ts";

type Expected = { readonly userId: string; readonly keyId: string; readonly publicKey: Ed25519PublicKey; readonly check: number };

/**
 * The signatures that somebody is about to verify, all of them checked at once by a crew: `expect` each, `run`, then give `verify` to whoever would call
 * `verifyJson`. It has the same answer; for what was not expected it works that out.
 */
export class SignatureChecks {
  readonly #crew: Crew;
  readonly #expected = new Map<JsonObject, Expected[]>();
  readonly #checks: SignatureCheck[] = [];
  #verdicts: readonly (boolean | undefined)[] = [];

  constructor(crew: Crew) {
    this.#crew = crew;
  }

  /** The parameters of `verifyJson`. The object must stay as it is until the last `verify`. */
  expect(object: JsonObject, userId: string, keyId: string, publicKey: Ed25519PublicKey): void {
    const signature = signatureOf(object, userId, keyId);
    const message = signature === undefined ? undefined : signableJson(object);
    if (signature === undefined || message?.ok !== true) return;
    const expected = { userId, keyId, publicKey, check: this.#checks.length };
    this.#checks.push({ publicKey, message: message.value, signature });
    this.#expected.set(object, [...(this.#expected.get(object) ?? []), expected]);
  }

  run(): void {
    this.#verdicts = this.#crew.run("verify", undefined, this.#checks);
  }

  readonly verify: VerifyJson = (object, userId, keyId, publicKey) => {
    const expected = this.#expected.get(object)?.find((one) => one.userId === userId && one.keyId === keyId && one.publicKey === publicKey);
    const verdict = expected === undefined ? undefined : this.#verdicts[expected.check];
    return verdict ?? verifyJson(object, userId, keyId, publicKey);
  };
}
