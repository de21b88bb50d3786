import { createDecipheriv, hkdfSync } from "node:crypto";
import type { NamedSecret } from "../support/secret-scanner.ts";
import type { withStoreCopy } from "./profile-secrets.ts";

type Store = Parameters<Parameters<typeof withStoreCopy<unknown>>[3]>[0];

/** Every secret that a store holds: `keys` may be in the worker and nowhere else, `tokens` in main as well. */
export type SecretRegistry = { readonly keys: readonly NamedSecret[]; readonly tokens: readonly NamedSecret[] };

/** Columns of the store that hold no secret, although their names say key or value, so that a new column is looked at. */
const PUBLIC_BLOBS: ReadonlySet<string> = new Set(["olm_hash.hash"]);
/** Notes that are kept under a name and give nothing away: a position, a mark, settings. Any other is taken for a secret. */
const PUBLIC_VALUES: ReadonlySet<string> = new Set(["client.sync-since", "identity-setup", "room-key-requests"]);

/** Takes a store apart, down to the private keys inside libolm's pickles. `key` is the store's own. */
export function registerSecrets(store: Store, key: Uint8Array): SecretRegistry {
  const session = store.session.load();
  if (session === undefined) throw new Error("the store has no session");
  const tokens = [{ name: "access token", bytes: Buffer.from(session.accessToken) }];
  if (session.refreshToken !== null) tokens.push({ name: "refresh token", bytes: Buffer.from(session.refreshToken) });
  const keys = [{ name: "store key", bytes: Buffer.from(key) }, ...pickledKeys(store), ...blobs(store), ...megolmKeys(store)];
  return { keys: keys.filter(({ bytes }) => bytes.length >= 16 && bytes.some((byte) => byte !== 0)), tokens };
}

type Row = Readonly<Record<string, unknown>>;
const rowsOf = (store: Store, table: string): readonly Row[] => store.prepare<Row>(`SELECT * FROM ${table}`).all();
const bytesOf = (value: unknown): Buffer =>
  typeof value === "string" ? Buffer.from(value) : value instanceof Uint8Array ? Buffer.from(value) : Buffer.alloc(0);

/** Pickles as they are stored, and the keys in them. */
function pickledKeys(store: Store): NamedSecret[] {
  const [account] = rowsOf(store, "account");
  if (account === undefined) throw new Error("the store has no account");
  const pickleKey = bytesOf(account["pickle_key"]);
  const open = (row: Row): Buffer => openPickle(String(row["pickle"]), pickleKey);
  const secrets: NamedSecret[] = [{ name: "pickle key", bytes: pickleKey }, ...accountKeys(open(account))];
  for (const [n, row] of rowsOf(store, "olm_session").entries()) secrets.push(...olmSessionKeys(open(row), `Olm session ${n}`));
  for (const [n, row] of rowsOf(store, "outbound_group_session").entries()) {
    const bytes = open(row);
    secrets.push(...ratchetParts(bytes.subarray(4, 132), `outbound room key ${n}`));
    secrets.push({ name: `outbound room key ${n}, signing key`, bytes: bytes.subarray(136 + 32, 136 + 64) });
  }
  for (const table of ["account", "olm_session", "outbound_group_session"])
    for (const [n, row] of rowsOf(store, table).entries())
      secrets.push({ name: `${table} ${n}, pickle`, bytes: Buffer.from(String(row["pickle"]).slice(8, 200)) });
  return secrets;
}

/** libolm: base64 of AES-256-CBC and a MAC of 8 bytes, under keys derived from the pickle key. */
function openPickle(pickle: string, pickleKey: Uint8Array): Buffer {
  const derived = Buffer.from(hkdfSync("sha256", pickleKey, "", "Pickle", 80));
  const decipher = createDecipheriv("aes-256-cbc", derived.subarray(0, 32), derived.subarray(64));
  return Buffer.concat([decipher.update(Buffer.from(pickle, "base64").subarray(0, -8)), decipher.final()]);
}

/** Version; Ed25519 public and private; Curve25519 public and private; one-time keys, each with id, flag, public, private. */
function accountKeys(bytes: Buffer): NamedSecret[] {
  const secrets: NamedSecret[] = [
    { name: "Ed25519 identity key", bytes: bytes.subarray(36, 68) },
    { name: "Curve25519 identity key", bytes: bytes.subarray(132, 164) },
  ];
  const count = bytes.readUInt32BE(164);
  for (let n = 0; n < count; n++) secrets.push({ name: `one-time key ${n}`, bytes: bytes.subarray(168 + n * 69 + 37, 168 + n * 69 + 69) });
  return secrets;
}

/** Version, flag, three public keys, root key; then the sender chain (ratchet key pair, chain key, index) and the receiver chains (ratchet key, chain key, index). */
function olmSessionKeys(bytes: Buffer, name: string): NamedSecret[] {
  const secrets: NamedSecret[] = [{ name: `${name}, root key`, bytes: bytes.subarray(101, 133) }];
  let at = 137;
  if (bytes.readUInt32BE(133) === 1) {
    secrets.push(
      { name: `${name}, ratchet key`, bytes: bytes.subarray(at + 32, at + 64) },
      { name: `${name}, sender chain`, bytes: bytes.subarray(at + 64, at + 96) },
    );
    at += 100;
  }
  const receivers = bytes.readUInt32BE(at);
  for (let n = 0; n < Math.min(receivers, 5); n++)
    secrets.push({ name: `${name}, receiver chain ${n}`, bytes: bytes.subarray(at + 4 + n * 68 + 32, at + 4 + n * 68 + 64) });
  return secrets;
}

/** A room key in the export format: version, index, four parts of 32 bytes, the public key. */
const megolmKeys = (store: Store): NamedSecret[] =>
  rowsOf(store, "inbound_group_session").flatMap((row, n) => ratchetParts(bytesOf(row["ratchet"]).subarray(5, 133), `room key ${n}`));

const ratchetParts = (bytes: Buffer, name: string): NamedSecret[] =>
  [0, 1, 2, 3].map((part) => ({ name: `${name}, part ${part}`, bytes: bytes.subarray(part * 32, part * 32 + 32) }));

/** Everything else that lies in the store as bytes under a name that says secret. */
function blobs(store: Store): NamedSecret[] {
  const tables = store.prepare<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
  return tables.flatMap(({ name: table }) => {
    const columns = store.prepare<{ name: string; type: string }>(`SELECT name, type FROM pragma_table_info('${table}')`).all();
    return columns
      .filter(
        ({ name, type }) => type === "BLOB" && /seed|secret|private|key|value|hash/.test(name) && !PUBLIC_BLOBS.has(`${table}.${name}`),
      )
      .flatMap(({ name: column }) =>
        rowsOf(store, table).flatMap((row, n) => {
          if (table === "custom_value" && PUBLIC_VALUES.has(String(row["name"]))) return [];
          return [{ name: `${table}.${column} ${n}`, bytes: bytesOf(row[column]) }];
        }),
      );
  });
}
