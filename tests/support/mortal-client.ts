import type { Session } from "../../protocol/control.ts";
import { CodedError } from "../../protocol/errors.ts";
import { parseEventId, parseRoomId, type RoomId } from "../../protocol/ids.ts";
import type { HttpRequest, HttpResponse } from "../../protocol/network.ts";
import { Client } from "../../crypto-worker/client/client.ts";
import { createLog } from "../../crypto-worker/log.ts";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { systemEnv } from "../../crypto-worker/primitives/system-env.ts";
import { openSqlCipherStore, type CryptoStore } from "../../crypto-worker/store/store.ts";
import { networkTo } from "./fake-network.ts";
import { StoreError } from "../../crypto-worker/store/types.ts";

/** Which outermost transaction after the start is the last, and whether it still reaches the file. */
export type Death = { readonly transaction: number; readonly moment: "before-commit" | "after-commit" };

type Life = {
  readonly store: CryptoStore;
  machine: OlmMachine | undefined;
  client: Client | undefined;
  dead: boolean;
  transactions: number;
};

/**
 * The worker's whole client in this process, over a store that dies at a chosen transaction: from that moment on nothing can be written, no request is
 * answered, and nobody is told of anything, as when the process is killed there. Its file is all that the next life has.
 */
export class MortalClient {
  readonly session: Session;
  readonly #path: string;
  readonly #key: Uint8Array;
  readonly #bugs: string[];
  #life: Life | undefined;

  /** `bugs` collects what the client logs as an error. */
  constructor(session: Session, path: string, key: Uint8Array, bugs: string[]) {
    this.session = session;
    this.#path = path;
    this.#key = key;
    this.#bugs = bugs;
  }

  get alive(): boolean {
    return this.#life?.dead === false;
  }

  /** Transactions of this life so far. */
  get transactions(): number {
    return this.#life?.transactions ?? 0;
  }

  /** Starts a life; it may be over when this returns. */
  open(death?: Death): void {
    const store = openSqlCipherStore({ path: this.#path, key: this.#key });
    const life: Life = { store, machine: undefined, client: undefined, dead: false, transactions: 0 };
    this.#life = life;
    makeMortal(life, death);
    this.attempt(() => {
      const { session } = this;
      life.machine = store.transaction(() => {
        store.session.save(session);
        store.requireDurability();
        return OlmMachine.open({ userId: session.userId, deviceId: session.deviceId, store });
      });
      const log = createLog((line) => {
        if (!life.dead && line.includes('"level":"error"')) this.#bugs.push(line);
      }, Date.now);
      life.client = new Client({ session, store, machine: life.machine, network: networkOf(life, session), env: systemEnv, log });
      life.client.start();
    });
  }

  /** Does something; undefined where it died of it. */
  attempt<T>(work: (client: Client | undefined) => T): T | undefined {
    const life = this.#life;
    try {
      return work(life?.client);
    } catch (error) {
      if (life?.dead === true && error instanceof StoreError) return undefined;
      throw error;
    }
  }

  /** Buries what is left of this life. */
  close(): void {
    const life = this.#life;
    if (life === undefined) return;
    life.dead = true;
    life.client?.stop();
    // What a machine writes when it is closed in order does not happen here.
    this.attempt(() => life.machine?.close());
    life.store.close();
    this.#life = undefined;
  }

  async sync(): Promise<void> {
    const life = this.#life;
    const position = this.attempt((client) => client?.syncPosition);
    if (life === undefined || position === undefined || life.dead) return;
    const { since, filter } = position;
    const query = new URLSearchParams({ filter, timeout: "0", ...(since === null ? {} : { since }) });
    const response = await fetch(`${this.session.homeserver}/_matrix/client/v3/sync?${query}`, { headers: this.#headers() });
    const body = await response.text();
    if (!life.dead && this.#life === life) this.attempt((client) => client?.receiveSync(since, body));
  }

  /** The item's id once the message is on disk, undefined where it died before it could say so. */
  send(roomId: string, markdown: string): string | undefined {
    return this.attempt((client) => client?.composer.send(room(roomId), { msgtype: "text", markdown, relation: {}, mentions: [] }));
  }

  /** A request made by a person, past the client. */
  async request(method: string, path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.session.homeserver}${path}`, { method, headers: this.#headers(), body: JSON.stringify(body) });
    const answer: unknown = await response.json();
    if (!response.ok || typeof answer !== "object" || answer === null) throw new Error(`${path}: ${response.status}`);
    return { ...answer };
  }

  /** What one event reads as here; undefined where it is unknown or cannot be read. */
  textOf(roomId: string, eventId: string): string | undefined {
    const id = parseEventId(eventId);
    const event = id.ok ? this.#life?.store.events.load(room(roomId), id.value) : undefined;
    const body = event?.utdCode === undefined ? event?.content["body"] : undefined;
    return typeof body === "string" ? body : undefined;
  }

  pendingSends(): number {
    return this.attempt((client) => client?.account.status().pendingSends) ?? 0;
  }

  undecryptable(): number {
    return this.attempt((client) => client?.account.status().undecryptable) ?? 0;
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.session.accessToken}`, "content-type": "application/json" };
  }
}

function makeMortal(life: Life, death: Death | undefined): void {
  const { store } = life;
  const transaction = store.transaction.bind(store);
  const afterCommit = store.afterCommit.bind(store);
  let silent = false;
  store.transaction = <T>(work: () => T): T => {
    if (life.dead) throw new StoreError("failed");
    if (store.inTransaction) return transaction(work);
    life.transactions += 1;
    if (life.transactions !== death?.transaction) return transaction(work);
    try {
      if (death.moment === "after-commit") {
        silent = true;
        transaction(work);
      } else {
        transaction(() => {
          work();
          throw new StoreError("failed");
        });
      }
    } finally {
      life.dead = true;
      life.client?.stop();
    }
    throw new StoreError("failed");
  };
  store.afterCommit = (effect) => {
    if (!silent) afterCommit(effect);
  };
}

function networkOf(life: Life, session: Session) {
  return networkTo(async (request) => {
    if (life.dead) return never();
    const answer = await exchange(session, request);
    return life.dead ? never() : answer;
  });
}

async function exchange(session: Session, request: HttpRequest): Promise<HttpResponse> {
  try {
    const response = await fetch(`${session.homeserver}${request.path}`, {
      method: request.method,
      headers: { authorization: `Bearer ${session.accessToken}`, "content-type": "application/json" },
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    return { status: response.status, body: await response.text(), bytes: null, contentType: response.headers.get("content-type") };
  } catch (error) {
    if (error instanceof TypeError) throw new CodedError("offline");
    throw error;
  }
}

const never = (): Promise<never> => new Promise(() => undefined);

function room(roomId: string): RoomId {
  const parsed = parseRoomId(roomId);
  if (!parsed.ok) throw new Error("not a room id");
  return parsed.value;
}
