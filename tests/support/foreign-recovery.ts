import { ClientPrefix, Method } from "matrix-js-sdk";
import { decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/recovery-key.js";
import { deriveRecoveryKeyFromPassphrase } from "matrix-js-sdk/lib/crypto-api/key-passphrase.js";
import type { CryptoApi } from "matrix-js-sdk/lib/crypto-api/index.js";
import type { ForeignClient } from "./foreign-client.ts";
import { until } from "./scenarios/party.ts";

/** Recovery and key backup as matrix-js-sdk does them, in the order in which Element does. */
export class ForeignRecovery {
  readonly #foreign: ForeignClient;
  readonly #crypto: CryptoApi;

  constructor(foreign: ForeignClient) {
    const crypto = foreign.client.getCrypto();
    if (crypto === undefined) throw new Error("js-sdk has no crypto");
    this.#foreign = foreign;
    this.#crypto = crypto;
  }

  /** A new identity, a backup, and both in secret storage; answers with the recovery key. */
  async setUp(passphrase?: string): Promise<string> {
    const made = await this.#crypto.createRecoveryKeyFromPassphrase(passphrase);
    this.#foreign.storageKey.key = made.privateKey;
    await this.#foreign.makeIdentity();
    await this.#crypto.bootstrapSecretStorage({
      createSecretStorageKey: () => Promise.resolve(made),
      setupNewSecretStorage: true,
      setupNewKeyBackup: true,
    });
    await this.#crypto.checkKeyBackupAndEnable();
    if (made.encodedPrivateKey === undefined) throw new Error("js-sdk has shown no recovery key");
    return made.encodedPrivateKey;
  }

  /** Until the backup on the server has so many keys. What js-sdk says of that is from when it last asked. */
  async hasBackedUp(count: number): Promise<void> {
    const { http } = this.#foreign.client;
    await until(`${count} keys in the backup`, async () => {
      const options = { prefix: ClientPrefix.V3 };
      const info = await http.authedRequest<{ count: number }>(Method.Get, "/room_keys/version", undefined, undefined, options);
      return info.count >= count || undefined;
    });
  }

  /** Opens what somebody else has set up, and takes everything out of it. Answers with the number of keys that the backup gave. */
  async open(secret: { readonly recoveryKey: string } | { readonly passphrase: string }): Promise<number> {
    this.#foreign.storageKey.key = "recoveryKey" in secret ? decodeRecoveryKey(secret.recoveryKey) : await this.#derive(secret.passphrase);
    await this.#crypto.bootstrapCrossSigning({});
    await this.#crypto.loadSessionBackupPrivateKeyFromSecretStorage();
    await this.#crypto.checkKeyBackupAndEnable();
    return (await this.#crypto.restoreKeyBackup()).imported;
  }

  /** Whether it finds everything where it should be: identity, secrets, and a backup that it writes to. */
  async isComplete(): Promise<boolean> {
    const { ready, secretStorageKeyValidityMap: valid } = await this.#crypto.getSecretStorageStatus();
    const version = await this.#crypto.getActiveSessionBackupVersion();
    return ready && version !== null && Object.values(valid).every((isValid) => isValid) && (await this.#crypto.isCrossSigningReady());
  }

  async backupVersion(): Promise<string | null> {
    return this.#crypto.getActiveSessionBackupVersion();
  }

  roomKeys(): Promise<string> {
    return this.#crypto.exportRoomKeysAsJson();
  }

  async importRoomKeys(json: string): Promise<void> {
    await this.#crypto.importRoomKeysAsJson(json);
  }

  async #derive(passphrase: string): Promise<Uint8Array<ArrayBuffer>> {
    const [, description] = (await this.#foreign.client.secretStorage.getKey()) ?? [];
    if (description?.passphrase === undefined) throw new Error("js-sdk sees no passphrase");
    return deriveRecoveryKeyFromPassphrase(passphrase, description.passphrase.salt, description.passphrase.iterations);
  }
}
