import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Homeserver, startHomeserver } from "../../tools/homeserver/homeserver.ts";
import { AppDriver, type DriverOptions } from "../support/app-driver.ts";
import { ForeignClient } from "../support/foreign-client.ts";
import { HeadlessClient } from "../support/headless-client.ts";

export const PASSWORD = "a password of the server";

/** A homeserver with the account `you`, the app on it, and whoever else takes part. */
export class World {
  /** The one of this test file. */
  static running: World | undefined;
  readonly homeserver: Homeserver;
  readonly folder = mkdtempSync(join(tmpdir(), "bulkhead-e2e-"));
  readonly you: string;
  #app: AppDriver | undefined;
  readonly #others: AppDriver[] = [];
  readonly #stops: (() => unknown)[] = [];

  private constructor(homeserver: Homeserver) {
    this.homeserver = homeserver;
    this.you = homeserver.registerUser("you", PASSWORD).userId;
  }

  static async start(): Promise<World> {
    return new World(await startHomeserver({ serverName: "harbour.test" }));
  }

  /** A world in which `you` is signed in and sees the room list. */
  static async signedIn(options: Partial<DriverOptions> = {}): Promise<World> {
    const world = await World.start();
    try {
      const app = await world.launch(options);
      await app.signIn("you", PASSWORD);
      await app.createPassphrase();
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  get app(): AppDriver {
    if (this.#app === undefined) throw new Error("the app was not launched");
    return this.#app;
  }

  get profile(): string {
    return join(this.folder, "you");
  }

  /** Starts the app on `you`'s profile. */
  async launch(options: Partial<DriverOptions> = {}): Promise<AppDriver> {
    World.running = this;
    this.#app = await AppDriver.launch({ userData: this.profile, homeserver: this.homeserver.url, ...options });
    return this.#app;
  }

  /** Starts the app once more, on a profile of this name: another device of `you`, or another person's. */
  async launchOther(name: string, options: Partial<DriverOptions> = {}): Promise<AppDriver> {
    World.running = this;
    const other = await AppDriver.launch({ userData: join(this.folder, name), homeserver: this.homeserver.url, ...options });
    this.#others.push(other);
    return other;
  }

  /** Quits the app and starts it again: as far as the vault. */
  async restart(options: Partial<DriverOptions> = {}): Promise<AppDriver> {
    await this.app.close();
    return this.launch(options);
  }

  /** Another person, on a headless Bulkhead. */
  async headless(user: string, displayName: string): Promise<HeadlessClient> {
    const client = new HeadlessClient(join(this.folder, user));
    this.#stops.push(() => client.stop());
    this.homeserver.registerUser(user, PASSWORD);
    await client.login(this.homeserver.url, user, PASSWORD);
    await client.call("setDisplayName", { name: displayName });
    return client;
  }

  /** Another device of a person who is there, on a headless Bulkhead with a profile of this name. */
  async headlessDevice(user: string, profile: string): Promise<HeadlessClient> {
    const client = new HeadlessClient(join(this.folder, profile));
    this.#stops.push(() => client.stop());
    await client.login(this.homeserver.url, user, PASSWORD);
    return client;
  }

  /** A person of before, whose process has ended meanwhile. */
  headlessAgain(user: string): HeadlessClient {
    const client = new HeadlessClient(join(this.folder, user));
    this.#stops.push(() => client.stop());
    return client;
  }

  /** Another person, on matrix-js-sdk. */
  async foreign(user: string): Promise<ForeignClient> {
    const client = await ForeignClient.start(this.homeserver.url, user, PASSWORD);
    this.#stops.push(() => client.stop());
    return client;
  }

  /** Of every window there is; never fails, because it is taken when something else has. */
  async picture(name: string): Promise<void> {
    await Promise.allSettled(
      this.#running().flatMap((app, whose) =>
        app.host.pages().map((page, n) => app.screenshot([name, ...(whose === 0 && n === 0 ? [] : [whose, n])].join("-"), page)),
      ),
    );
  }

  /** For `afterAll`, where the world may have failed to start. */
  static async end(world: World | undefined): Promise<void> {
    await world?.stop();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running().map((app) => app.close()));
    await Promise.all(this.#stops.map((stop) => stop()));
    await this.homeserver.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #running(): AppDriver[] {
    return [this.#app, ...this.#others].flatMap((app) => (app?.host.running === true ? [app] : []));
  }
}

/** Waits until it holds; for what no page shows. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The room that somebody on a headless Bulkhead is invited to, once the invitation has come. */
export async function invitationOf(person: HeadlessClient): Promise<string> {
  let found: string | undefined;
  await eventually("the invitation", async () => {
    const rooms = await person.call<{ roomId: string; membership: string }[]>("rooms");
    found = rooms.find(({ membership }) => membership === "invite")?.roomId;
    return found !== undefined;
  });
  return found ?? "";
}
