import * as sdk from "matrix-js-sdk";
import type { MatrixClient, MatrixEvent, Room } from "matrix-js-sdk";
import { CryptoEvent, type VerificationRequest } from "matrix-js-sdk/lib/crypto-api/index.js";
import type { CryptoCallbacks } from "matrix-js-sdk/lib/crypto-api/index.js";
import { logger, type Logger } from "matrix-js-sdk/lib/logger.js";
import { ForeignVerification } from "./foreign-verification.ts";
import { until, type Party, type RoomOptions, type Seen } from "./scenarios/party.ts";

/** What Element logs is of no use here, and it is a lot. */
const silent: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  getChild: () => silent,
};
// Not all of it goes to the logger that a client is given.
Object.assign(logger, silent);

/** An event as the server has it. */
export type RawEvent = { readonly type: string; readonly content: Readonly<Record<string, unknown>>; readonly sender: string };

type StorageKeyHolder = { key: Uint8Array<ArrayBuffer> | undefined };

/** The other party of the scenarios: matrix-js-sdk with its Rust crypto, which is what Element runs. Its stores are in memory: it lives as long as the test. */
export class ForeignClient implements Party {
  readonly program = "js-sdk";
  readonly client: MatrixClient;
  readonly userId: string;
  readonly deviceId: string;
  /** What js-sdk is given when it asks for the key of secret storage. */
  readonly storageKey: StorageKeyHolder;
  readonly #requests: VerificationRequest[] = [];

  private constructor(client: MatrixClient, userId: string, deviceId: string, storageKey: StorageKeyHolder) {
    this.client = client;
    this.storageKey = storageKey;
    this.userId = userId;
    this.deviceId = deviceId;
    client.on(CryptoEvent.VerificationRequestReceived, (request) => this.#requests.push(request));
  }

  /** Registers the user (or logs in where it exists already) and starts syncing. */
  static async start(homeserver: string, user: string, password: string): Promise<ForeignClient> {
    const login = await registerOrLogin(homeserver, user, password);
    const storageKey: StorageKeyHolder = { key: undefined };
    const cryptoCallbacks: CryptoCallbacks = {
      getSecretStorageKey: ({ keys }) => {
        const [keyId] = Object.keys(keys);
        return Promise.resolve(keyId === undefined || storageKey.key === undefined ? null : [keyId, storageKey.key]);
      },
    };
    const client = sdk.createClient({ baseUrl: homeserver, ...login, logger: silent, cryptoCallbacks });
    await client.initRustCrypto({ useIndexedDB: false });
    const synced = new Promise<void>((resolve) => {
      client.on(sdk.ClientEvent.Sync, (state) => {
        if (state === sdk.SyncState.Prepared || state === sdk.SyncState.Syncing) resolve();
      });
    });
    await client.startClient({ initialSyncLimit: 20, pollTimeout: 5_000 });
    await synced;
    const foreign = new ForeignClient(client, login.userId, login.deviceId, storageKey);
    await foreign.knowsDevice(login.userId, login.deviceId);
    return foreign;
  }

  async createRoom(options: RoomOptions): Promise<string> {
    const encryption = {
      algorithm: "m.megolm.v1.aes-sha2",
      ...(options.rotationPeriodMsgs === undefined ? {} : { rotation_period_msgs: options.rotationPeriodMsgs }),
    };
    const { room_id } = await this.client.createRoom({
      preset: options.open === true ? sdk.Preset.PublicChat : sdk.Preset.PrivateChat,
      ...(options.name === undefined ? {} : { name: options.name }),
      invite: [...options.invite],
      initial_state: [
        { type: "m.room.encryption", state_key: "", content: encryption },
        ...(options.historyVisibility === undefined
          ? []
          : [{ type: "m.room.history_visibility", state_key: "", content: { history_visibility: options.historyVisibility } }]),
      ],
    });
    await this.#encryptedRoom(room_id);
    return room_id;
  }

  async invite(roomId: string, userId: string): Promise<void> {
    await this.client.invite(roomId, userId);
  }

  async join(roomId: string): Promise<void> {
    await this.client.joinRoom(roomId);
    await this.#encryptedRoom(roomId);
  }

  async leave(roomId: string): Promise<void> {
    await this.client.leave(roomId);
  }

  async send(roomId: string, body: string, replyTo?: string): Promise<string> {
    await this.#encryptedRoom(roomId);
    const relation = replyTo === undefined ? {} : { "m.relates_to": { "m.in_reply_to": { event_id: replyTo } } };
    const { event_id } = await this.client.sendMessage(roomId, { msgtype: sdk.MsgType.Text, body, ...relation });
    return event_id;
  }

  async read(roomId: string, body: string, timeoutMs = 30_000): Promise<Seen> {
    return seenOf(await this.waitForBody(roomId, body, timeoutMs));
  }

  async see(roomId: string, eventId: string): Promise<Seen> {
    return seenOf(await this.waitForEvent(roomId, eventId));
  }

  async knows(roomId: string, userId: string, membership: "invite" | "join" | "leave"): Promise<void> {
    const known = (): true | undefined => this.client.getRoom(roomId)?.getMember(userId)?.membership === membership || undefined;
    await until(`${userId} to be seen in the state "${membership}" by js-sdk`, known);
  }

  async knowsDevice(userId: string, deviceId: string): Promise<void> {
    await until(`a device to be known to js-sdk`, async () => {
      const devices = await this.client.getCrypto()?.getUserDeviceInfo([userId], true);
      return devices?.get(userId)?.has(deviceId) === true ? true : undefined;
    });
  }

  /** Makes cross-signing keys, and signs this device with them; answers with the master key. The server must not ask for a password. */
  async makeIdentity(): Promise<string> {
    const crypto = this.client.getCrypto();
    await crypto?.bootstrapCrossSigning({
      authUploadDeviceSigningKeys: async (makeRequest) => {
        await makeRequest(null);
      },
    });
    const masterKey = await crypto?.getCrossSigningKeyId();
    if (masterKey === undefined || masterKey === null) throw new Error("js-sdk has made no identity");
    return masterKey;
  }

  /** Until somebody's identity is known here. */
  async knowsIdentity(userId: string): Promise<void> {
    await until("an identity to be known to js-sdk", () => this.client.getCrypto()?.userHasCrossSigningKeys(userId, true).then(truth));
  }

  /** Asks a device for a verification; a person, in a room. */
  async requestDevice(userId: string, deviceId: string): Promise<ForeignVerification> {
    await this.knowsDevice(userId, deviceId);
    return this.#verification(await this.client.getCrypto()?.requestDeviceVerification(userId, deviceId));
  }

  async requestUser(userId: string, roomId: string): Promise<ForeignVerification> {
    await this.knowsIdentity(userId);
    return this.#verification(await this.client.getCrypto()?.requestVerificationDM(userId, roomId));
  }

  /** The verification that it was asked for. */
  async asked(flowId: string): Promise<ForeignVerification> {
    const find = (): VerificationRequest | undefined => this.#requests.find((request) => request.transactionId === flowId);
    return this.#verification(await until("a request to reach js-sdk", find));
  }

  async hasVerified(userId: string): Promise<boolean> {
    return (await this.client.getCrypto()?.getUserVerificationStatus(userId))?.isCrossSigningVerified() === true;
  }

  /** Whether a device is signed by its owner's identity, and that identity is verified here. */
  async trusts(userId: string, deviceId: string): Promise<boolean> {
    return (await this.client.getCrypto()?.getDeviceVerificationStatus(userId, deviceId))?.crossSigningVerified === true;
  }

  /** Until all of it is so. */
  async sees(what: string, ...facts: readonly (() => Promise<boolean>)[]): Promise<void> {
    await until(`js-sdk to see ${what}`, async () => ((await Promise.all(facts.map((fact) => fact()))).every(Boolean) ? true : undefined));
  }

  #verification(request: VerificationRequest | undefined): ForeignVerification {
    if (request === undefined) throw new Error("js-sdk has no crypto");
    return new ForeignVerification(request);
  }

  /** An event as the server has it, not decrypted. */
  async rawEvent(roomId: string, eventId: string): Promise<RawEvent> {
    const { type, content, sender } = await this.client.fetchRoomEvent(roomId, eventId);
    if (type === undefined || content === undefined || sender === undefined) throw new Error("the server shows no event");
    return { type, content, sender };
  }

  /** Every event of the room that the server shows, as it is there, oldest first. */
  async rawEvents(roomId: string): Promise<RawEvent[]> {
    const events: RawEvent[] = [];
    let from: string | null = null;
    for (;;) {
      const page: { chunk: Partial<RawEvent>[]; end?: string } = await this.client.createMessagesRequest(
        roomId,
        from,
        100,
        sdk.Direction.Backward,
      );
      for (const { type, content, sender } of page.chunk) {
        if (type !== undefined && content !== undefined && sender !== undefined) events.unshift({ type, content, sender });
      }
      if (page.end === undefined || page.chunk.length === 0) return events;
      from = page.end;
    }
  }

  /** The event whose decrypted body is this; rejects after the time is up. */
  waitForBody(roomId: string, body: string, timeoutMs = 30_000): Promise<MatrixEvent> {
    return this.#find(roomId, (event) => event.getContent()["body"] === body && !event.isDecryptionFailure(), timeoutMs, `"${body}"`);
  }

  /** The event by its id, once it has been decrypted or has failed to. */
  waitForEvent(roomId: string, eventId: string, timeoutMs = 30_000): Promise<MatrixEvent> {
    const settled = (event: MatrixEvent): boolean =>
      event.getId() === eventId && !event.isBeingDecrypted() && (event.isDecryptionFailure() || event.getType() !== "m.room.encrypted");
    return this.#find(roomId, settled, timeoutMs, "an event");
  }

  stop(): void {
    this.client.stopClient();
  }

  async #find(roomId: string, matches: (event: MatrixEvent) => boolean, timeoutMs: number, what: string): Promise<MatrixEvent> {
    const lookBackAt = Date.now() + 2_000;
    let lookedBack = false;
    const look = async (): Promise<MatrixEvent | undefined> => {
      const room = this.client.getRoom(roomId);
      const found = room?.getLiveTimeline().getEvents().findLast(matches);
      if (found === undefined && room !== null && !lookedBack && Date.now() > lookBackAt) {
        lookedBack = true;
        await this.client.scrollback(room, 50);
      }
      return found;
    };
    try {
      return await until(`${what} to be seen by js-sdk`, look, timeoutMs);
    } catch (error) {
      const events = this.client.getRoom(roomId)?.getLiveTimeline().getEvents() ?? [];
      const shown = events.map((event) => `${event.getType()} ${event.decryptionFailureReason ?? ""}`.trim());
      throw new Error(`js-sdk (${this.client.getSyncState() ?? "not syncing"}) sees ${shown.join(", ")}`, { cause: error });
    }
  }

  async #encryptedRoom(roomId: string): Promise<Room> {
    return until("js-sdk to see its room", () => {
      const room = this.client.getRoom(roomId);
      return room?.getMyMembership() === "join" && room.hasEncryptionStateEvent() ? room : undefined;
    });
  }
}

function seenOf(event: MatrixEvent): Seen {
  const body: unknown = event.getContent()["body"];
  return {
    eventId: event.getId() ?? "",
    sender: event.getSender() ?? "",
    body: event.isDecryptionFailure() || typeof body !== "string" ? undefined : body,
    replyTo: event.replyEventId,
    utd: event.isDecryptionFailure()
      ? { code: event.decryptionFailureReason ?? "", cause: event.decryptionFailureReason ?? "" }
      : undefined,
  };
}

const truth = (known: boolean): true | undefined => known || undefined;

async function registerOrLogin(
  homeserver: string,
  user: string,
  password: string,
): Promise<{ userId: string; deviceId: string; accessToken: string }> {
  const post = async (path: string, body: unknown): Promise<{ status: number; json: Record<string, unknown> }> => {
    const response = await fetch(`${homeserver}/_matrix/client/v3/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  const account = { username: user, password, initial_device_display_name: "Element-like" };
  let answer = await post("register", account);
  if (answer.status === 401)
    answer = await post("register", { ...account, auth: { type: "m.login.dummy", session: answer.json["session"] } });
  if (answer.status !== 200) {
    const identifier = { type: "m.id.user", user };
    answer = await post("login", { type: "m.login.password", identifier, password, initial_device_display_name: "Element-like" });
  }
  if (answer.status !== 200) throw new Error(`the foreign client could not log in (${answer.status})`);
  const { user_id, device_id, access_token } = answer.json;
  return { userId: String(user_id), deviceId: String(device_id), accessToken: String(access_token) };
}
