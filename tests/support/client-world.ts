import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { startHomeserver, type Homeserver } from "../../tools/homeserver/homeserver.ts";
import { InProcessClient, type InProcessOptions } from "./in-process-client.ts";

/** For all tests of a file: each has a homeserver of its own, and whoever came to it is gone after it. */
export function useClientWorld(): ClientWorld {
  const world = new ClientWorld();
  beforeEach(() => world.open());
  afterEach(() => world.close());
  return world;
}

export class ClientWorld {
  #server: Homeserver | undefined;
  #folder: string | undefined;
  readonly #clients = new Map<InProcessClient, InProcessOptions>();

  async open(): Promise<void> {
    this.#server = await startHomeserver();
  }

  async close(): Promise<void> {
    for (const client of this.#clients.keys()) await client.close();
    this.#clients.clear();
    await this.#server?.stop();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  get server(): Homeserver {
    if (this.#server === undefined) throw new Error("the world is not open");
    return this.#server;
  }

  /** Somebody new, who does not sync yet. The password is "secret of", and the name. */
  async register(name: string, options: InProcessOptions = DEFAULTS): Promise<InProcessClient> {
    return this.#keep(await InProcessClient.register(this.server.url, name, { ...DEFAULTS, ...options }), options);
  }

  /** Somebody new, who syncs. */
  async person(name: string, options: InProcessOptions = DEFAULTS): Promise<InProcessClient> {
    const client = await this.register(name, options);
    client.startSyncing();
    return client;
  }

  /** Another device of somebody who was registered here; it does not sync yet. */
  async logIn(userId: string, options: InProcessOptions = DEFAULTS): Promise<InProcessClient> {
    const [name] = userId.slice(1).split("-");
    return this.#keep(await InProcessClient.logIn(this.server.url, userId, `secret of ${name}`, { ...DEFAULTS, ...options }), options);
  }

  /** The app ends as in a power cut, and starts again from the store that it was given; it does not sync yet. */
  async resume(client: InProcessClient): Promise<InProcessClient> {
    const options = this.#clients.get(client);
    if (options?.store === undefined) throw new Error("nothing to start again from");
    this.#clients.delete(client);
    await client.close();
    return this.#keep(await InProcessClient.resume(client.session, { ...DEFAULTS, ...options }), options);
  }

  /** Where a client may keep its store, until the end of the test. */
  newStore(): NonNullable<InProcessOptions["store"]> {
    this.#folder ??= mkdtempSync(join(tmpdir(), "bulkhead-clients-"));
    return { path: join(this.#folder, `${randomBytes(5).toString("hex")}.db`), key: randomBytes(32) };
  }

  #keep(client: InProcessClient, options: InProcessOptions): InProcessClient {
    this.#clients.set(client, options);
    return client;
  }
}

const DEFAULTS: InProcessOptions = { logs: process.env["LOGS"] === "1" };
