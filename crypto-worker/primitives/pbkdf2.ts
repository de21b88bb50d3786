import { pbkdf2, pbkdf2Sync } from "node:crypto";
import { err, ok, type Result } from "../../protocol/result.ts";
import { Secret } from "./secret.ts";

/** Rounds come from servers and files: about ten seconds of work at most. */
const MAX_PBKDF2_ROUNDS = 10_000_000;

export type Pbkdf2Parameters = { readonly salt: Uint8Array; readonly rounds: number; readonly length: number };
export type Pbkdf2Failure = "rounds-out-of-range" | "aborted";

/** PBKDF2-HMAC-SHA-512 of the UTF-8 bytes. Blocks for as long as it takes. */
export function pbkdf2Sha512<Kind extends string>(
  passphrase: string,
  parameters: Pbkdf2Parameters,
  kind: Kind,
): Result<Secret<Kind>, "rounds-out-of-range"> {
  if (!areRoundsAllowed(parameters.rounds)) return err("rounds-out-of-range");
  return ok(Secret.take(pbkdf2Sync(passphrase, parameters.salt, parameters.rounds, parameters.length, "sha512"), kind));
}

/** The same on another thread. Once `signal` fires the answer is `aborted` at once; the thread still finishes and its result is wiped. */
export function pbkdf2Sha512Async<Kind extends string>(
  passphrase: string,
  parameters: Pbkdf2Parameters,
  kind: Kind,
  signal?: AbortSignal,
): Promise<Result<Secret<Kind>, Pbkdf2Failure>> {
  if (!areRoundsAllowed(parameters.rounds)) return Promise.resolve(err("rounds-out-of-range"));
  if (signal?.aborted === true) return Promise.resolve(err("aborted"));
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(err("aborted"));
    signal?.addEventListener("abort", onAbort, { once: true });
    pbkdf2(passphrase, parameters.salt, parameters.rounds, parameters.length, "sha512", (error, key) => {
      signal?.removeEventListener("abort", onAbort);
      if (error !== null) reject(error);
      else if (signal?.aborted === true) key.fill(0);
      else resolve(ok(Secret.take(key, kind)));
    });
  });
}

function areRoundsAllowed(rounds: number): boolean {
  return Number.isInteger(rounds) && rounds >= 1 && rounds <= MAX_PBKDF2_ROUNDS;
}
