import { err, type Result } from "../../../protocol/result.ts";
import { pbkdf2Sha512Async, type Pbkdf2Failure } from "../../primitives/pbkdf2.ts";
import type { Secret } from "../../primitives/secret.ts";
import type { PassphraseParameters, SecretStorageKeyDescription } from "../../wire/secret-storage.ts";
import type { Env } from "../env.ts";
import { randomAlphanumeric } from "./secret-storage-key.ts";

export type PassphraseKeyFailure =
  Pbkdf2Failure /** The key is not made out of a passphrase, or in a way that we do not know. */ | "no-passphrase";

/** What Element uses; about half a second. A key that we make never has less. */
const ITERATIONS = 500_000;
const SALT_LENGTH = 32;
const KEY_BYTES = 32;

export function newPassphraseParameters(env: Pick<Env, "randomBytes">): PassphraseParameters {
  return { salt: randomAlphanumeric(env, SALT_LENGTH), iterations: ITERATIONS };
}

/**
 * The key of a passphrase, made on another thread. The server chooses the rounds of a description: above ten million, some ten seconds, they are
 * refused. Few rounds are not: that key opens nothing but what it has always opened (see `SecretStorageKey.isProven`).
 */
export function derivePassphraseKey(
  passphrase: string,
  { salt, iterations }: PassphraseParameters,
  signal?: AbortSignal,
): Promise<Result<Secret<"ssss-key">, Pbkdf2Failure>> {
  const parameters = { salt: new TextEncoder().encode(salt), rounds: iterations, length: KEY_BYTES };
  return pbkdf2Sha512Async(passphrase, parameters, "ssss-key", signal);
}

/** The same for the key of a description; `openSecretStorageKey` then tells whether the passphrase was right. */
export function passphraseKey(
  { passphrase: parameters }: SecretStorageKeyDescription,
  passphrase: string,
  signal?: AbortSignal,
): Promise<Result<Secret<"ssss-key">, PassphraseKeyFailure>> {
  return parameters === undefined ? Promise.resolve(err("no-passphrase")) : derivePassphraseKey(passphrase, parameters, signal);
}
