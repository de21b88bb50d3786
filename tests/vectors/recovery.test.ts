// What matrix-js-sdk and vodozemac made, through our secret storage and backup: from a passphrase to a message. Provenance is in the data file.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { parseKeyText } from "../../crypto-worker/machine/secret-storage/key-text.ts";
import { passphraseKey } from "../../crypto-worker/machine/secret-storage/passphrase-key.ts";
import { encodeRecoveryKey, parseRecoveryKey } from "../../crypto-worker/machine/secret-storage/recovery-key.ts";
import { openSecretStorageKey, type SecretStorageKey } from "../../crypto-worker/machine/secret-storage/secret-storage-key.ts";
import { Secret } from "../../crypto-worker/primitives/secret.ts";
import { openMemoryStore } from "../../crypto-worker/store/store.ts";
import { entriesOfBackup } from "../../crypto-worker/wire/backup.ts";
import { objectField, stringField, type JsonObject } from "../../crypto-worker/wire/json.ts";
import { parseDefaultKeyId, parseKeyDescription } from "../../crypto-worker/wire/secret-storage.ts";
import { must } from "../support/megolm-world.ts";

type Vectors = {
  readonly passphrase: string;
  readonly keyId: string;
  readonly keyHex: string;
  readonly recoveryKey: string;
  readonly accountData: JsonObject;
  readonly backup: { readonly privateKey: string; readonly recoveryKey: string; readonly info: JsonObject; readonly keys: JsonObject };
  readonly event: JsonObject;
};

const vectors = JSON.parse(readFileSync(new URL("./data/recovery.json", import.meta.url), "utf8")) as Vectors;
const env = { randomBytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };

beforeAll(() => OlmMachine.ready());

function description() {
  return must(parseKeyDescription(vectors.keyId, vectors.accountData[`m.secret_storage.key.${vectors.keyId}`]));
}

function open(): SecretStorageKey {
  return must(openSecretStorageKey(env, description(), must(parseRecoveryKey(vectors.recoveryKey))));
}

function newMachine(): OlmMachine {
  return OlmMachine.open({ userId: "@alice:example.org", deviceId: "NEW", store: openMemoryStore() });
}

/** Every way to change one character of a text into another of its alphabet. */
function* spoilt(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) yield text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
}

describe("secret storage", () => {
  test("the passphrase and the recovery key are the same key, which opens the description", async () => {
    const ofPassphrase = must(await passphraseKey(description(), vectors.passphrase));
    expect(ofPassphrase.use((bytes) => Buffer.from(bytes).toString("hex"))).toBe(vectors.keyHex);
    expect(encodeRecoveryKey(ofPassphrase)).toBe(vectors.recoveryKey);
    expect(must(openSecretStorageKey(env, description(), ofPassphrase)).isProven).toBe(true);
  });

  test("any other key is refused", () => {
    for (let bit = 0; bit < 256; bit += 11) {
      const bytes = Buffer.from(vectors.keyHex, "hex");
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(openSecretStorageKey(env, description(), Secret.from(bytes, "ssss-key"))).toEqual({ ok: false, error: "wrong-key" });
    }
  });

  test("gives the backup's key, and nothing when any character of the entry was changed", () => {
    const content = objectField(vectors.accountData, "m.megolm_backup.v1") ?? {};
    const key = must(parseKeyText(must(open().decryptSecret("m.megolm_backup.v1", content)), "backup-key"));
    expect(key.use((bytes) => Buffer.from(bytes).toString("base64").replace("=", ""))).toBe(vectors.backup.privateKey.replace("=", ""));
    const entry = objectField(objectField(content, "encrypted") ?? {}, vectors.keyId) ?? {};
    // An IV is not under the MAC: changing it changes the text, which then is no key (or another one, whose public half does not fit).
    for (const name of ["ciphertext", "mac"]) {
      for (const text of spoilt(stringField(entry, name) ?? "")) {
        const changed = { encrypted: { [vectors.keyId]: { ...entry, [name]: text } } };
        expect(open().decryptSecret("m.megolm_backup.v1", changed).ok).toBe(false);
      }
    }
    expect(open().decryptSecret("m.cross_signing.master", content)).toEqual({ ok: false, error: "wrong-mac" });
  });

  test("the key is not named as the default one unless it is", () => {
    expect(parseDefaultKeyId(vectors.accountData["m.secret_storage.default_key"])).toBeUndefined();
  });
});

describe("backup", () => {
  test("restored with either form of its key, it reads the event", () => {
    for (const recoveryKey of [vectors.backup.recoveryKey, vectors.backup.privateKey]) {
      const machine = newMachine();
      expect(machine.backup.restore({ recoveryKey, info: vectors.backup.info, keys: vectors.backup.keys }).importedCount).toBe(1);
      const read = machine.decryptRoomEvent(vectors.event, "!room:example.org");
      expect(read.ok && read.event.content["body"]).toBe("read with a restored key");
      machine.close();
    }
  });

  test("a shortened entry is never a key", () => {
    const [first] = [...entriesOfBackup(vectors.backup.keys)];
    if (first === undefined) throw new Error("an empty backup");
    const [roomId, sessionId, entry] = first;
    const data = objectField(entry as JsonObject, "session_data") ?? {};
    const ciphertext = stringField(data, "ciphertext") ?? "";
    const machine = newMachine();
    machine.backup.saveDecryptionKey({ privateKey: must(parseRecoveryKey(vectors.backup.recoveryKey)), version: "1" });
    for (let length = 0; length < ciphertext.length; length += 13) {
      const changed = { session_data: { ...data, ciphertext: ciphertext.slice(0, length) } };
      expect(machine.backup.restoreEntry(roomId, sessionId, changed)).toMatchObject({ importedCount: 0, failedCount: 1 });
    }
    machine.close();
  });
});
