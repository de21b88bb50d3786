import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { HeadlessClient, HeadlessError } from "../../support/headless-client.ts";
import type { Seeded } from "../../support/seeded.ts";

export type KillKind = "worker" | "main" | "both";

export type TimelineEvent = { readonly eventId: string; readonly body?: string; readonly decrypted: boolean; readonly utd?: unknown };

type Status = { readonly sync: string; readonly pendingSends: number; readonly failedSends: number; readonly connection: string };

/** The supervisor gives up on a worker that dies seven times in two minutes; each main sees fewer deaths than that. */
const MAX_WORKER_KILLS = 3;
const GONE: ReadonlySet<string> = new Set(["gone", "worker-gone", "locked", "not-signed-in", "not-found", "store-in-use"]);

/** A headless client that talks while it is being killed. Its profile is all that survives. */
export class Victim {
  readonly name: string;
  readonly #profile: string;
  readonly #homeserver: string;
  readonly #chance: Seeded;
  /** What it was told to send, by its unique body; the event's id where it was told of that. */
  readonly sent = new Map<string, string | undefined>();
  readonly kills = new Map<KillKind, number>();
  readonly history: string[] = [];
  rooms: readonly string[] = [];
  talking = false;
  #client: HeadlessClient;
  #workerKills = 0;
  #number = 0;

  constructor(name: string, profile: string, homeserver: string, chance: Seeded) {
    this.name = name;
    this.#profile = profile;
    this.#homeserver = homeserver;
    this.#chance = chance;
    this.#client = this.#spawn();
  }

  get client(): HeadlessClient {
    return this.#client;
  }

  /** Waits until it is signed in and synced. */
  async untilUp(timeoutMs: number): Promise<Status> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const status = await this.#status();
      if (status?.sync === "up-to-date") return status;
      if (Date.now() > deadline) throw new Error(`${this.name} does not come up: ${JSON.stringify(status)}\n${this.report()}`);
      await sleep(60);
    }
  }

  /** Says something to one of its rooms every now and then, until it is told to stop. */
  async talk(): Promise<void> {
    this.talking = true;
    while (this.talking) {
      const body = `${this.name} ${++this.#number}`;
      const roomId = this.rooms[this.#number % this.rooms.length] ?? "";
      this.sent.set(body, undefined);
      this.#client.send(roomId, body).then(
        (eventId) => this.sent.set(body, eventId),
        (error: unknown) => this.#note(error),
      );
      await sleep(this.#chance.int(50, 400));
    }
  }

  /** Kills the process, or one of its two, and starts it again where that is not main's business. */
  async kill(): Promise<KillKind> {
    const worker = this.#workerPid();
    const kind: KillKind = this.#workerKills < MAX_WORKER_KILLS && this.#chance.chance(0.55) ? "worker" : this.#chance.pick("main", "both");
    if (kind === "worker" && worker === undefined) return this.#killMain("main", undefined);
    if (kind !== "worker") return this.#killMain(kind, worker);
    this.#workerKills += 1;
    this.#count(kind);
    killProcess(worker);
    return kind;
  }

  async #killMain(kind: "main" | "both", worker: number | undefined): Promise<KillKind> {
    this.#count(kind);
    if (kind === "both") killProcess(worker);
    await this.#client.kill();
    this.#workerKills = 0;
    this.#client = this.#spawn();
    return kind;
  }

  timeline(roomId: string): Promise<TimelineEvent[]> {
    return this.#client.call<{ events: TimelineEvent[] }>("timeline", { roomId, limit: 10_000 }).then(({ events }) => events);
  }

  stop(): Promise<void> {
    return this.#client.stop();
  }

  /** For a failed test. */
  report(): string {
    return [`${this.name}:`, ...this.history.slice(-12), ...this.#client.log.slice(-40)].join("\n");
  }

  #spawn(): HeadlessClient {
    const client = new HeadlessClient(this.#profile, { homeserver: this.#homeserver });
    this.history.push(`${new Date().toISOString()} started ${client.pid}`);
    client.call("resume").catch((error: unknown) => this.#note(error));
    return client;
  }

  #count(kind: KillKind): void {
    this.kills.set(kind, (this.kills.get(kind) ?? 0) + 1);
    this.history.push(`${new Date().toISOString()} killed ${kind}`);
  }

  /** A client that does not answer at all is as bad as one that answers wrongly. */
  async #status(): Promise<Status | undefined> {
    const client = this.#client;
    const silent = sleep(20_000, "silent" as const, { ref: false });
    try {
      const answer = await Promise.race([client.call<Status>("status"), silent]);
      if (answer === "silent") throw new Error(`${this.name} does not answer\n${this.report()}`);
      return answer;
    } catch (error) {
      this.#note(error);
      return undefined;
    }
  }

  /** Being killed is what this is about; any other failure is one of the test. */
  #note(error: unknown): void {
    if (error instanceof HeadlessError && GONE.has(error.code)) return;
    throw error;
  }

  #workerPid(): number | undefined {
    try {
      const children = readFileSync(`/proc/${this.#client.pid}/task/${this.#client.pid}/children`, "utf8").trim().split(/\s+/);
      return children[0] === undefined || children[0] === "" ? undefined : Number(children[0]);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }
}

/** One that is gone already is as dead as it can be. */
function killProcess(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
