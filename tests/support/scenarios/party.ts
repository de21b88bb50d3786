/** What somebody sees of a message. */
export type Seen = {
  readonly eventId: string;
  readonly sender: string;
  /** Undefined while it cannot be read. */
  readonly body: string | undefined;
  /** Id of the event that this one answers. */
  readonly replyTo: string | undefined;
  /** Why it cannot be read, in this client's own words. */
  readonly utd: { readonly code: string; readonly cause: string } | undefined;
};

export type RoomOptions = {
  readonly invite: readonly string[];
  readonly name?: string;
  readonly rotationPeriodMsgs?: number;
  readonly historyVisibility?: "joined" | "invited" | "shared";
  /** Who may come in without an invite; nobody unless said. */
  readonly open?: boolean;
};

/** One device of one person, whatever program it runs: scenarios are told in these words, so that they can be played with the roles changed. */
export interface Party {
  readonly program: "Bulkhead" | "js-sdk";
  readonly userId: string;
  readonly deviceId: string;
  /** Makes an encrypted room. */
  createRoom(options: RoomOptions): Promise<string>;
  invite(roomId: string, userId: string): Promise<void>;
  join(roomId: string): Promise<void>;
  leave(roomId: string): Promise<void>;
  /** Resolves with the event id once the server has accepted it. */
  send(roomId: string, body: string, replyTo?: string): Promise<string>;
  /** The message that reads like this. */
  read(roomId: string, body: string, timeoutMs?: number): Promise<Seen>;
  /** The event by its id, readable or not: looked for in older history too. */
  see(roomId: string, eventId: string): Promise<Seen>;
  /** Until this device has heard that somebody's membership is this. */
  knows(roomId: string, userId: string, membership: "invite" | "join" | "leave"): Promise<void>;
  /** Until this device knows that device, and so will encrypt to it. */
  knowsDevice(userId: string, deviceId: string): Promise<void>;
}

/** Polls until there is something. */
export async function until<T>(what: string, probe: () => Promise<T | undefined> | T | undefined, timeoutMs = 30_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
