import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Log } from "../../main/logging/log.ts";
import { systemClock } from "../../main/matrix/clock.ts";
import { HomeserverClient } from "../../main/matrix/homeserver-client.ts";
import { fetchTransport } from "../../main/matrix/transport.ts";
import { mediaHandlers } from "../../main/media/media-server.ts";
import { MediaSpool } from "../../main/media/media-spool.ts";
import type { Session } from "../../protocol/control.ts";
import { CodedError } from "../../protocol/errors.ts";
import { parseRoomId, type RoomId } from "../../protocol/ids.ts";
import type { TimelineItem } from "../../protocol/messages/timeline-item.ts";
import type { HttpRequest, HttpResponse } from "../../protocol/network.ts";
import { Client } from "../../crypto-worker/client/client.ts";
import type { Network } from "../../crypto-worker/client/http.ts";
import { createLog } from "../../crypto-worker/log.ts";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { systemEnv } from "../../crypto-worker/primitives/system-env.ts";
import { openMemoryStore, openSqlCipherStore, type CryptoStore } from "../../crypto-worker/store/store.ts";
import { networkTo } from "./fake-network.ts";

export type InProcessOptions = {
  /** Where the store is kept; in memory unless given. */
  readonly store?: { readonly path: string; readonly key: Uint8Array };
  readonly logs?: boolean;
};

/**
 * The worker's whole client without its process: real machine, real store, and `fetch` in the place of main. Syncs when told to, or in a
 * loop. For tests that look at what the client does, and for other people in them.
 */
export class InProcessClient {
  readonly session: Session;
  readonly store: CryptoStore;
  readonly machine: OlmMachine;
  readonly client: Client;
  readonly #network: FetchNetwork;
  #stopLoop: (() => Promise<void>) | undefined;

  private constructor(session: Session, options: InProcessOptions) {
    this.session = session;
    this.store = options.store === undefined ? openMemoryStore() : openSqlCipherStore(options.store);
    this.store.transaction(() => this.store.session.save(session));
    this.machine = OlmMachine.open({ userId: session.userId, deviceId: session.deviceId, store: this.store });
    this.#network = new FetchNetwork(session);
    const log = createLog(
      options.logs === true ? (line) => process.stderr.write(`${session.userId} ${line}\n`) : () => undefined,
      Date.now,
    );
    this.client = new Client({ session, store: this.store, machine: this.machine, network: this.#network.network, env: systemEnv, log });
    this.client.start();
  }

  static async register(baseUrl: string, name: string, options: InProcessOptions = {}): Promise<InProcessClient> {
    const username = `${name}-${randomBytes(5).toString("hex")}`;
    const body = {
      username,
      password: `secret of ${name}`,
      auth: { type: "m.login.dummy" },
      initial_device_display_name: `${name}'s device`,
    };
    return InProcessClient.open(baseUrl, await post(`${baseUrl}/_matrix/client/v3/register`, body), options);
  }

  static async logIn(baseUrl: string, userId: string, password: string, options: InProcessOptions = {}): Promise<InProcessClient> {
    const body = { type: "m.login.password", identifier: { type: "m.id.user", user: userId }, password };
    return InProcessClient.open(baseUrl, await post(`${baseUrl}/_matrix/client/v3/login`, body), options);
  }

  static async open(baseUrl: string, login: Record<string, unknown>, options: InProcessOptions): Promise<InProcessClient> {
    const session: Session = {
      homeserver: baseUrl,
      userId: String(login["user_id"]),
      deviceId: String(login["device_id"]),
      accessToken: String(login["access_token"]),
      refreshToken: null,
    };
    return InProcessClient.resume(session, options);
  }

  /** The same device again, from its store. */
  static async resume(session: Session, options: InProcessOptions = {}): Promise<InProcessClient> {
    await OlmMachine.ready();
    return new InProcessClient(session, options);
  }

  get userId(): string {
    return this.session.userId;
  }

  /** One sync; waits for something new at most `timeoutMs`. */
  async sync(timeoutMs = 0): Promise<void> {
    const { since, body } = await this.fetchSync(timeoutMs);
    this.client.receiveSync(since, body);
  }

  /** A sync response that is not applied yet. */
  async fetchSync(timeoutMs = 0, signal?: AbortSignal): Promise<{ since: string | null; body: string }> {
    const { since, filter } = this.client.syncPosition;
    const query = new URLSearchParams({ filter, timeout: String(timeoutMs), ...(since === null ? {} : { since }) });
    const response = await fetch(`${this.session.homeserver}/_matrix/client/v3/sync?${query}`, {
      headers: { authorization: `Bearer ${this.session.accessToken}` },
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw new Error(`sync: ${response.status}`);
    return { since, body: await response.text() };
  }

  startSyncing(): void {
    if (this.#stopLoop !== undefined) return;
    const controller = new AbortController();
    const run = async (): Promise<void> => {
      while (!controller.signal.aborted) {
        try {
          const { since, body } = await this.fetchSync(20_000, controller.signal);
          if (!controller.signal.aborted) this.client.receiveSync(since, body);
        } catch (error) {
          if (controller.signal.aborted) return;
          if (error instanceof Error && (error.message.startsWith("sync:") || error.name === "TypeError")) await delay(100);
          else throw error;
        }
      }
    };
    const running = run();
    this.#stopLoop = async () => {
      controller.abort();
      await running;
    };
  }

  async stopSyncing(): Promise<void> {
    await this.#stopLoop?.();
    this.#stopLoop = undefined;
  }

  /** As a power cut for everything but the store: nothing is flushed that was not committed. */
  async close(): Promise<void> {
    await this.stopSyncing();
    this.client.stop();
    this.machine.close();
    this.store.close();
    rmSync(this.#network.spool, { recursive: true, force: true });
  }

  /** Names of the files that lie between this client and the server. */
  spooled(): string[] {
    const { spool } = this.#network;
    return existsSync(spool) ? readdirSync(spool) : [];
  }

  /** What somebody with the disk can do. */
  changeSpool(change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): void {
    for (const name of this.spooled()) {
      const path = join(this.#network.spool, name);
      writeFileSync(path, change(new Uint8Array(readFileSync(path))));
    }
  }

  /** Cuts the line, or mends it. */
  setReachable(reachable: boolean): void {
    this.#network.reachable = reachable;
    this.client.setOnline(reachable);
  }

  send(roomId: string, markdown: string, replyTo?: string): string {
    const relation = replyTo === undefined ? {} : { replyTo };
    return this.client.composer.send(room(roomId), { msgtype: "text", markdown, relation, mentions: [] });
  }

  timeline(roomId: string, limit = 100): TimelineItem[] {
    return this.client.timelines.open(room(roomId), limit).items;
  }

  /** Plain texts of the messages of a room, oldest first. */
  texts(roomId: string): string[] {
    return this.timeline(roomId).flatMap(({ content }) => (content.kind === "message" ? [content.body] : []));
  }

  /** Waits until `probe` gives something; syncs by itself where no loop runs. */
  async until<T>(probe: () => T | undefined | false, what: string, timeoutMs = 15_000): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const value = probe();
      if (value !== undefined && value !== false) return value;
      if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
      if (this.#stopLoop === undefined) await this.sync(50);
      await delay(10);
    }
  }

  untilText(roomId: string, text: string): Promise<TimelineItem> {
    return this.until(
      () => this.timeline(roomId).find(({ content }) => content.kind === "message" && content.body === text),
      `the message "${text}"`,
    );
  }

  /** Until the server has accepted everything that was queued. */
  untilSent(): Promise<true> {
    return this.until(() => this.client.account.status().pendingSends === 0 || undefined, "the send queue");
  }
}

/** The network contract over `fetch`, without main's retries; files are main's own part, in a folder that goes with the test. */
class FetchNetwork {
  reachable = true;
  readonly network: Network;
  readonly spool = mkdtempSync(join(tmpdir(), "bulkhead-spool-"));
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
    const client = new HomeserverClient(fetchTransport, systemClock, new Log("test", []), {
      refreshed: () => Promise.resolve(),
      ended: () => undefined,
    });
    client.useSession(session);
    const files = mediaHandlers(client, new MediaSpool(this.spool), () => undefined);
    this.network = networkTo((request, { signal }) => this.#http(request, signal), {
      ...files,
      upload: (params, context) => (this.reachable ? files.upload(params, context) : offline()),
      download: (params, context) => (this.reachable ? files.download(params, context) : offline()),
    });
  }

  async #http(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    if (!this.reachable) return offline();
    try {
      const response = await fetch(`${this.#session.homeserver}${request.path}`, {
        method: request.method,
        headers: {
          ...(request.auth ? { authorization: `Bearer ${this.#session.accessToken}` } : {}),
          ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(request.body === undefined ? {} : { body: request.body }),
        signal,
      });
      const binary = request.accept === "bytes" && response.ok;
      return {
        status: response.status,
        body: binary ? "" : await response.text(),
        bytes: binary ? new Uint8Array(await response.arrayBuffer()) : null,
        contentType: response.headers.get("content-type"),
      };
    } catch (error) {
      if (error instanceof Error) return offline();
      throw error;
    }
  }
}

const offline = (): never => {
  throw new CodedError("offline");
};

function room(roomId: string): RoomId {
  const parsed = parseRoomId(roomId);
  if (!parsed.ok) throw new Error("not a room id");
  return parsed.value;
}

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const answer: unknown = await response.json();
  if (!response.ok || typeof answer !== "object" || answer === null) throw new Error(`POST: ${response.status}`);
  return { ...answer };
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
