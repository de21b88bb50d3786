import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { deriveRecoveryKeyFromPassphrase } from "matrix-js-sdk/lib/crypto-api/index.js";
import { SECRET_STORAGE_ALGORITHM_V1_AES, ServerSideSecretStorageImpl } from "matrix-js-sdk/lib/secret-storage.js";
import { describe, expect, test } from "vitest";
import { encodePaddedBase64 } from "../../primitives/base64.ts";
import { Secret } from "../../primitives/secret.ts";
import type { JsonObject } from "../../wire/json.ts";
import {
  parseDefaultKeyId,
  parseEncryptedSecret,
  parseKeyDescription,
  type SecretStorageKeyDescription,
} from "../../wire/secret-storage.ts";
import { encodeKeyText, parseKeyText } from "./key-text.ts";
import { derivePassphraseKey, newPassphraseParameters, passphraseKey } from "./passphrase-key.ts";
import { encodeRecoveryKey, parseRecoveryKey } from "./recovery-key.ts";
import { createSecretStorageKey, openSecretStorageKey, type SecretStorageKey } from "./secret-storage-key.ts";

const env = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
const NAME = "m.cross_signing.master";

function must<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function secret(text: string): Secret<"stored-secret"> {
  return Secret.take(new TextEncoder().encode(text), "stored-secret");
}

function textOf(value: Secret<string>): string {
  return value.use((bytes) => new TextDecoder().decode(bytes));
}

/** What another device reads of this key. */
function published(key: SecretStorageKey): SecretStorageKeyDescription {
  return must(parseKeyDescription(key.keyId, JSON.parse(JSON.stringify(key.descriptionContent))));
}

/** The entry of `key` with some of its text changed. */
function tampered(content: JsonObject, key: SecretStorageKey, change: Record<string, unknown>): unknown {
  const copy = JSON.parse(JSON.stringify(content)) as { encrypted: Record<string, Record<string, unknown>> };
  copy.encrypted[key.keyId] = { ...copy.encrypted[key.keyId], ...change };
  return copy;
}

describe("a random key", () => {
  test("has an id and a check, and opens its own description only", () => {
    const key = createSecretStorageKey(env);
    const other = createSecretStorageKey(env);
    expect(key.keyId).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(key.descriptionContent).toMatchObject({ algorithm: "m.secret_storage.v1.aes-hmac-sha2" });
    expect(Object.keys(key.descriptionContent).toSorted()).toEqual(["algorithm", "iv", "mac"]);
    const again = must(openSecretStorageKey(env, published(key), key.dangerouslyExport()));
    expect(again.isProven).toBe(true);
    expect(openSecretStorageKey(env, published(other), key.dangerouslyExport())).toEqual({ ok: false, error: "wrong-key" });
  });

  test("comes back out of its recovery key", () => {
    const key = createSecretStorageKey(env);
    const content = key.encryptSecret(NAME, secret("a secret"));
    const typed = must(parseRecoveryKey(encodeRecoveryKey(key.dangerouslyExport())));
    const opened = must(openSecretStorageKey(env, published(key), typed));
    expect(textOf(must(opened.decryptSecret(NAME, content)))).toBe("a secret");
  });

  test("the counter's high bit is clear in what it writes, and no two are alike", () => {
    const key = createSecretStorageKey(env);
    const ivs = new Set<string>();
    for (let i = 0; i < 64; i++) {
      const { iv } = must(parseEncryptedSecret(key.encryptSecret(NAME, secret("x")), key.keyId));
      expect(iv[8]).toBeLessThan(0x80);
      ivs.add(Buffer.from(iv).toString("hex"));
    }
    expect(ivs.size).toBe(64);
  });
});

describe("secrets", () => {
  test("come back byte for byte, whatever they hold", () => {
    const key = createSecretStorageKey(env);
    for (const text of ["", "x", "ünïcödé 🔑", "a".repeat(5000)]) {
      expect(textOf(must(key.decryptSecret(NAME, key.encryptSecret(NAME, secret(text)))))).toBe(text);
    }
  });

  test("entries under other keys are kept, and only ours is replaced", () => {
    const first = createSecretStorageKey(env);
    const second = createSecretStorageKey(env);
    const both = second.encryptSecret(NAME, secret("two"), first.encryptSecret(NAME, secret("one")));
    const again = second.encryptSecret(NAME, secret("three"), both);
    expect(textOf(must(first.decryptSecret(NAME, again)))).toBe("one");
    expect(textOf(must(second.decryptSecret(NAME, again)))).toBe("three");
  });

  test("a secret that the server puts under another name does not decrypt", () => {
    const key = createSecretStorageKey(env);
    const content = key.encryptSecret("m.cross_signing.user_signing", secret("x"));
    expect(key.decryptSecret(NAME, content)).toEqual({ ok: false, error: "wrong-mac" });
  });

  test("one flipped bit anywhere in the ciphertext or the MAC is refused", () => {
    const key = createSecretStorageKey(env);
    const content = key.encryptSecret(NAME, secret("a secret"));
    const { ciphertext, mac } = must(parseEncryptedSecret(content, key.keyId));
    for (const [field, bytes] of [
      ["ciphertext", ciphertext],
      ["mac", mac],
    ] as const) {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = Uint8Array.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const result = key.decryptSecret(NAME, tampered(content, key, { [field]: encodePaddedBase64(changed) }));
        expect(result).toEqual({ ok: false, error: "wrong-mac" });
      }
    }
  });

  test("says what is wrong with an entry", () => {
    const key = createSecretStorageKey(env);
    const content = key.encryptSecret(NAME, secret("a secret"));
    const errorOf = (value: unknown) => {
      const result = key.decryptSecret(NAME, value);
      return result.ok ? "ok" : result.error;
    };
    expect(errorOf(null)).toBe("not-an-object");
    expect(errorOf({})).toBe("not-encrypted-with-key");
    expect(errorOf({ encrypted: { other: {} } })).toBe("not-encrypted-with-key");
    expect(errorOf(tampered(content, key, { iv: undefined }))).toBe("iv-length");
    expect(errorOf(tampered(content, key, { iv: "AAAA" }))).toBe("iv-length");
    expect(errorOf(tampered(content, key, { mac: "AAAA" }))).toBe("mac-length");
    expect(errorOf(tampered(content, key, { mac: 7 }))).toBe("mac-length");
    expect(errorOf(tampered(content, key, { ciphertext: "*" }))).toBe("invalid-ciphertext");
    expect(errorOf(tampered(content, key, { ciphertext: "" }))).toBe("wrong-mac");
  });

  test("keys are stored as base64, read with padding and white space too, and nothing else passes for one", () => {
    const bytes = randomBytes(32);
    const text = encodeKeyText(Secret.from(bytes, "seed"));
    expect(textOf(text)).toBe(bytes.toString("base64").replaceAll("=", ""));
    for (const form of [textOf(text), bytes.toString("base64"), ` ${bytes.toString("base64")}\n`]) {
      expect(must(parseKeyText(secret(form), "seed")).use((key) => Buffer.from(key).equals(bytes))).toBe(true);
    }
    for (const form of ["", "x", randomBytes(31).toString("base64"), randomBytes(33).toString("base64")])
      expect(parseKeyText(secret(form), "seed")).toEqual({ ok: false, error: "invalid-key" });
  });
});

describe("a description without a check", () => {
  test("opens with any key, but nothing is encrypted with one before a secret has shown that it is right", () => {
    const key = createSecretStorageKey(env);
    const content = key.encryptSecret(NAME, secret("x"));
    const { algorithm } = key.descriptionContent;
    const bare = must(parseKeyDescription(key.keyId, { algorithm }));
    const right = must(openSecretStorageKey(env, bare, key.dangerouslyExport()));
    const wrong = must(openSecretStorageKey(env, bare, createSecretStorageKey(env).dangerouslyExport()));
    for (const opened of [right, wrong]) {
      expect(opened.isProven).toBe(false);
      expect(() => opened.encryptSecret("m.megolm_backup.v1", secret("y"))).toThrow("not known to be right");
    }
    expect(wrong.decryptSecret(NAME, content)).toEqual({ ok: false, error: "wrong-mac" });
    expect(wrong.isProven).toBe(false);
    expect(must(right.decryptSecret(NAME, content)).length).toBe(1);
    expect(right.encryptSecret("m.megolm_backup.v1", secret("y"))).toHaveProperty("encrypted");
  });
});

describe("descriptions from a server", () => {
  const good = () => createSecretStorageKey(env).descriptionContent as Record<string, unknown>;

  test("other algorithms and damaged checks are refused", () => {
    const errorOf = (value: unknown) => {
      const result = parseKeyDescription("id", value);
      return result.ok ? "ok" : result.error;
    };
    expect(errorOf(undefined)).toBe("not-an-object");
    expect(errorOf([])).toBe("not-an-object");
    expect(errorOf({ ...good(), algorithm: "m.secret_storage.v1.curve25519-aes-sha2" })).toBe("unsupported-algorithm");
    expect(errorOf({ ...good(), mac: "x" })).toBe("invalid-check");
    expect(errorOf({ ...good(), mac: 1 })).toBe("invalid-check");
    expect(errorOf({ ...good(), iv: undefined })).toBe("invalid-check");
    expect(errorOf({ ...good(), iv: "AAAA" })).toBe("invalid-check");
    expect(errorOf({ ...good(), passphrase: { algorithm: "m.argon2id" } })).toBe("ok");
  });

  test("a passphrase block that we do not know leaves the key itself usable", () => {
    for (const passphrase of [
      7,
      {},
      { algorithm: "m.argon2id", salt: "s", iterations: 1 },
      { algorithm: "m.pbkdf2", salt: "s" },
      { algorithm: "m.pbkdf2", salt: "s", iterations: 1.5 },
      { algorithm: "m.pbkdf2", salt: "s", iterations: 1, bits: 512 },
      { algorithm: "m.pbkdf2", salt: "s".repeat(2000), iterations: 1 },
    ])
      expect(must(parseKeyDescription("id", { ...good(), passphrase })).passphrase).toBeUndefined();
  });

  test("the rounds are the server's choice up to a bound", async () => {
    for (const iterations of [0, -1, 10_000_001, 2 ** 40]) {
      const description = must(parseKeyDescription("id", { ...good(), passphrase: { algorithm: "m.pbkdf2", salt: "s", iterations } }));
      expect(await passphraseKey(description, "x")).toEqual({ ok: false, error: "rounds-out-of-range" });
    }
    expect(await passphraseKey(must(parseKeyDescription("id", good())), "x")).toEqual({ ok: false, error: "no-passphrase" });
  });

  test("the default key, and its absence", () => {
    expect(parseDefaultKeyId({ key: "abc" })).toBe("abc");
    for (const content of [undefined, null, {}, { key: "" }, { key: 1 }, { key: "x".repeat(300) }])
      expect(parseDefaultKeyId(content)).toBeUndefined();
  });
});

describe("passphrases", () => {
  test("the parameters of a new key are strong, and written as the specification has them", async () => {
    const parameters = newPassphraseParameters(env);
    expect(parameters.iterations).toBe(500_000);
    expect(parameters.salt).toMatch(/^[A-Za-z0-9]{32}$/);
    const key = createSecretStorageKey(env, { key: must(await derivePassphraseKey("correct horse", parameters)), parameters });
    expect(key.descriptionContent["passphrase"]).toEqual({ algorithm: "m.pbkdf2", ...parameters, bits: 256 });
    const right = must(await passphraseKey(published(key), "correct horse"));
    expect(must(openSecretStorageKey(env, published(key), right)).isProven).toBe(true);
    const wrong = must(await passphraseKey(published(key), "correct horsf"));
    expect(openSecretStorageKey(env, published(key), wrong)).toEqual({ ok: false, error: "wrong-key" });
  });

  test("give the key that matrix-js-sdk gets", async () => {
    const theirs = await deriveRecoveryKeyFromPassphrase("Zäune & 🐴", "IuLnH7S85YtZmkkB", 1000);
    const ours = must(await derivePassphraseKey("Zäune & 🐴", { salt: "IuLnH7S85YtZmkkB", iterations: 1000 }));
    expect(ours.use((bytes) => Buffer.from(bytes).equals(theirs))).toBe(true);
  });

  test("can be abandoned", async () => {
    const controller = new AbortController();
    const pending = derivePassphraseKey("x", { salt: "s", iterations: 500_000 }, controller.signal);
    controller.abort();
    expect(await pending).toEqual({ ok: false, error: "aborted" });
  });
});

/** Account data as matrix-js-sdk's secret storage sees it. */
class AccountData {
  readonly content = new Map<string, Record<string, unknown>>();

  storage(keys: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): ServerSideSecretStorageImpl {
    const client = {
      getAccountDataFromServer: (type: string) => Promise.resolve(this.content.get(type) ?? null),
      setAccountData: (type: string, content: Record<string, unknown>) => {
        this.content.set(type, content);
        return Promise.resolve({});
      },
    };
    const getSecretStorageKey = ({ keys: wanted }: { keys: Record<string, unknown> }) => {
      const found = Object.keys(wanted).find((id) => keys.has(id));
      const key = found === undefined ? undefined : keys.get(found);
      return Promise.resolve(found === undefined || key === undefined ? null : ([found, key] as [string, Uint8Array<ArrayBuffer>]));
    };
    return new ServerSideSecretStorageImpl(client as never, { getSecretStorageKey });
  }
}

describe("with matrix-js-sdk", () => {
  test("it reads what we store", async () => {
    const key = createSecretStorageKey(env);
    const data = new AccountData();
    data.content.set(`m.secret_storage.key.${key.keyId}`, { ...key.descriptionContent });
    data.content.set(NAME, { ...key.encryptSecret(NAME, secret("our secret")) });
    const bytes = key.dangerouslyExport().use((raw) => Uint8Array.from(raw));
    const storage = data.storage(new Map([[key.keyId, bytes]]));
    expect(await storage.checkKey(bytes, data.content.get(`m.secret_storage.key.${key.keyId}`) as never)).toBe(true);
    expect(await storage.get(NAME)).toBe("our secret");
  });

  test("we read what it stores, padded base64 and all", async () => {
    const raw = Uint8Array.from(randomBytes(32));
    const data = new AccountData();
    const keys = new Map<string, Uint8Array<ArrayBuffer>>();
    const storage = data.storage(keys);
    const { keyId } = await storage.addKey(SECRET_STORAGE_ALGORITHM_V1_AES, { key: raw, name: "Backup" });
    keys.set(keyId, raw);
    await storage.setDefaultKeyId(keyId);
    await storage.store(NAME, "their secret", [keyId]);
    expect(parseDefaultKeyId(data.content.get("m.secret_storage.default_key"))).toBe(keyId);
    const description = must(parseKeyDescription(keyId, data.content.get(`m.secret_storage.key.${keyId}`)));
    expect(description.name).toBe("Backup");
    const key = must(openSecretStorageKey(env, description, Secret.from(raw, "ssss-key")));
    expect(key.isProven).toBe(true);
    expect(textOf(must(key.decryptSecret(NAME, data.content.get(NAME))))).toBe("their secret");
  });
});

test("nothing of a key shows when it is printed", () => {
  const key = createSecretStorageKey(env);
  const hex = key.dangerouslyExport().use((bytes) => Buffer.from(bytes).toString("hex"));
  const shown = `${inspect(key, { depth: 9, showHidden: true })} ${JSON.stringify(key)}`;
  expect(shown).not.toContain(hex.slice(0, 12));
  expect(shown).not.toContain(Buffer.from(hex, "hex").toString("base64").slice(0, 12));
});
