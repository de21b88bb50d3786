import type { Channel } from "../../protocol/rpc.ts";

/** A web MessagePort as the contracts' channel. */
export function portChannel(port: MessagePort): Channel {
  return {
    post: (message, transfer) => port.postMessage(message, transfer === undefined ? [] : transfer.filter(isTransferable)),
    onMessage(listener) {
      port.addEventListener("message", (event: MessageEvent<unknown>) => listener(event.data, event.ports));
      port.start();
    },
    onClose: (listener) => port.addEventListener("close", listener),
    close: () => port.close(),
  };
}

function isTransferable(value: unknown): value is Transferable {
  return value instanceof MessagePort || value instanceof ArrayBuffer;
}
