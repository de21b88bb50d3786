import { fork as forkChild, type ChildProcess } from "node:child_process";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { LooseEmitter } from "./emitter.ts";
import { PortEnd, takeEnd, type MessagePortMain } from "./message-port.ts";
import { testLink } from "./test-link.ts";
import { noteTraffic } from "./traffic.ts";
import { compileCache } from "./versions.ts";
import type { UtilityWire } from "./utility-wire.ts";

/** Used by the host: `gone` (details) after a utility process ended unasked. */
export const utilityEvents = new LooseEmitter();

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A Node child process in the role of Electron's utility process; channel ends are relayed to it by id. */
export class UtilityProcess extends LooseEmitter {
  readonly #child: ChildProcess;
  readonly #ends = new Map<number, PortEnd>();
  #lastPort = 0;
  #exited = false;
  #killed = false;

  constructor(modulePath: string, args: readonly string[], options: Electron.ForkOptions) {
    super();
    const stdio = stdioOf(options);
    const child = forkChild(join(import.meta.dirname, "utility-bootstrap.ts"), [modulePath, ...args], {
      execPath: process.execPath,
      execArgv: ["--disable-warning=ExperimentalWarning", ...(options.execArgv ?? [])],
      env: { ...(options.env ?? process.env), ...compileCache },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      serialization: "advanced",
      stdio: ["ignore", stdio[1], stdio[2], "ipc"],
    });
    this.#child = child;
    running.add(child);
    const service = options.serviceName ?? "Node Utility Process";
    child.on("spawn", () => {
      testLink.report({ t: "utility", pid: child.pid ?? 0, service, running: true });
      this.emit("spawn");
    });
    child.on("message", (wire: UtilityWire) => this.#receive(wire));
    child.on("error", (error) => console.error(`[chromium-host] ${basename(modulePath)}: ${error.message}`));
    child.on("close", (code, signal) => this.#onExit(service, code ?? signalCode(signal)));
  }

  get pid(): number | undefined {
    return this.#exited ? undefined : this.#child.pid;
  }

  get stdout(): Readable | null {
    return this.#child.stdout;
  }

  get stderr(): Readable | null {
    return this.#child.stderr;
  }

  postMessage(message: unknown, transfer: readonly MessagePortMain[] = []): void {
    noteTraffic("worker", message);
    this.#post(transfer.map(takeEnd), (ports) => ({ t: "message", data: message, ports }));
  }

  kill(): boolean {
    this.#killed = true;
    return this.#child.kill();
  }

  #receive(wire: UtilityWire): void {
    if (wire.t === "message") {
      noteTraffic("worker", wire.data);
      this.emit("message", wire.data);
      return;
    }
    const end = this.#ends.get(wire.id);
    if (wire.t === "port-close") {
      this.#ends.delete(wire.id);
      end?.close();
      return;
    }
    // A port that is sent on leaves this process: its end moves, and what arrives meanwhile waits in it.
    const moved = wire.ports.flatMap((id) => {
      const leaving = this.#ends.get(id);
      this.#ends.delete(id);
      leaving?.release();
      return leaving === undefined ? [] : [leaving];
    });
    end?.send({ data: wire.data, ports: moved });
  }

  #post(ends: readonly PortEnd[], make: (ids: readonly number[]) => UtilityWire): void {
    if (this.#exited || !this.#child.connected) {
      for (const end of ends) end.close();
      return;
    }
    const ids = ends.map(() => ++this.#lastPort);
    this.#child.send(make(ids), () => undefined);
    ends.forEach((end, index) => this.#attach(ids[index] ?? 0, end));
  }

  #attach(id: number, end: PortEnd): void {
    this.#ends.set(id, end);
    end.hold({
      receive: (message) => this.#post(message.ports, (ports) => ({ t: "port-message", id, data: message.data, ports })),
      disconnected: () => {
        this.#ends.delete(id);
        this.#post([], () => ({ t: "port-close", id }));
      },
    });
  }

  #onExit(service: string, code: number): void {
    if (this.#exited) return;
    this.#exited = true;
    running.delete(this.#child);
    testLink.report({ t: "utility", pid: this.#child.pid ?? 0, service, running: false });
    for (const end of this.#ends.values()) end.close();
    this.#ends.clear();
    this.emit("exit", code);
    if (code !== 0 || this.#killed) {
      utilityEvents.emit("gone", {
        type: "Utility",
        reason: this.#killed ? "killed" : "crashed",
        exitCode: code,
        serviceName: "node.mojom.NodeService",
        name: service,
      });
    }
  }
}

/** The module `utilityProcess`. */
export const utilityProcess = {
  fork: (modulePath: string, args: readonly string[] = [], options: Electron.ForkOptions = {}): UtilityProcess =>
    new UtilityProcess(modulePath, args, options),
};

type Stream = "pipe" | "ignore" | "inherit";

function stdioOf({ stdio = "inherit" }: Electron.ForkOptions): [Stream, Stream, Stream] {
  const name = (value: unknown): Stream => (value === "pipe" || value === "ignore" ? value : "inherit");
  return Array.isArray(stdio) ? [name(stdio[0]), name(stdio[1]), name(stdio[2])] : [name(stdio), name(stdio), name(stdio)];
}

/** As waitpid reports it on POSIX for SIGKILL, SIGSEGV and the like: the signal's number. */
function signalCode(signal: NodeJS.Signals | null): number {
  const numbers = new Map<string, number>([
    ["SIGHUP", 1],
    ["SIGINT", 2],
    ["SIGABRT", 6],
    ["SIGKILL", 9],
    ["SIGSEGV", 11],
    ["SIGTERM", 15],
  ]);
  return numbers.get(signal ?? "") ?? 1;
}
