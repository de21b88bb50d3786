import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { fetchTransport, type Transport } from "../../../main/matrix/transport.ts";
import { CodedError } from "../../../protocol/errors.ts";
import { HeadlessApp } from "../../../tools/headless/headless-app.ts";
import { callMethod } from "../../../tools/headless/methods/table.ts";

const roomSchema = z.object({ roomId: z.string() });
const sentSchema = z.object({ eventId: z.string() });
const messageSchema = z.object({ eventId: z.string(), body: z.string().optional(), decrypted: z.boolean(), utd: z.unknown().optional() });
const timelineSchema = z.object({ events: z.array(messageSchema) });
const statusSchema = z.object({ sync: z.string(), pendingSends: z.number(), failedSends: z.number().optional(), connection: z.string() });

/** What a person in front of the app would press the button again for. */
const WORTH_ANOTHER_TRY: ReadonlySet<string> = new Set([
  "offline",
  "timeout",
  "rate-limited",
  "server-error",
  "server-garbage",
  "not-a-homeserver",
  "not-found",
]);
const TRIES = 12;

/** Main and worker of the headless client, main's part in this process. Repeats by hand what only a person would repeat. */
export class Person {
  readonly userId: string;
  readonly #name: string;
  readonly #app: HeadlessApp;

  constructor(folder: string, homeserver: string, name: string, transport: Transport = fetchTransport) {
    this.#name = name;
    this.userId = `@${name}:localhost`;
    const profileDir = join(folder, name);
    mkdirSync(profileDir, { recursive: true, mode: 0o700 });
    this.#app = new HeadlessApp({ profileDir, homeserver, transport });
  }

  async logIn(password: string): Promise<void> {
    await this.#insist("login", { user: this.#name, password }, ["already-signed-in"]);
  }

  async createRoom(params: object): Promise<string> {
    return roomSchema.parse(await this.#insist("createRoom", { encrypted: true, ...params })).roomId;
  }

  async invite(roomId: string, userId: string): Promise<void> {
    // An invitation of which only the answer was lost is refused when it is repeated.
    await this.#insist("invite", { roomId, userId }, ["forbidden"]);
  }

  async join(roomId: string): Promise<void> {
    await this.#insist("join", { roomId });
  }

  async leave(roomId: string): Promise<void> {
    await this.#insist("leave", { roomId }, ["forbidden"]);
  }

  /** Asked for once: it is the queue that has to get it through. */
  async send(roomId: string, body: string): Promise<string> {
    return sentSchema.parse(await callMethod(this.#app, "send", { roomId, body })).eventId;
  }

  async read(roomId: string, body: string, timeoutMs = 60_000): Promise<void> {
    const message = messageSchema.parse(await this.#insist("waitForMessage", { roomId, body, timeoutMs }));
    if (message.body !== body) throw new Error(`${this.userId} reads something else`);
  }

  async timeline(roomId: string, limit: number): Promise<z.infer<typeof messageSchema>[]> {
    return timelineSchema.parse(await this.#insist("timeline", { roomId, limit })).events;
  }

  async members(roomId: string): Promise<unknown> {
    return this.#insist("members", { roomId });
  }

  async logOut(): Promise<void> {
    await this.#insist("logout", {}, ["not-signed-in"]);
  }

  /** Until nothing waits to be sent and main is connected. */
  async settle(timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { sync, connection, pendingSends, failedSends } = statusSchema.parse(await this.#insist("status", {}));
      if (sync === "up-to-date" && connection === "online" && pendingSends === 0 && failedSends === 0) return;
      if (Date.now() > deadline)
        throw new Error(`${this.userId} does not settle: ${JSON.stringify({ sync, connection, pendingSends, failedSends })}`);
      await sleep(50);
    }
  }

  close(): Promise<void> {
    return this.#app.close();
  }

  async #insist(method: string, params: object, done: readonly string[] = []): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await callMethod(this.#app, method, params);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        if (attempt > 1 && done.includes(error.code)) return {};
        if (attempt >= TRIES || !WORTH_ANOTHER_TRY.has(error.code))
          throw new Error(`${method}: ${error.code}, attempt ${attempt}`, { cause: error });
        await sleep(Math.max(100, error.retryAfterMs ?? 0));
      }
    }
  }
}

/** `fetch` that does not wait long for an answer, and asks the server not to take its time in a sync. */
export const impatient: Transport = {
  send(request) {
    const url = request.url.replace(/([?&]timeout=)30000\b/, "$12000");
    return fetchTransport.send({ ...request, url, timeoutMs: Math.min(request.timeoutMs, 4000) });
  },
};
