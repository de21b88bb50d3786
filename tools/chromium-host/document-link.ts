import type { CdpSession } from "./cdp.ts";
import { codec } from "./codec.ts";
import { PortEnd, type PortMessage } from "./message-port.ts";
import type { ToHost, ToPage } from "./page-wire.ts";
import { noteTraffic } from "./traffic.ts";

const deliverGlobal = "__bulkheadHostDeliver";

/** The relay to the preload world of one document; it dies with the document, and every port held there closes. */
export class DocumentLink {
  static readonly deliverGlobal = deliverGlobal;
  readonly contextId: number;
  readonly #page: string;
  readonly #session: CdpSession;
  readonly #ends = new Map<string, PortEnd>();
  #lastPort = 0;
  #closed = false;

  /** `page`: the host of its address, for whoever listens in. */
  constructor(session: CdpSession, contextId: number, page: string) {
    this.#page = page;
    this.#session = session;
    this.contextId = contextId;
  }

  post(message: ToPage): void {
    if (this.#closed) return;
    const text = codec.encode(message);
    noteTraffic(this.#page, text);
    this.#session.post("Runtime.callFunctionOn", {
      functionDeclaration: `function (text) { ${deliverGlobal}(text); }`,
      executionContextId: this.contextId,
      arguments: [{ value: text }],
      silent: false,
    });
  }

  /** Sends what carries ports: they move to the page together with it, and what waited in them follows. */
  postWithPorts(ends: readonly PortEnd[], make: (ids: readonly string[]) => ToPage): void {
    if (this.#closed) {
      for (const end of ends) end.close();
      return;
    }
    const ids = ends.map(() => `host-${++this.#lastPort}`);
    this.post(make(ids));
    ends.forEach((end, index) => this.#attach(ids[index] ?? "", end));
  }

  /** Ports that the page sends along: each becomes an end that main can hold or pass on. */
  receivePorts(ids: readonly string[]): PortEnd[] {
    return ids.map((id) => {
      const [here, there] = PortEnd.pair();
      this.#attach(id, here);
      return there;
    });
  }

  receive(message: Extract<ToHost, { t: "port-message" | "port-close" }>): void {
    const end = this.#ends.get(message.id);
    if (message.t === "port-close") {
      this.#ends.delete(message.id);
      end?.close();
      return;
    }
    end?.send({ data: message.data, ports: this.receivePorts(message.ports) });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const end of this.#ends.values()) end.close();
    this.#ends.clear();
  }

  #attach(id: string, end: PortEnd): void {
    this.#ends.set(id, end);
    end.hold({
      receive: (message: PortMessage) =>
        this.postWithPorts(message.ports, (ports) => ({ t: "port-message", id, data: message.data, ports })),
      disconnected: () => {
        this.#ends.delete(id);
        this.post({ t: "port-close", id });
      },
    });
  }
}
