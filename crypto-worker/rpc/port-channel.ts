import type { Channel } from "../../protocol/rpc.ts";

/** What Electron's parentPort, its MessagePortMain and Node's MessagePort have in common. */
export interface PortLike {
  on(event: "message" | "close", listener: (argument: unknown) => void): unknown;
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  start?(): void;
  close?(): void;
}

export function parsePort(value: unknown): PortLike | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const port = value as Partial<PortLike>;
  return typeof port.on === "function" && typeof port.postMessage === "function" ? (value as PortLike) : undefined;
}

/**
 * A port as a channel. Several contracts may share one: requests, replies and events differ in shape, and each end looks at its own only.
 */
export function portChannel(port: PortLike): Channel {
  const listeners: ((message: unknown, ports: readonly unknown[]) => void)[] = [];
  const closers: (() => void)[] = [];
  let started = false;
  port.on("close", () => {
    for (const closer of closers) closer();
  });
  port.on("message", (argument) => {
    const { data, ports } = unwrap(argument);
    for (const listener of listeners) listener(data, ports);
  });
  return {
    post(message, transfer) {
      if (transfer === undefined || transfer.length === 0) port.postMessage(message);
      else port.postMessage(message, transfer);
    },
    onMessage(listener) {
      listeners.push(listener);
      if (started) return;
      started = true;
      // After the current turn, so that everybody who shares the port is listening when the first message comes.
      queueMicrotask(() => port.start?.());
    },
    onClose(listener) {
      closers.push(listener);
    },
    close() {
      port.close?.();
    },
  };
}

/** Electron hands over an event with data and ports, Node the message itself. No message of ours has both of these keys. */
function unwrap(argument: unknown): { readonly data: unknown; readonly ports: readonly unknown[] } {
  if (typeof argument === "object" && argument !== null && "data" in argument && "ports" in argument && Array.isArray(argument.ports)) {
    return { data: argument.data, ports: argument.ports };
  }
  return { data: argument, ports: [] };
}
