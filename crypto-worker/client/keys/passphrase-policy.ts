const MIN_LENGTH = 8;
const MIN_DISTINCT = 5;

/**
 * Whether a passphrase is worth its KDF. Length and variety only: anything cleverer keeps people from phrases they can remember, and scrypt
 * makes each guess cost half a second and 128 MiB.
 */
export function isWeakPassphrase(passphrase: string): boolean {
  const characters = Array.from(passphrase.normalize("NFKC").trim());
  return characters.length < MIN_LENGTH || new Set(characters).size < MIN_DISTINCT;
}
