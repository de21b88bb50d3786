// What a primitive copies a secret into on its way is wiped before it returns. Best effort all the same: what the engine and OpenSSL copy is out of reach.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { expect, test, vi } from "vitest";
import { AccountPickle } from "./account-pickle.ts";
import { openSealed } from "./aead.ts";
import { Ed25519SigningKey } from "./ed25519.ts";
import { transferCipher } from "./olm-pickle.ts";
import { Secret } from "./secret.ts";
import { x25519PrivateKey } from "./x25519.ts";

const isWiped = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** Whatever was put together out of parts while `work` ran. */
function joinedDuring(work: () => void): Uint8Array[] {
  using concat = vi.spyOn(Buffer, "concat");
  work();
  return concat.mock.results.flatMap(({ type, value }) => (type === "return" && value instanceof Uint8Array ? [value] : []));
}

test("the encoding around a private key", () => {
  const secret = Buffer.alloc(32, 7);
  using seed = Secret.from(secret, "seed");
  for (const work of [() => x25519PrivateKey(secret), () => Ed25519SigningKey.fromSeed(seed)]) {
    const joined = joinedDuring(work);
    expect(joined).toHaveLength(1);
    expect(joined.every(isWiped)).toBe(true);
  }
});

test("an account on its way into libolm, and what was read out of one", () => {
  const signing = { publicKey: Buffer.alloc(32, 1), privateKey: Buffer.alloc(64, 2) };
  const plain = AccountPickle.newAccount(signing);
  const pickle = new AccountPickle(plain);
  expect(isWiped(plain)).toBe(false);
  pickle.wipe();
  expect(isWiped(plain)).toBe(true);
  const another = AccountPickle.newAccount(signing);
  transferCipher.seal(another);
  expect(isWiped(another)).toBe(true);
});

test("new keys once they are in the account, and the account that they were not in", () => {
  const plain = AccountPickle.newAccount({ publicKey: Buffer.alloc(32, 1), privateKey: Buffer.alloc(64, 2) });
  const pickle = new AccountPickle(plain);
  const pairs = [3, 4, 5].map((byte) => new Uint8Array(64).fill(byte));
  const joined = joinedDuring(() => {
    pickle.addOneTimeKeys(pairs.slice(0, 2));
    for (const pair of pairs.slice(2)) pickle.addFallbackKey(pair);
  });
  expect([plain, ...pairs, ...joined.slice(0, -1)].every(isWiped)).toBe(true);
  expect(joined.map(isWiped).at(-1)).toBe(false);
  expect(pickle.privateKeyOf(new Uint8Array(32).fill(4))).toEqual(Buffer.alloc(32, 4));
});

test("what was decrypted before its tag turned out to be wrong, and what was right once it is a secret", () => {
  const [key, nonce] = [Buffer.alloc(32, 1), Buffer.alloc(12, 2)];
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const sealed = Buffer.concat([cipher.update(Buffer.alloc(40, 9)), cipher.final(), cipher.getAuthTag()]);
  for (const flip of [0, 1]) {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce);
    const update = vi.spyOn(decipher, "update");
    sealed[0] = (sealed[0] ?? 0) ^ flip;
    const opened = openSealed(decipher, sealed, 16, "plain");
    expect(opened?.use((bytes) => [...bytes])).toEqual(flip === 0 ? Array.from({ length: 40 }, () => 9) : undefined);
    const [returned] = update.mock.results;
    expect(returned?.value).toHaveLength(40);
    expect(isWiped(returned?.value)).toBe(true);
  }
});
