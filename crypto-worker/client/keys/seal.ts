import type { Seal } from "../../../protocol/vault.ts";
import type { Env } from "../../machine/env.ts";
import { hkdfSha256 } from "../../primitives/hkdf.ts";
import type { CryptoStore } from "../../store/store.ts";

const SECRET = "vault.seal-secret";
const SYMBOLS = 5;

/** Makes the secret behind the seal, once a store. */
export function ensureSealSecret(store: CryptoStore, env: Env): void {
  store.transaction(() => {
    if (store.customValues.load(SECRET) === undefined) store.customValues.save(SECRET, env.randomBytes(32));
  });
}

/** The pattern that vault dialogs show and that a chat page can never learn. */
export function loadSeal(store: CryptoStore): Seal | null {
  const secret = store.customValues.load(SECRET);
  if (secret === undefined) return null;
  using derived = hkdfSha256(secret, new Uint8Array(0), "bulkhead seal v1", SYMBOLS + 2, "seal");
  return derived.use((bytes) => ({
    symbols: [...bytes.subarray(0, SYMBOLS)].map((byte) => byte & 63),
    hue: (((bytes[SYMBOLS] ?? 0) << 8) | (bytes[SYMBOLS + 1] ?? 0)) % 360,
  }));
}
