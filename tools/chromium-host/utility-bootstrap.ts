// The first module of a utility process: gives it `process.parentPort`, then runs the module that the app forked.
import { pathToFileURL } from "node:url";
import { EventEmitter } from "node:events";
import { registerHooks } from "node:module";
import type { UtilityWire } from "./utility-wire.ts";

const ports = new Map<number, ChildPort>();

/**
 * What a port has to say, each in a task of its own, as in Electron. Node hands on all that came together before any promise goes on: then what answers the
 * first message would be said after what the second one has changed.
 */
class Mailbox {
  readonly #waiting: (() => void)[] = [];
  #isOpen = false;

  put(task: () => void): void {
    this.#waiting.push(task);
    if (this.#isOpen && this.#waiting.length === 1) setImmediate(() => this.#next());
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    if (this.#waiting.length > 0) setImmediate(() => this.#next());
  }

  #next(): void {
    this.#waiting[0]?.();
    this.#waiting.shift();
    if (this.#waiting.length > 0) setImmediate(() => this.#next());
  }
}

type Received = { readonly data: unknown; readonly ports: readonly ChildPort[] };

/** `MessagePortMain` as a utility process has it. */
class ChildPort extends EventEmitter {
  readonly id: number;
  #started = false;
  #closed = false;
  #closedHere = false;
  readonly #mailbox = new Mailbox();

  constructor(id: number) {
    super();
    this.id = id;
    ports.set(id, this);
  }

  postMessage(data: unknown, transfer: readonly ChildPort[] = []): void {
    if (this.#closed) return;
    for (const port of transfer) port.#closed = ports.delete(port.id);
    send({ t: "port-message", id: this.id, data, ports: transfer.map(({ id }) => id) });
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#mailbox.open();
  }

  close(): void {
    if (this.#closed) return;
    this.#closedHere = true;
    send({ t: "port-close", id: this.id });
    this.disconnected();
  }

  receive(message: Received): void {
    this.#mailbox.put(() => void (this.#closedHere || this.emit("message", message)));
  }

  /** What was sent before is still told first. */
  disconnected(): void {
    this.#closed = true;
    ports.delete(this.id);
    if (this.#started) this.#mailbox.put(() => this.emit("close"));
    else process.nextTick(() => this.emit("close"));
  }
}

/** `process.parentPort`: messages are queued until a listener is there. */
class ParentPort extends EventEmitter {
  readonly #mailbox = new Mailbox();

  constructor() {
    super();
    this.on("newListener", (event) => {
      if (event === "message") this.#mailbox.open();
    });
  }

  postMessage(data: unknown): void {
    send({ t: "message", data, ports: [] });
  }

  receive(message: Received): void {
    this.#mailbox.put(() => this.emit("message", message));
  }

  start(): void {}
  pause(): void {}
}

const parentPort = new ParentPort();
const ipcSend = process.send?.bind(process);
Object.defineProperties(process, {
  parentPort: { value: parentPort },
  type: { value: "utility" },
  // The worker talks through its ports only.
  send: { value: undefined },
});

process.on("message", (wire: UtilityWire) => {
  switch (wire.t) {
    case "message":
      return parentPort.receive({ data: wire.data, ports: wire.ports.map((id) => new ChildPort(id)) });
    case "port-message":
      return ports.get(wire.id)?.receive({ data: wire.data, ports: wire.ports.map((id) => new ChildPort(id)) });
    case "port-close":
      ports.get(wire.id)?.disconnected();
  }
});
// A signal from the terminal reaches the whole group; only main decides what it means.
for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => undefined);
// A utility process ends with the app.
process.on("disconnect", () => process.exit(0));

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "electron" || specifier === "electron/utility"
      ? { url: "data:text/javascript,export default {}", format: "module", shortCircuit: true }
      : next(specifier, context),
});

// The worker sees its own path and arguments, not this file.
process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1] ?? "").href);

function send(wire: UtilityWire): void {
  ipcSend?.(wire, undefined, undefined, () => undefined);
}
