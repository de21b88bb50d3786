/**
 * Joins the page's own world and the preload's isolated world of one document, as Electron's context bridge does: plain data is copied,
 * functions and promises are proxied both ways, nothing else is shared.
 *
 * The worlds share the DOM but no objects. A `MessagePort` handed over inside a synchronous event, before any script of the page has
 * run, is such a shared DOM object that nobody else knows; it serves as a private event target, so calls cross synchronously.
 */
export interface WorldBridge {
  /** Makes a value a frozen global of the other world. */
  expose(name: string, value: unknown): void;
}

/** Self-contained, because its source is injected into both worlds. */
export function makeWorldBridge(port: MessagePort, self: "page" | "preload"): WorldBridge {
  const { addEventListener, dispatchEvent } = EventTarget.prototype;
  const { apply, defineProperty } = Reflect;
  const [peer, Event] = [self === "page" ? "preload" : "page", MessageEvent];

  type Value =
    | { t: "value"; v: unknown }
    | { t: "list"; v: Value[] }
    | { t: "record"; v: [string, Value][] }
    | { t: "function"; v: number }
    | { t: "promise"; v: number }
    | { t: "error"; v: string };
  type Answer = { ok: boolean; value: Value };

  const ownFunctions = new Map<number, (...args: unknown[]) => unknown>();
  const ownIds = new WeakMap<object, number>();
  const promises = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  let lastId = 0;
  let answer: Answer = { ok: true, value: { t: "value", v: undefined } };

  const emit = (type: string, data: unknown): void => void apply(dispatchEvent, port, [new Event(`${peer}:${type}`, { data })]);
  const listen = (type: string, listener: (data: never) => void): void =>
    void apply(addEventListener, port, [`${self}:${type}`, (event: MessageEvent<never>) => listener(event.data)]);

  const pack = (value: unknown): Value => {
    if (typeof value === "function") return packFunction(value);
    if (value instanceof Promise) {
      const id = ++lastId;
      value.then(
        (result: unknown) => emit("settled", { id, ok: true, value: pack(result) }),
        (error: unknown) => emit("settled", { id, ok: false, value: packError(error) }),
      );
      return { t: "promise", v: id };
    }
    if (value instanceof Error) return packError(value);
    if (Array.isArray(value)) return { t: "list", v: value.map(pack) };
    if (typeof value === "object" && value !== null) {
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype === Object.prototype || prototype === null)
        return { t: "record", v: Object.entries(value).map(([key, item]) => [key, pack(item)]) };
    }
    return { t: "value", v: value };
  };

  const packFunction = (value: Function): Value => {
    const id = ownIds.get(value) ?? ++lastId;
    ownIds.set(value, id);
    ownFunctions.set(id, (...args) => apply(value, undefined, args));
    return { t: "function", v: id };
  };
  const packError = (error: unknown): Value => ({ t: "error", v: error instanceof Error ? error.message : String(error) });

  const unpack = (packed: Value): unknown => {
    switch (packed.t) {
      case "value":
        return packed.v;
      case "list":
        return packed.v.map(unpack);
      case "record":
        return Object.fromEntries(packed.v.map(([key, item]) => [key, unpack(item)]));
      case "error":
        return new Error(packed.v);
      case "promise":
        return new Promise((resolve, reject) => promises.set(packed.v, { resolve, reject }));
      case "function":
        return (...args: unknown[]) => call(packed.v, args);
    }
  };

  const call = (id: number, args: unknown[]): unknown => {
    emit("call", { id, args: args.map(pack) });
    const { ok, value } = answer;
    if (!ok) throw unpack(value);
    return unpack(value);
  };

  const freezeDeep = (part: unknown): unknown => {
    if (typeof part === "object" && part !== null) for (const item of Object.values(part)) freezeDeep(item);
    return Object.freeze(part);
  };

  listen("call", ({ id, args }: { id: number; args: Value[] }) => {
    let result: Answer;
    try {
      result = { ok: true, value: pack(ownFunctions.get(id)?.(...args.map(unpack))) };
    } catch (error) {
      result = { ok: false, value: packError(error) };
    }
    emit("answer", result);
  });
  listen("answer", (result: Answer) => {
    answer = result;
  });
  listen("settled", ({ id, ok, value }: { id: number; ok: boolean; value: Value }) => {
    const waiting = promises.get(id);
    promises.delete(id);
    if (ok) waiting?.resolve(unpack(value));
    else waiting?.reject(unpack(value));
  });
  listen("expose", ({ name, value }: { name: string; value: Value }) => {
    defineProperty(window, name, { value: freezeDeep(unpack(value)), writable: false, configurable: false, enumerable: true });
  });

  return { expose: (name, value) => emit("expose", { name, value: pack(value) }) };
}

/** Runs in the page's own world before its scripts, and waits there for the preload's end of the bridge. Injected as source. */
export function installPageWorld(makeBridge: typeof makeWorldBridge, handshake: string): void {
  if (window !== window.top || location.protocol !== "https:") return;
  const connect = (event: Event): void => {
    event.stopImmediatePropagation();
    const [port] = event instanceof MessageEvent ? event.ports : [];
    if (port !== undefined) makeBridge(port, "page");
  };
  window.addEventListener(handshake, connect, { once: true, capture: true });
}
