import type { Channel } from "../../protocol/rpc.ts";
import { MessagePortMain } from "../chromium-host/message-port.ts";

/** Our end of a port to the worker, as the contracts' channel. */
export function portChannel(port: MessagePortMain): Channel {
  return {
    post: (message) => port.postMessage(message),
    onMessage(listener) {
      port.on("message", (event) => listener(event.data, event.ports));
      port.start();
    },
    onClose: (listener) => port.on("close", listener),
    close: () => port.close(),
  };
}
