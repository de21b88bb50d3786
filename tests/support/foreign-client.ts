import * as sdk from "matrix-js-sdk";
import type { MatrixClient, MatrixEvent } from "matrix-js-sdk";
import type { Logger } from "matrix-js-sdk/lib/logger.js";

/** What Element logs is of no use here, and it is a lot. */
const silent: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  getChild: () => silent,
};

/** The other party of the scenarios: matrix-js-sdk with its Rust crypto, which is what Element runs. Its stores are in memory: it lives as long as the test. */
export class ForeignClient {
  readonly client: MatrixClient;
  readonly userId: string;
  readonly deviceId: string;

  private constructor(client: MatrixClient, userId: string, deviceId: string) {
    this.client = client;
    this.userId = userId;
    this.deviceId = deviceId;
  }

  /** Registers the user (or logs in where it exists already) and starts syncing. */
  static async start(homeserver: string, user: string, password: string): Promise<ForeignClient> {
    const login = (await registerOrLogin(homeserver, user, password)) as { user_id: string; device_id: string; access_token: string };
    const client = sdk.createClient({
      baseUrl: homeserver,
      userId: login.user_id,
      deviceId: login.device_id,
      accessToken: login.access_token,
    });
    await client.initRustCrypto({ useIndexedDB: false });
    await client.startClient({ initialSyncLimit: 20, pollTimeout: 5_000 });
    await new Promise<void>((resolve) => {
      client.on(sdk.ClientEvent.Sync, (state) => {
        if (state === sdk.SyncState.Prepared || state === sdk.SyncState.Syncing) resolve();
      });
    });
    return new ForeignClient(client, login.user_id, login.device_id);
  }

  async createRoom(options: {
    readonly invite: readonly string[];
    readonly rotationPeriodMsgs?: number;
    readonly historyVisibility?: string;
  }): Promise<string> {
    const encryption = {
      algorithm: "m.megolm.v1.aes-sha2",
      ...(options.rotationPeriodMsgs === undefined ? {} : { rotation_period_msgs: options.rotationPeriodMsgs }),
    };
    const { room_id } = await this.client.createRoom({
      preset: sdk.Preset.PrivateChat,
      invite: [...options.invite],
      initial_state: [
        { type: "m.room.encryption", state_key: "", content: encryption },
        ...(options.historyVisibility === undefined
          ? []
          : [{ type: "m.room.history_visibility", state_key: "", content: { history_visibility: options.historyVisibility } }]),
      ],
    });
    await this.#roomKnown(room_id);
    return room_id;
  }

  async join(roomId: string): Promise<void> {
    await this.client.joinRoom(roomId);
    await this.#roomKnown(roomId);
  }

  async send(roomId: string, body: string): Promise<string> {
    await this.#roomKnown(roomId);
    const { event_id } = await this.client.sendTextMessage(roomId, body);
    return event_id;
  }

  /** The event whose decrypted body is this; rejects after the time is up. */
  waitForBody(roomId: string, body: string, timeoutMs = 30_000): Promise<MatrixEvent> {
    return this.#waitFor(
      roomId,
      (event) => event.getContent()["body"] === body && !event.isDecryptionFailure(),
      timeoutMs,
      `a message from ${roomId}`,
    );
  }

  /** The event by its id, once it has been decrypted or has failed to. */
  waitForEvent(roomId: string, eventId: string, timeoutMs = 30_000): Promise<MatrixEvent> {
    const settled = (event: MatrixEvent): boolean =>
      event.getId() === eventId && !event.isBeingDecrypted() && (event.isDecryptionFailure() || event.getType() !== "m.room.encrypted");
    return this.#waitFor(roomId, settled, timeoutMs, "an event");
  }

  stop(): void {
    this.client.stopClient();
  }

  async #waitFor(roomId: string, matches: (event: MatrixEvent) => boolean, timeoutMs: number, what: string): Promise<MatrixEvent> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.client.getRoom(roomId)?.getLiveTimeline().getEvents().find(matches);
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`the foreign client waited in vain for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #roomKnown(roomId: string): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (this.client.getRoom(roomId)?.getMyMembership() !== "join") {
      if (Date.now() > deadline) throw new Error("the foreign client never saw its room");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function registerOrLogin(homeserver: string, user: string, password: string): Promise<unknown> {
  const post = async (path: string, body: unknown): Promise<{ status: number; json: Record<string, unknown> }> => {
    const response = await fetch(`${homeserver}/_matrix/client/v3/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  const account = { username: user, password, initial_device_display_name: "Element-like" };
  let registered = await post("register", account);
  if (registered.status === 401)
    registered = await post("register", { ...account, auth: { type: "m.login.dummy", session: registered.json["session"] } });
  if (registered.status === 200) return registered.json;
  const login = await post("login", {
    type: "m.login.password",
    identifier: { type: "m.id.user", user },
    password,
    initial_device_display_name: "Element-like",
  });
  if (login.status !== 200) throw new Error(`the foreign client could not log in (${login.status})`);
  return login.json;
}
