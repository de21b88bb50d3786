import { HeadlessClient } from "../headless-client.ts";
import { until, type Party, type RoomOptions, type Seen } from "./party.ts";

type View = {
  readonly eventId: string;
  readonly sender: string;
  readonly body?: string;
  readonly replyTo?: string;
  readonly utd?: { readonly code: string; readonly cause: string };
};

export type Account = { readonly homeserver: string; readonly user: string; readonly password: string };
export type Member = { readonly userId: string; readonly membership: string; readonly displayName: string | null };
export type RoomEntry = { readonly roomId: string; readonly name: string; readonly encrypted: boolean; readonly membership: string };
export type Status = {
  readonly sync: string;
  readonly userId: string | null;
  readonly deviceId: string | null;
  readonly pendingSends: number;
  readonly failedSends?: number;
  readonly connection: string;
};

/** Bulkhead as a party: a headless client and the profile that outlives its process. */
export class Bulkhead implements Party {
  readonly program = "Bulkhead";
  readonly account: Account;
  readonly profile: string;
  #client: HeadlessClient;
  #ids: { readonly userId: string; readonly deviceId: string };

  private constructor(client: HeadlessClient, account: Account, ids: { readonly userId: string; readonly deviceId: string }) {
    this.#client = client;
    this.#ids = ids;
    this.account = account;
    this.profile = client.profile;
  }

  static async signIn(method: "register" | "login", profile: string, account: Account): Promise<Bulkhead> {
    const client = new HeadlessClient(profile);
    try {
      return new Bulkhead(client, account, await client.call(method, { ...account }));
    } catch (error) {
      await client.kill();
      throw error;
    }
  }

  get userId(): string {
    return this.#ids.userId;
  }

  get deviceId(): string {
    return this.#ids.deviceId;
  }

  call<T = unknown>(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<T> {
    return this.#client.call<T>(method, params);
  }

  createRoom({ open, ...options }: RoomOptions): Promise<string> {
    return this.#client.createRoom({ ...options, ...(open === true ? { preset: "public_chat" } : {}) });
  }

  async invite(roomId: string, userId: string): Promise<void> {
    await this.call("invite", { roomId, userId });
  }

  async join(roomId: string): Promise<void> {
    await this.call("join", { roomId });
  }

  async leave(roomId: string): Promise<void> {
    await this.call("leave", { roomId });
  }

  async send(roomId: string, body: string, replyTo?: string): Promise<string> {
    const relation = replyTo === undefined ? {} : { relatesTo: { "m.in_reply_to": { event_id: replyTo } } };
    return (await this.call<{ eventId: string }>("send", { roomId, body, ...relation })).eventId;
  }

  async read(roomId: string, body: string, timeoutMs = 30_000): Promise<Seen> {
    return seenOf(await this.call<View>("waitForMessage", { roomId, body, timeoutMs }));
  }

  async see(roomId: string, eventId: string): Promise<Seen> {
    return seenOf(await this.call<View>("waitForMessage", { roomId, eventId, timeoutMs: 30_000 }));
  }

  async knows(roomId: string, userId: string, membership: "invite" | "join" | "leave"): Promise<void> {
    await until(`${userId} to be seen in the state "${membership}" by Bulkhead`, async () => {
      const members = await this.members(roomId);
      const known = members.find((member) => member.userId === userId)?.membership;
      // Those who have left need not be listed.
      return known === membership || (membership === "leave" && known === undefined) || undefined;
    });
  }

  async knowsDevice(userId: string, deviceId: string): Promise<void> {
    await until("a device to be known to Bulkhead", async () => {
      const devices = await this.call<{ deviceId: string }[]>("devices", { userId });
      return devices.some((device) => device.deviceId === deviceId) || undefined;
    });
  }

  members(roomId: string): Promise<Member[]> {
    return this.call("members", { roomId });
  }

  rooms(): Promise<RoomEntry[]> {
    return this.call("rooms");
  }

  status(): Promise<Status> {
    return this.call("status");
  }

  /** The newest messages of a room, newest last. */
  async timeline(roomId: string, limit: number, before?: string): Promise<Seen[]> {
    const { events } = await this.call<{ events: View[] }>("timeline", { roomId, limit, ...(before === undefined ? {} : { before }) });
    return events.map(seenOf);
  }

  /** Ends the process, in order or as a power cut would; nothing else is done to it then. */
  async end(how: "stop" | "kill"): Promise<void> {
    if (how === "stop") await this.#client.stop();
    else await this.#client.kill();
  }

  /** A new process on the same profile. */
  async resume(): Promise<void> {
    this.#client = new HeadlessClient(this.profile);
    this.#ids = await this.call("resume");
  }

  async restart(how: "stop" | "kill"): Promise<void> {
    await this.end(how);
    await this.resume();
  }

  /** What the process has logged lately. */
  get log(): readonly string[] {
    return this.#client.log;
  }
}

const seenOf = ({ eventId, sender, body, replyTo, utd }: View): Seen => ({ eventId, sender, body, replyTo, utd });
