import { scrypt } from "node:crypto";
import { Secret } from "./secret.ts";

/** Cost of the app passphrase: N = 2^17, r = 8, p = 1 takes 128 MiB and about half a second. */
export type ScryptParameters = {
  readonly salt: Uint8Array;
  readonly logN: number;
  readonly r: number;
  readonly p: number;
  readonly length: number;
};

const MIN_SCRYPT_LOG_N = 10;
const MAX_SCRYPT_LOG_N = 20;

/** On another thread. Rejects for parameters out of range: they are read from our own files. */
export function scryptKeyAsync<Kind extends string>(passphrase: string, parameters: ScryptParameters, kind: Kind): Promise<Secret<Kind>> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize("NFKC"), parameters.salt, parameters.length, options(parameters), (error, key) => {
      if (error === null) resolve(Secret.take(key, kind));
      else reject(error);
    });
  });
}

function options({ logN, r, p }: ScryptParameters): { N: number; r: number; p: number; maxmem: number } {
  if (!Number.isInteger(logN) || logN < MIN_SCRYPT_LOG_N || logN > MAX_SCRYPT_LOG_N) throw new Error("scrypt cost out of range");
  if (!Number.isInteger(r) || r < 1 || r > 16 || !Number.isInteger(p) || p < 1 || p > 4) throw new Error("scrypt parameters out of range");
  return { N: 2 ** logN, r, p, maxmem: 256 * r * 2 ** logN + (1 << 20) };
}
