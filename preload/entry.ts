import { contextBridge, ipcRenderer } from "electron";
import { ipcChannels } from "../protocol/ipc-channels.ts";
import { createBridge } from "./bridge.ts";
import { parsePortMessage } from "./port-message.ts";

const nonce = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

ipcRenderer.send(ipcChannels.hello, { nonce });

const main = {
  post: (message: unknown): void => ipcRenderer.send(ipcChannels.rpc, message),
  onMessage: (listener: (message: unknown, ports: readonly unknown[]) => void): void => {
    ipcRenderer.on(ipcChannels.rpc, (_event, message: unknown) => listener(message, []));
  },
};

// Ports cannot pass the context bridge, so the page gets its own by a message, which reaches this origin only.
ipcRenderer.on(ipcChannels.port, (event, message: unknown) => {
  const kind = parsePortMessage(message, nonce);
  if (kind !== undefined) window.postMessage({ type: "bulkhead-port", kind }, window.location.origin, [...event.ports]);
});

const requestPort = (): void => ipcRenderer.send(ipcChannels.wantPort, { nonce });

// Module scripts have run by then, so a listener that they set up hears the port.
window.addEventListener("DOMContentLoaded", requestPort, { once: true });

contextBridge.exposeInMainWorld("bulkhead", createBridge(main, requestPort));
