import type { Codec } from "./codec.ts";
import type { PageKey, ToHost, ToPage } from "./page-wire.ts";
import type { makeWorldBridge } from "./world-bridge.ts";

export type PreloadFacts = {
  /** Name of the binding that only this world has. */
  readonly binding: string;
  /** Global of this world by which the host delivers. */
  readonly deliver: string;
  readonly handshake: string;
  readonly argv: readonly string[];
  readonly platform: string;
  readonly versions: Readonly<Record<string, string>>;
};
export type PreloadBody = (
  require: (name: string) => unknown,
  module: { exports: unknown },
  exports: unknown,
  process: unknown,
  global: unknown,
) => void;

/**
 * Runs a preload in the isolated world of an app document with what a sandboxed preload of Electron has: `ipcRenderer`, `contextBridge`,
 * `webFrame` and a small `process`. Self-contained, because its source is injected.
 */
export function runPreload(codec: Codec, makeBridge: typeof makeWorldBridge, facts: PreloadFacts, body: PreloadBody): void {
  if (window !== window.top || location.protocol !== "https:") return;
  type Listener = (event: unknown, ...args: readonly unknown[]) => void;

  const world: Record<string, unknown> = Object.fromEntries([]);
  const hostBinding: unknown = Reflect.get(globalThis, facts.binding);
  const send = (message: ToHost): void => {
    if (typeof hostBinding === "function") hostBinding(codec.encode(message));
  };

  // Ports: the page always gets a real MessagePort; its twin stays here and is relayed under an id that this document shares with the host.
  const relays = new Map<string, MessagePort>();
  let lastPort = 0;
  const relay = (id: string, port: MessagePort): void => {
    relays.set(id, port);
    port.addEventListener("message", (event) => send({ t: "port-message", id, data: event.data, ports: event.ports.map(adopt) }));
    port.addEventListener("close", () => {
      if (relays.delete(id)) send({ t: "port-close", id });
    });
    port.start();
  };
  const adopt = (port: MessagePort): string => {
    const id = `page-${++lastPort}`;
    relay(id, port);
    return id;
  };
  const open = (id: string): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    relay(id, port1);
    return port2;
  };

  const listeners = new Map<string, { listener: Listener; once: boolean }[]>();
  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastInvoke = 0;
  const listen = (channel: string, listener: Listener, once: boolean): void => {
    listeners.set(channel, [...(listeners.get(channel) ?? []), { listener, once }]);
  };
  const forget = (channel: string, listener: Listener): void => {
    const left = (listeners.get(channel) ?? []).filter((entry) => entry.listener !== listener);
    listeners.set(channel, left);
  };
  const ipcRenderer = {
    on: (channel: string, listener: Listener) => (listen(channel, listener, false), ipcRenderer),
    addListener: (channel: string, listener: Listener) => (listen(channel, listener, false), ipcRenderer),
    once: (channel: string, listener: Listener) => (listen(channel, listener, true), ipcRenderer),
    off: (channel: string, listener: Listener) => (forget(channel, listener), ipcRenderer),
    removeListener: (channel: string, listener: Listener) => (forget(channel, listener), ipcRenderer),
    removeAllListeners: (channel?: string) => {
      if (channel === undefined) listeners.clear();
      else listeners.delete(channel);
      return ipcRenderer;
    },
    send: (channel: string, ...args: readonly unknown[]) => send({ t: "send", channel, args }),
    postMessage: (channel: string, message: unknown, transfer: readonly MessagePort[] = []) =>
      send({ t: "post", channel, message, ports: transfer.map(adopt) }),
    invoke: (channel: string, ...args: readonly unknown[]) =>
      new Promise((resolve, reject) => {
        const id = ++lastInvoke;
        send({ t: "invoke", id, channel, args });
        pending.set(id, { resolve, reject });
      }),
    sendSync: () => {
      throw new Error("sendSync does not exist in this host");
    },
  };

  let settings: Extract<ToPage, { t: "settings" }> = { t: "settings", accelerators: [], wantsKeys: false, zoom: 1 };
  const applyZoom = (): void => {
    const root: Element | null = document.documentElement;
    if (root instanceof HTMLElement) root.style.zoom = settings.zoom === 1 ? "" : String(settings.zoom);
  };

  const receive = (message: ToPage): void => {
    switch (message.t) {
      case "message": {
        const entries = listeners.get(message.channel) ?? [];
        const ports = message.ports.map(open);
        for (const { listener, once } of entries) {
          if (once) forget(message.channel, listener);
          listener({ sender: ipcRenderer, ports }, ...message.args);
        }
        return;
      }
      case "answer": {
        const waiting = pending.get(message.id);
        pending.delete(message.id);
        if (message.ok) waiting?.resolve(message.value);
        else waiting?.reject(new Error(String(message.value)));
        return;
      }
      case "port-message":
        relays.get(message.id)?.postMessage(message.data, message.ports.map(open));
        return;
      case "port-close": {
        const port = relays.get(message.id);
        relays.delete(message.id);
        port?.close();
        return;
      }
      case "settings":
        settings = message;
        applyZoom();
    }
  };
  // The host parses nothing here that the page could have written: this global exists in the isolated world only.
  Object.defineProperty(globalThis, facts.deliver, { value: (text: string) => receive(codec.decode(text) as ToPage) });

  const pageKey = (event: KeyboardEvent): PageKey => ({
    type: event.type === "keyup" ? "keyUp" : "keyDown",
    key: event.key,
    code: event.code,
    control: event.ctrlKey,
    shift: event.shiftKey,
    alt: event.altKey,
    meta: event.metaKey,
    isAutoRepeat: event.repeat,
  });
  const accelerator = (key: PageKey): string => {
    const held = [key.control ? "Control" : "", key.alt ? "Alt" : "", key.shift ? "Shift" : "", key.meta ? "Meta" : ""].filter(
      (name) => name !== "",
    );
    return [...held, key.key.length === 1 ? key.key.toUpperCase() : key.key].join("+");
  };
  const onKey = (event: KeyboardEvent): void => {
    const key = pageKey(event);
    if (settings.wantsKeys) send({ t: "key", key });
    if (key.type !== "keyDown") return;
    // Shift is also tried away, for keys such as `+` that need it on some keyboards only.
    const names = [accelerator(key), ...(key.key.length === 1 && key.shift ? [accelerator({ ...key, shift: false })] : [])];
    const hit = names.find((name) => settings.accelerators.includes(name));
    if (hit === undefined) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    send({ t: "accelerator", accelerator: hit });
  };
  window.addEventListener("keydown", onKey, { capture: true });
  window.addEventListener("keyup", onKey, { capture: true });
  window.addEventListener("focus", (event) => event.target === window && send({ t: "focus", focused: true }), { capture: true });
  window.addEventListener("blur", (event) => event.target === window && send({ t: "focus", focused: false }), { capture: true });
  window.addEventListener("resize", () => send({ t: "geometry", x: screenX, y: screenY, width: innerWidth, height: innerHeight }));
  window.addEventListener("DOMContentLoaded", applyZoom);
  window.addEventListener("contextmenu", (event) => {
    if (event.defaultPrevented) return;
    const element = event.target instanceof Element ? event.target : null;
    const link = element?.closest("a[href]");
    send({
      t: "context-menu",
      x: event.clientX,
      y: event.clientY,
      selection: String(getSelection() ?? ""),
      link: link instanceof HTMLAnchorElement ? link.href : "",
      editable: (element?.closest("input, textarea, [contenteditable]") ?? null) !== null,
    });
  });
  // What needs no request (about:, data:, blob:, mailto:) cannot be stopped by intercepting requests, so it is stopped here, where a page cannot undo it.
  const onNavigate = (event: Event): void => {
    const destination: unknown = "destination" in event ? event.destination : undefined;
    const url = typeof destination === "object" && destination !== null && "url" in destination ? String(destination.url) : "";
    // A download leaves the page where it is; the app is asked about it by an event of its own.
    const isDownload = "downloadRequest" in event && event.downloadRequest !== null;
    if (/^https?:/i.test(url) || isDownload || !event.cancelable) return;
    event.preventDefault();
    send({ t: "navigate", url });
  };
  const navigation: unknown = Reflect.get(window, "navigation");
  if (navigation instanceof EventTarget) navigation.addEventListener("navigate", onNavigate);

  const { port1 } = new MessageChannel();
  window.dispatchEvent(new MessageEvent(facts.handshake, { ports: [port1] }));
  const bridge = makeBridge(port1, "preload");

  const electron = {
    ipcRenderer,
    contextBridge: { exposeInMainWorld: (name: string, api: unknown) => bridge.expose(name, api) },
    webFrame: {
      setZoomFactor: (zoom: number) => receive({ ...settings, zoom }),
      getZoomFactor: () => settings.zoom,
    },
  };
  const process = {
    argv: [...facts.argv],
    platform: facts.platform,
    versions: { ...facts.versions },
    env: world,
    type: "renderer",
    sandboxed: true,
    contextIsolated: true,
    once: () => process,
    on: () => process,
  };
  const require = (name: string): unknown => {
    if (name === "electron" || name === "electron/renderer" || name === "electron/common") return electron;
    throw new Error(`module not found: ${name}`);
  };
  send({ t: "hello" });
  const module = { exports: {} };
  try {
    body(require, module, module.exports, process, globalThis);
  } catch (error) {
    send({ t: "preload-error", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    throw error;
  }
}
