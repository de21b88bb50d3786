import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ForeignClient } from "../foreign-client.ts";
import { Bulkhead, type Account } from "./bulkhead.ts";
import { Line } from "./line.ts";
import type { Party } from "./party.ts";

/** Where a scenario is played: a homeserver, and makers of people on it. User names are new on every call, so that a server may be old. */
export class World {
  readonly homeserver: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "bulkhead-scenarios-"));
  readonly #cleanUps: (() => Promise<void> | void)[] = [];
  #ada: Promise<Bulkhead> | undefined;
  #bob: Promise<ForeignClient> | undefined;
  #profiles = 0;

  constructor(homeserver: string) {
    this.homeserver = homeserver;
  }

  account(name: string, homeserver = this.homeserver): Account {
    return { homeserver, user: `${name}-${randomBytes(5).toString("hex")}`, password: `the secret of ${name}` };
  }

  newProfile(): string {
    this.#profiles += 1;
    return join(this.#folder, `profile-${this.#profiles}`);
  }

  /** A new person on Bulkhead, or with `method` "login" another device of somebody. */
  async bulkhead(account: Account, method: "register" | "login" = "register"): Promise<Bulkhead> {
    const client = await Bulkhead.signIn(method, this.newProfile(), account);
    this.atEnd(() => client.end("kill"));
    return client;
  }

  /** A new person on matrix-js-sdk, or another device of somebody who exists. */
  async foreign({ homeserver, user, password }: Account): Promise<ForeignClient> {
    const client = await ForeignClient.start(homeserver, user, password);
    this.atEnd(() => client.stop());
    return client;
  }

  newParty(program: Party["program"], account: Account): Promise<Party> {
    return program === "Bulkhead" ? this.bulkhead(account) : this.foreign(account);
  }

  /** Ada, who runs Bulkhead and is in many scenarios: starting a client costs more than most of them. */
  ada(): Promise<Bulkhead> {
    return (this.#ada ??= this.bulkhead(this.account("ada")));
  }

  /** Bob, who runs matrix-js-sdk. */
  bob(): Promise<ForeignClient> {
    return (this.#bob ??= this.foreign(this.account("bob")));
  }

  async line(): Promise<Line> {
    const line = await Line.to(this.homeserver);
    this.atEnd(() => line.close());
    return line;
  }

  atEnd(cleanUp: () => Promise<void> | void): void {
    this.#cleanUps.push(cleanUp);
  }

  /** Ends everybody, the last comers first. */
  async close(): Promise<void> {
    for (const cleanUp of this.#cleanUps.toReversed()) await cleanUp();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
