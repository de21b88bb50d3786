import { EventEmitter } from "node:events";

/** What travels through a channel: a cloned value and the ends of other channels that move along with it. */
export type PortMessage = { readonly data: unknown; readonly ports: readonly PortEnd[] };

/** Who holds an end at the moment: a `MessagePortMain` here, a page, or a utility process. */
export interface PortHolder {
  receive(message: PortMessage): void;
  /** The other end was closed; nothing follows. */
  disconnected(): void;
}

/**
 * One end of a channel. All channels meet in this process, wherever their ends are: a message is put on the peer and handed to
 * whoever holds it, or waits while the peer is on its way. Order is kept, because an end moves on the same pipe as its messages.
 */
export class PortEnd {
  #peer: PortEnd | undefined;
  #holder: PortHolder | undefined;
  #waiting: PortMessage[] = [];
  #disconnected = false;

  static pair(): [PortEnd, PortEnd] {
    const [one, two] = [new PortEnd(), new PortEnd()];
    one.#peer = two;
    two.#peer = one;
    return [one, two];
  }

  send(message: PortMessage): void {
    this.#peer?.arrive(message);
  }

  hold(holder: PortHolder): void {
    this.#holder = holder;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) holder.receive(message);
    if (this.#disconnected) holder.disconnected();
  }

  /** The end leaves its holder (it is being transferred); messages wait until the next one holds it. */
  release(): void {
    this.#holder = undefined;
  }

  /** The holder closes its end or dies; the peer learns of it after the messages that were sent before. */
  close(): void {
    const peer = this.#peer;
    this.#peer = undefined;
    this.#holder = undefined;
    for (const message of this.#waiting.splice(0)) for (const port of message.ports) port.close();
    if (peer === undefined) return;
    peer.#peer = undefined;
    peer.#disconnected = true;
    peer.#holder?.disconnected();
  }

  /** Called by the peer. */
  arrive(message: PortMessage): void {
    if (this.#holder === undefined) this.#waiting.push(message);
    else this.#holder.receive(message);
  }
}

export type MessageEventMain = { readonly data: unknown; readonly ports: readonly MessagePortMain[] };

/** A channel end in the main process. Messages are queued until `start()`. */
export class MessagePortMain extends EventEmitter<{ message: [MessageEventMain]; close: [] }> implements PortHolder {
  #end: PortEnd | undefined;
  #started = false;

  constructor(end: PortEnd) {
    super();
    this.#end = end;
  }

  postMessage(message: unknown, transfer: readonly MessagePortMain[] = []): void {
    if (transfer.includes(this)) throw new TypeError("A port cannot be sent through itself");
    const data = structuredClone(message);
    const ports = transfer.map(takeEnd);
    this.#end?.send({ data, ports });
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#end?.hold(this);
  }

  close(): void {
    this.#end?.close();
    if (this.#end !== undefined) process.nextTick(() => this.emit("close"));
    this.#end = undefined;
  }

  receive(message: PortMessage): void {
    process.nextTick(() => this.emit("message", { data: message.data, ports: wrapEnds(message.ports) }));
  }

  disconnected(): void {
    this.#end = undefined;
    process.nextTick(() => this.emit("close"));
  }

  /** Takes the end out for a transfer; this object is dead from then on. */
  detach(): PortEnd {
    if (this.#end === undefined) throw new TypeError("Port is closed or was already transferred");
    const end = this.#end;
    this.#end = undefined;
    end.release();
    return end;
  }
}

/** Two entangled ports. */
export class MessageChannelMain {
  readonly port1: MessagePortMain;
  readonly port2: MessagePortMain;

  constructor() {
    const [one, two] = PortEnd.pair();
    this.port1 = new MessagePortMain(one);
    this.port2 = new MessagePortMain(two);
  }
}

export const wrapEnds = (ends: readonly PortEnd[]): MessagePortMain[] => ends.map((end) => new MessagePortMain(end));

/** The end behind a port that is being transferred. Anything else is the caller's bug. */
export function takeEnd(port: unknown): PortEnd {
  if (!(port instanceof MessagePortMain)) throw new TypeError("Only a MessagePortMain can be transferred");
  return port.detach();
}
