import type { SecretStorageKey } from "../../machine/secret-storage/secret-storage-key.ts";
import type { Secret } from "../../primitives/secret.ts";
import { objectField, type JsonObject } from "../../wire/json.ts";
import {
  parseDefaultKeyId,
  parseEncryptedSecret,
  parseKeyDescription,
  type SecretStorageKeyDescription,
} from "../../wire/secret-storage.ts";
import type { ServerAccountData } from "./server-account-data.ts";

/** The key of our dehydrated devices (MSC3814). */
export const DEHYDRATION_SECRET = "org.matrix.msc3814";
export const SECRET_NAMES = [
  "m.cross_signing.master",
  "m.cross_signing.self_signing",
  "m.cross_signing.user_signing",
  "m.megolm_backup.v1",
  DEHYDRATION_SECRET,
] as const;
export type SecretName = (typeof SECRET_NAMES)[number];

/** Secret storage as the server has it: its default key, and the account data of each secret that is there. */
export type Storage = {
  readonly description: SecretStorageKeyDescription;
  readonly contents: ReadonlyMap<SecretName, JsonObject>;
};

const DEFAULT_KEY = "m.secret_storage.default_key";
const keyType = (keyId: string): string => `m.secret_storage.key.${keyId}`;

/** The user's secret storage (Secrets §Storage), as far as it is account data; `SecretStorageKey` does the encryption. */
export class SecretStorage {
  readonly #data: ServerAccountData;

  constructor(data: ServerAccountData) {
    this.#data = data;
  }

  /** As of the last sync. Undefined where none is set up, or none that we could open. */
  stored(): Storage | undefined {
    const keyId = parseDefaultKeyId(this.#data.stored(DEFAULT_KEY));
    const description = keyId === undefined ? undefined : parseKeyDescription(keyId, this.#data.stored(keyType(keyId)));
    if (description?.ok !== true) return undefined;
    return { description: description.value, contents: contentsOf((name) => this.#data.stored(name)) };
  }

  /** As it is on the server now. @throws CodedError */
  async fetch(): Promise<Storage | undefined> {
    const keyId = parseDefaultKeyId(await this.#data.fetch(DEFAULT_KEY));
    if (keyId !== undefined) await Promise.all([keyType(keyId), ...SECRET_NAMES].map((type) => this.#data.fetch(type)));
    return this.stored();
  }

  async writeKey(key: SecretStorageKey): Promise<void> {
    await this.#data.write(keyType(key.keyId), key.descriptionContent);
  }

  /** What other keys make of the secret goes, but for what `keep` does. */
  async writeSecret(key: SecretStorageKey, name: SecretName, secret: Secret<string>, keep: string | undefined): Promise<void> {
    await this.#data.write(name, key.encryptSecret(name, secret, onlyKey(this.#data.stored(name), keep)));
  }

  async setDefaultKey(keyId: string): Promise<void> {
    await this.#data.write(DEFAULT_KEY, { key: keyId });
  }

  /** From now on no secret opens with a key that is not the default one, and `keyId` is no key any more. */
  async retireKey(keyId: string, current: string): Promise<void> {
    for (const name of SECRET_NAMES) {
      const content = this.#data.stored(name);
      const kept = onlyKey(content, current);
      if (content !== undefined && JSON.stringify(content) !== JSON.stringify(kept) && Object.keys(content).length > 0)
        await this.#data.write(name, kept);
    }
    await this.#data.write(keyType(keyId), {});
  }

  async clearDefaultKey(): Promise<void> {
    await this.#data.write(DEFAULT_KEY, {});
  }

  async clearSecrets(): Promise<void> {
    for (const name of SECRET_NAMES) {
      const content = await this.#data.fetch(name);
      if (content !== undefined && Object.keys(content).length > 0) await this.#data.write(name, {});
    }
  }
}

function contentsOf(load: (name: SecretName) => JsonObject | undefined): ReadonlyMap<SecretName, JsonObject> {
  return new Map(
    SECRET_NAMES.flatMap((name) => {
      const content = load(name);
      return content === undefined ? [] : [[name, content] as const];
    }),
  );
}

/** Whether the secret is there under the default key. */
export function holds({ description, contents }: Storage, name: SecretName): boolean {
  return parseEncryptedSecret(contents.get(name), description.keyId).ok;
}

function onlyKey(content: JsonObject | undefined, keyId: string | undefined): JsonObject {
  const entry = keyId === undefined ? undefined : objectField(objectField(content ?? {}, "encrypted") ?? {}, keyId);
  return entry === undefined || keyId === undefined ? {} : { encrypted: { [keyId]: entry } };
}
