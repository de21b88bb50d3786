import { encodeBase64 } from "../../primitives/base64.ts";
import type { SecretName } from "../../wire/secret-name.ts";
import type { CrossSigningKeyName, PrivateKeys } from "../cross-signing/private-keys.ts";
import type { BackupKeySource } from "./backup-key-source.ts";

const CROSS_SIGNING: ReadonlyMap<SecretName, CrossSigningKeyName> = new Map([
  ["m.cross_signing.master", "master"],
  ["m.cross_signing.self_signing", "selfSigning"],
  ["m.cross_signing.user_signing", "userSigning"],
]);

/** Undefined for a secret that is no cross-signing key. */
export function crossSigningKeyOf(name: SecretName): CrossSigningKeyName | undefined {
  return CROSS_SIGNING.get(name);
}

/** The secrets of this user that are on this device, by the names under which they are shared. */
export class OwnSecrets {
  readonly #privateKeys: PrivateKeys;
  readonly #backupKey: BackupKeySource;

  constructor(privateKeys: PrivateKeys, backupKey: BackupKeySource) {
    this.#privateKeys = privateKeys;
    this.#backupKey = backupKey;
  }

  has(name: SecretName): boolean {
    const key = crossSigningKeyOf(name);
    if (key !== undefined) return this.#privateKeys.has(key);
    const bytes = this.#backupKey.load();
    bytes?.fill(0);
    return bytes !== undefined;
  }

  /** SECURITY: the secret as it is shared, unpadded base64. Only to encrypt it at once. */
  text(name: SecretName): string | undefined {
    const key = crossSigningKeyOf(name);
    if (key !== undefined) return this.#privateKeys.export()[key];
    const bytes = this.#backupKey.load();
    if (bytes === undefined) return undefined;
    const text = encodeBase64(bytes);
    bytes.fill(0);
    return text;
  }
}
