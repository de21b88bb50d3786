import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unwrapStoreKey } from "../../crypto-worker/client/keys/wrapped-key.ts";
import { openSqlCipherStore } from "../../crypto-worker/store/store.ts";
import { parseProfile } from "../../main/profile/profile.ts";

type Store = ReturnType<typeof openSqlCipherStore>;

/** Opens a copy of a closed profile's store, as somebody who has the passphrase could, and lends it with its key. */
export async function withStoreCopy<T>(
  accountFolder: string,
  copy: string,
  passphrase: string,
  use: (store: Store, key: Uint8Array) => T,
): Promise<T> {
  const profile = parseProfile(readFileSync(join(accountFolder, "profile.json"), "utf8"));
  if (!profile.ok || profile.value?.key.wrap !== "passphrase") throw new Error("the profile is not locked by a passphrase");
  const { store: name } = profile.value;
  const key = await unwrapStoreKey(profile.value.key.wrapped, passphrase);
  if (!key.ok) throw new Error("the passphrase does not open the key");
  cpSync(accountFolder, copy, { recursive: true });
  return key.value.use((bytes) => {
    const store = openSqlCipherStore({ path: join(copy, name), key: bytes });
    try {
      return use(store, bytes);
    } finally {
      store.close();
    }
  });
}

/** What must never be seen outside of the store: by name, as bytes. */
export function secretsOf(store: Store, key: Uint8Array): Map<string, Uint8Array> {
  const secrets = new Map<string, Uint8Array>([["store key", Buffer.from(key)]]);
  const session = store.session.load();
  if (session === undefined) throw new Error("the store has no session");
  secrets.set("access token", Buffer.from(session.accessToken));
  if (session.refreshToken !== null) secrets.set("refresh token", Buffer.from(session.refreshToken));
  for (const table of ["account", "olm_session", "inbound_group_session", "outbound_group_session", "custom_value"]) {
    let n = 0;
    for (const row of store.prepare(`SELECT * FROM ${table}`).all())
      for (const [column, cell] of Object.entries(row)) {
        if (!/pickle|ratchet|^value$/.test(column)) continue;
        const bytes = typeof cell === "string" ? Buffer.from(cell) : cell instanceof Uint8Array ? Buffer.from(cell) : undefined;
        if (bytes === undefined || bytes.length < 24) continue;
        secrets.set(`${table}.${column} ${++n}`, bytes);
        // Without the version and index that begin it and the public key that ends it.
        if (column === "ratchet") secrets.set(`${table}.${column} ${n}, inside`, bytes.subarray(8, 120));
      }
  }
  return secrets;
}

/** As bytes, and as they would be written down. */
export function formsOf(secret: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString("base64").replace(/=+$/, "");
  const hex = bytes.toString("hex");
  return [bytes, ...[base64, bytes.toString("base64url"), hex, hex.toUpperCase()].map((form) => Buffer.from(form))];
}

/** Every file below a folder: its path from there, and its bytes. */
export function filesBelow(folder: string): readonly (readonly [string, Buffer])[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() ? [[path.slice(folder.length + 1), readFileSync(path)] as const] : [];
  });
}
