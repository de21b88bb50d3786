import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

type Call = { readonly method: string; readonly path: string; readonly headers: IncomingMessage["headers"]; readonly body: Buffer };
type Answer = { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: Buffer };

/** Requests that the line has swallowed. */
export interface Held {
  readonly count: number;
  /** Lets them through now, in their order, and holds no more. */
  release(): Promise<void>;
}

/**
 * The line between one client and any homeserver, which tests cut, freeze and listen in on: an HTTP proxy on loopback. It does to a real
 * Synapse what the embedded homeserver's faults do to itself.
 */
export class Line {
  readonly url: string;
  readonly #server: Server;
  readonly #target: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #sockets = new Set<Socket>();
  readonly #seen: { readonly method: string; readonly path: string }[] = [];
  readonly #holds = new Set<{ readonly pattern: RegExp; readonly calls: Call[] }>();
  readonly #losses: { readonly pattern: RegExp; times: number }[] = [];
  readonly #delays: { readonly pattern: RegExp; readonly ms: number }[] = [];
  #cut = false;
  #thawed: Promise<void> = Promise.resolve();
  #thaw: (() => void) | undefined;

  private constructor(target: string, server: Server, port: number) {
    this.#target = new URL(target);
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
    server.on("connection", (socket) => {
      if (this.#cut) return socket.destroy();
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      return undefined;
    });
    server.on("request", (incoming: IncomingMessage, outgoing: ServerResponse) => void this.#pass(incoming, outgoing));
  }

  static to(target: string): Promise<Line> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        if (typeof address === "object" && address !== null) resolve(new Line(target, server, address.port));
        else reject(new Error("the line has no port"));
      });
    });
  }

  /** The server cannot be reached from now on; what is on its way is lost. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  /** Nothing goes in or out until `thaw`, and nothing fails: the client is asleep. */
  freeze(): void {
    if (this.#thaw !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#thawed = promise;
    this.#thaw = resolve;
  }

  thaw(): void {
    this.#thaw?.();
    this.#thaw = undefined;
  }

  /** Requests whose path matches are answered with `{}` and do not reach the server until they are released. */
  holdBack(pattern: RegExp): Held {
    const hold = { pattern, calls: new Array<Call>() };
    this.#holds.add(hold);
    return {
      get count() {
        return hold.calls.length;
      },
      release: async () => {
        this.#holds.delete(hold);
        for (const call of hold.calls) {
          const answer = await this.#forward(call);
          if (answer.status !== 200) throw new Error(`the server refuses what was held back: ${answer.status}`);
        }
      },
    };
  }

  /** Requests that match reach the server later; the others go on meanwhile. */
  delay(pattern: RegExp, ms: number): void {
    this.#delays.push({ pattern, ms });
  }

  /** The next requests that match reach the server, but their answers are lost. */
  loseAnswers(pattern: RegExp, times: number): void {
    this.#losses.push({ pattern, times });
  }

  /** How many requests of this method have gone by whose path matches. */
  count(method: string, pattern: RegExp): number {
    return this.#seen.filter((call) => call.method === method && pattern.test(call.path)).length;
  }

  forgetCounts(): void {
    this.#seen.length = 0;
  }

  async close(): Promise<void> {
    this.thaw();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new AbortController();
    outgoing.on("close", () => gone.abort());
    try {
      const call = { method: incoming.method ?? "GET", path: incoming.url ?? "/", headers: incoming.headers, body: await bodyOf(incoming) };
      this.#seen.push(call);
      const delay = this.#delays.find(({ pattern }) => pattern.test(call.path));
      if (delay !== undefined) await sleep(delay.ms);
      await this.#thawed;
      const held = [...this.#holds].find(({ pattern }) => pattern.test(call.path));
      held?.calls.push(call);
      const loss = this.#losses.find(({ pattern, times }) => times > 0 && pattern.test(call.path));
      // A request whose answer is to be lost has been understood by the server all the same.
      const answer = held === undefined ? await this.#forward(call, loss === undefined ? gone.signal : undefined) : empty;
      await this.#thawed;
      if (loss !== undefined) {
        loss.times -= 1;
        incoming.socket.destroy();
        return;
      }
      if (gone.signal.aborted) return;
      outgoing.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.byteLength }).end(answer.body);
    } catch (error) {
      incoming.socket.destroy();
      // Either end may hang up at any time; that is what lines are for.
      if (!(error instanceof Error) || !("code" in error)) throw error;
    }
  }

  #forward(call: Call, signal?: AbortSignal): Promise<Answer> {
    const headers = Object.fromEntries(Object.entries(call.headers).filter(([name]) => !hopByHop.has(name)));
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: this.#target.hostname,
          port: this.#target.port,
          agent: this.#agent,
          method: call.method,
          path: call.path,
          headers: { ...headers, host: this.#target.host, "content-length": call.body.byteLength },
          ...(signal === undefined ? {} : { signal }),
        },
        (response) => {
          bodyOf(response).then((body) => {
            const passed = Object.fromEntries(Object.entries(response.headers).filter(([name]) => !hopByHop.has(name)));
            resolve({ status: response.statusCode ?? 502, headers: passed, body });
          }, reject);
        },
      );
      outgoing.on("error", reject);
      outgoing.end(call.body);
    });
  }
}

const empty: Answer = { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from("{}") };
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "host",
  "accept-encoding",
]);

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
  return Buffer.concat(chunks);
}
