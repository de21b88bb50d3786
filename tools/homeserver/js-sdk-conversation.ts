import {
  ClientEvent,
  createClient,
  EventType,
  MatrixEventEvent,
  MsgType,
  Preset,
  RoomEvent,
  SyncState,
  type MatrixClient,
  type MatrixEvent,
} from "matrix-js-sdk";
import type { CryptoCallbacks } from "matrix-js-sdk/lib/crypto-api/index.js";
import type { Logger } from "matrix-js-sdk/lib/logger.js";

const patienceMs = 20_000;
const nothing = () => undefined;
const quiet: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, getChild: () => quiet };

/** A matrix-js-sdk client with its Rust crypto in memory, signed in on a new account and syncing. */
export async function startJsSdkClient(baseUrl: string, user: string, password: string): Promise<MatrixClient> {
  const registered = await createClient({ baseUrl, logger: quiet }).registerRequest({
    username: user,
    password,
    auth: { type: "m.login.dummy" },
  });
  const { user_id: userId, access_token: accessToken, device_id: deviceId } = registered;
  if (accessToken === undefined || deviceId === undefined) throw new Error("Registration gave no session");
  let secretStorageKey: [string, Uint8Array<ArrayBuffer>] | undefined;
  const cryptoCallbacks: CryptoCallbacks = {
    getSecretStorageKey: async () => secretStorageKey ?? null,
    cacheSecretStorageKey: (keyId, _info, key) => {
      secretStorageKey = [keyId, key];
    },
  };
  const client = createClient({ baseUrl, userId, accessToken, deviceId, cryptoCallbacks, logger: quiet });
  await client.initRustCrypto({ useIndexedDB: false });
  const prepared = new Promise<void>((resolve) => {
    client.on(ClientEvent.Sync, (state) => {
      if (state === SyncState.Prepared) resolve();
    });
  });
  await client.startClient({ initialSyncLimit: 20, lazyLoadMembers: true });
  await within(prepared, "the first sync");
  return client;
}

/** Cross-signing keys, secret storage and a key backup, as a new user gets them; answers with the version of the backup. */
export async function setUpEncryption(client: MatrixClient, password: string): Promise<string> {
  const crypto = cryptoOf(client);
  const userId = client.getSafeUserId();
  await crypto.bootstrapCrossSigning({
    authUploadDeviceSigningKeys: async (makeRequest) => {
      await makeRequest({ type: "m.login.password", identifier: { type: "m.id.user", user: userId }, password });
    },
  });
  await crypto.bootstrapSecretStorage({ createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase(), setupNewKeyBackup: true });
  const backup = await crypto.checkKeyBackupAndEnable();
  if (backup?.backupInfo.version === undefined) throw new Error("No backup was made");
  return backup.backupInfo.version;
}

/** One client makes an encrypted room with the other in it; answers with the room id. */
export async function makeEncryptedRoom(client: MatrixClient, other: MatrixClient): Promise<string> {
  const { room_id: roomId } = await client.createRoom({
    preset: Preset.TrustedPrivateChat,
    is_direct: true,
    invite: [other.getSafeUserId()],
    initial_state: [{ type: EventType.RoomEncryption, state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
  });
  const arrived = new Promise<void>((resolve) => {
    client.on(RoomEvent.Timeline, (event) => {
      if (event.getType() === "m.room.member" && event.getStateKey() === other.getUserId() && event.getContent()["membership"] === "join")
        resolve();
    });
  });
  await other.joinRoom(roomId);
  await within(arrived, "the other's join");
  return roomId;
}

/** Sends a text and resolves with the event id once the other client has decrypted it. */
export async function sayAndHear(from: MatrixClient, to: MatrixClient, roomId: string, body: string): Promise<string> {
  const heard = new Promise<void>((resolve) => {
    const check = (event: MatrixEvent) => {
      if (event.getRoomId() === roomId && event.isEncrypted() && event.getContent()["body"] === body) resolve();
    };
    to.on(RoomEvent.Timeline, check);
    to.on(MatrixEventEvent.Decrypted, check);
  });
  const { event_id: eventId } = await from.sendMessage(roomId, { msgtype: MsgType.Text, body });
  await within(heard, `"${body}"`);
  return eventId;
}

export function cryptoOf(client: MatrixClient) {
  const crypto = client.getCrypto();
  if (crypto === undefined) throw new Error("The client has no crypto");
  return crypto;
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited too long for ${what}`)), patienceMs);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
