import { EventEmitter } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Protocol } from "../../node_modules/playwright-core/types/protocol.d.ts";

export type { Protocol };
type Commands = Protocol.CommandParameters;
type Results = Protocol.CommandReturnValues;

/** The other side has gone: the browser exited, or the target was closed or crashed. */
class CdpClosed extends Error {
  constructor(method: string) {
    super(`${method}: the browser or its target is gone`);
    this.name = "CdpClosed";
  }
}

/** A DevTools connection over Chromium's `--remote-debugging-pipe`: JSON messages ended by a NUL byte. No port is listened on. */
export class CdpConnection {
  readonly browser: CdpSession;
  readonly #sessions = new Map<string, CdpSession>();
  readonly #waiting = new Map<number, { method: string; resolve: (result: never) => void; reject: (error: Error) => void }>();
  readonly #output: Writable;
  #pieces: Buffer[] = [];
  #lastId = 0;
  #closed = false;

  constructor(output: Writable, input: Readable) {
    this.#output = output;
    this.browser = new CdpSession(this, undefined);
    input.on("data", (chunk: Buffer) => this.#read(chunk));
    input.on("close", () => this.#close());
    input.on("error", () => this.#close());
    output.on("error", () => this.#close());
  }

  /** The session of an attached target; made on first use. */
  session(id: string): CdpSession {
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const session = new CdpSession(this, id);
    this.#sessions.set(id, session);
    return session;
  }

  /** Forgets a session after its target has detached; what it still waits for fails. */
  dropSession(id: string): void {
    this.#sessions.get(id)?.detach();
    this.#sessions.delete(id);
  }

  request<M extends keyof Commands & keyof Results>(
    session: string | undefined,
    method: M,
    params: Commands[M] | undefined,
  ): Promise<Results[M]> {
    if (this.#closed) return Promise.reject(new CdpClosed(method));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { method, resolve, reject });
      this.#output.write(`${JSON.stringify({ id, method, params, ...(session === undefined ? {} : { sessionId: session }) })}\0`);
    });
  }

  #read(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, start)) {
      const last = chunk.subarray(start, end);
      const whole = this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last]);
      this.#pieces = [];
      this.#receive(whole.toString("utf8"));
      start = end + 1;
    }
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
  }

  #receive(text: string): void {
    const message = JSON.parse(text);
    if (message.id === undefined) {
      const target = message.sessionId === undefined ? this.browser : this.#sessions.get(message.sessionId);
      target?.emit(message.method, message.params);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.result as never);
    else waiting?.reject(new Error(`${waiting.method}: ${message.error.message}`));
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { method, reject } of this.#waiting.values()) reject(new CdpClosed(method));
    this.#waiting.clear();
    for (const session of this.#sessions.values()) session.detach();
    this.browser.detach();
  }
}

/** One attached target (or the browser itself). Events are named as in the protocol; `detached` comes once, at its end. */
export class CdpSession {
  readonly #connection: CdpConnection;
  readonly #id: string | undefined;
  readonly #events = new EventEmitter();
  #detached = false;

  constructor(connection: CdpConnection, id: string | undefined) {
    this.#connection = connection;
    this.#id = id;
    this.#events.setMaxListeners(0);
  }

  on<E extends keyof Protocol.Events>(event: E, listener: (payload: Protocol.Events[E]) => void): void {
    this.#events.on(event, listener);
  }

  onDetached(listener: () => void): void {
    this.#events.once("detached", listener);
  }

  emit(event: string, payload: unknown): void {
    this.#events.emit(event, payload);
  }

  detach(): void {
    if (this.#detached) return;
    this.#detached = true;
    this.#events.emit("detached");
  }

  send<M extends keyof Commands & keyof Results>(method: M, params?: Commands[M]): Promise<Results[M]> {
    if (this.#detached) return Promise.reject(new CdpClosed(method));
    return this.#connection.request(this.#id, method, params);
  }

  /** Sends without an interest in the result: failures because the target is gone are expected, others are reported. */
  post<M extends keyof Commands & keyof Results>(method: M, params?: Commands[M]): void {
    this.send(method, params).catch((error: unknown) => {
      if (!isGone(error)) console.error(`[chromium-host] ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}

/** Whether a command failed only because its target or document went away in the meantime. */
export function isGone(error: unknown): boolean {
  return (
    error instanceof CdpClosed ||
    (error instanceof Error &&
      /Session with given id not found|Cannot find context|Inspected target navigated|Target closed|Invalid InterceptionId|No target with given id|Execution context was destroyed|Target crashed/.test(
        error.message,
      ))
  );
}
