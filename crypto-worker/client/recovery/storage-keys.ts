import { CodedError } from "../../../protocol/errors.ts";
import type { Result } from "../../../protocol/result.ts";
import type { Env } from "../../machine/env.ts";
import { derivePassphraseKey, newPassphraseParameters, passphraseKey } from "../../machine/secret-storage/passphrase-key.ts";
import { encodeRecoveryKey, parseRecoveryKey } from "../../machine/secret-storage/recovery-key.ts";
import { createSecretStorageKey, openSecretStorageKey, type SecretStorageKey } from "../../machine/secret-storage/secret-storage-key.ts";
import type { Secret } from "../../primitives/secret.ts";
import type { Storage } from "./secret-storage.ts";

/** What a person opens secret storage with. */
export type GivenSecret = { readonly recoveryKey: string } | { readonly passphrase: string };

/** Keys of secret storage, from what people type and for what they write down. Whoever gets one disposes of it. */
export class StorageKeys {
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  /** A new one; with a passphrase both that and the recovery key open it. */
  async create(passphrase: string | null): Promise<SecretStorageKey> {
    if (passphrase === null) return createSecretStorageKey(this.#env);
    const parameters = newPassphraseParameters(this.#env);
    const derived = await derivePassphraseKey(passphrase, parameters);
    if (!derived.ok) throw new Error("the rounds are ours");
    using key = derived.value;
    return createSecretStorageKey(this.#env, { key, parameters });
  }

  /** The key of what is on the server. @throws CodedError `wrong-recovery-key` */
  async open({ description }: Storage, given: GivenSecret): Promise<SecretStorageKey> {
    const typed: Result<Secret<"ssss-key" | "recovery-key">, unknown> = "passphrase" in given
      ? await passphraseKey(description, given.passphrase)
      : parseRecoveryKey(given.recoveryKey);
    if (!typed.ok) throw new CodedError("wrong-recovery-key");
    using secret = typed.value;
    const opened = openSecretStorageKey(this.#env, description, secret);
    if (!opened.ok) throw new CodedError("wrong-recovery-key");
    return opened.value;
  }
}

/** SECURITY: the key itself, as text for the person's eyes. */
export function recoveryKeyOf(key: SecretStorageKey): string {
  using secret = key.dangerouslyExport();
  return encodeRecoveryKey(secret);
}
