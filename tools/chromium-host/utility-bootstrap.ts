// The first module of a utility process: gives it `process.parentPort`, then runs the module that the app forked.
import { pathToFileURL } from "node:url";
import { EventEmitter } from "node:events";
import { registerHooks } from "node:module";
import type { UtilityWire } from "./utility-wire.ts";

const ports = new Map<number, ChildPort>();

/** `MessagePortMain` as a utility process has it. */
class ChildPort extends EventEmitter {
  readonly id: number;
  #started = false;
  #closed = false;
  readonly #waiting: { data: unknown; ports: ChildPort[] }[] = [];

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
    for (const message of this.#waiting.splice(0)) this.emit("message", message);
  }

  close(): void {
    if (this.#closed) return;
    send({ t: "port-close", id: this.id });
    this.disconnected();
  }

  receive(message: { data: unknown; ports: ChildPort[] }): void {
    if (this.#started) this.emit("message", message);
    else this.#waiting.push(message);
  }

  disconnected(): void {
    this.#closed = true;
    ports.delete(this.id);
    process.nextTick(() => this.emit("close"));
  }
}

/** `process.parentPort`: messages are queued until a listener is there. */
class ParentPort extends EventEmitter {
  readonly #waiting: { data: unknown; ports: ChildPort[] }[] = [];

  constructor() {
    super();
    this.on("newListener", (event) => {
      if (event === "message") process.nextTick(() => this.#flush());
    });
  }

  postMessage(data: unknown): void {
    send({ t: "message", data, ports: [] });
  }

  receive(message: { data: unknown; ports: ChildPort[] }): void {
    this.#waiting.push(message);
    if (this.listenerCount("message") > 0) this.#flush();
  }

  start(): void {}
  pause(): void {}

  #flush(): void {
    for (const message of this.#waiting.splice(0)) this.emit("message", message);
  }
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
