import type { Channel } from "../../protocol/rpc.ts";

/** Two ends of a channel that delivers at once, but never within the call that posts. */
export function pipe(): [Channel, Channel] {
  const listeners: [((message: unknown) => void)[], ((message: unknown) => void)[]] = [[], []];
  const end = (mine: 0 | 1, other: 0 | 1): Channel => ({
    post: (message) => queueMicrotask(() => listeners[other].forEach((listener) => listener(message))),
    onMessage: (listener) => listeners[mine].push((message) => listener(message, [])),
    onClose: () => undefined,
    close: () => undefined,
  });
  return [end(0, 1), end(1, 0)];
}
