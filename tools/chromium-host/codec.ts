/** Turns structured-clonable values into text and back, for the relays that can only carry strings. */
export interface Codec {
  /** Throws a TypeError for what a structured clone would refuse, and for cyclic values. */
  encode(value: unknown): string;
  decode(text: string): unknown;
}

/**
 * Self-contained on purpose: its source is also injected into pages (`makeCodec.toString()`), so it may use nothing from outside
 * its own body. Plain JSON passes as it is; everything else becomes `{ $: tag, v: … }`, and objects that own a `$` are escaped.
 */
export function makeCodec(): Codec {
  const views = new Map<string, (buffer: ArrayBuffer) => unknown>([
    ["Uint8Array", (b) => new Uint8Array(b)],
    ["Uint8ClampedArray", (b) => new Uint8ClampedArray(b)],
    ["Int8Array", (b) => new Int8Array(b)],
    ["Uint16Array", (b) => new Uint16Array(b)],
    ["Int16Array", (b) => new Int16Array(b)],
    ["Uint32Array", (b) => new Uint32Array(b)],
    ["Int32Array", (b) => new Int32Array(b)],
    ["Float32Array", (b) => new Float32Array(b)],
    ["Float64Array", (b) => new Float64Array(b)],
    ["BigInt64Array", (b) => new BigInt64Array(b)],
    ["BigUint64Array", (b) => new BigUint64Array(b)],
    ["DataView", (b) => new DataView(b)],
  ]);
  const maximumDepth = 512;

  const toBase64 = (bytes: Uint8Array): string => {
    let binary = "";
    for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(binary);
  };
  const fromBase64 = (text: string): ArrayBuffer => {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
    return bytes.buffer;
  };

  const pack = (value: unknown, depth: number): unknown => {
    if (depth > maximumDepth) throw new TypeError("value is too deep or cyclic");
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0) ? value : { $: "number", v: Object.is(value, -0) ? "-0" : String(value) };
      case "undefined":
        return { $: "undefined" };
      case "bigint":
        return { $: "bigint", v: String(value) };
      case "object":
        return value === null ? null : packObject(value, depth);
      default:
        throw new TypeError(`a ${typeof value} could not be cloned`);
    }
  };

  const packObject = (value: object, depth: number): unknown => {
    if (Array.isArray(value)) return value.map((item: unknown) => pack(item, depth + 1));
    if (value instanceof Date) return { $: "Date", v: pack(value.getTime(), depth) };
    if (value instanceof Map) return { $: "Map", v: [...value].map(([key, item]) => [pack(key, depth + 1), pack(item, depth + 1)]) };
    if (value instanceof Set) return { $: "Set", v: [...value].map((item) => pack(item, depth + 1)) };
    if (value instanceof ArrayBuffer) return { $: "ArrayBuffer", v: toBase64(new Uint8Array(value)) };
    if (ArrayBuffer.isView(value)) return packView(value);
    if (value instanceof RegExp) return { $: "RegExp", v: [value.source, value.flags] };
    if (value instanceof Error) return { $: "Error", v: [value.name, value.message, value.stack ?? ""] };
    const prototype: unknown = Object.getPrototypeOf(value);
    const name = prototype === null ? "Object" : value.constructor.name;
    // Objects of other realms are plain too; what is left are host objects, which a structured clone could not carry over a relay either.
    if (Object.prototype.toString.call(value) !== "[object Object]") throw new TypeError(`a ${name} could not be cloned`);
    const entries = Object.entries(value).map(([key, item]) => [key, pack(item, depth + 1)] as const);
    return Object.hasOwn(value, "$") ? { $: "Object", v: entries } : Object.fromEntries(entries);
  };

  const packView = (value: ArrayBufferView): unknown => {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const kind = value.constructor.name;
    // A Node Buffer arrives as a Uint8Array, as it does from Electron.
    return { $: views.has(kind) ? kind : "Uint8Array", v: toBase64(bytes) };
  };

  const unpack = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(unpack);
    if ("$" in value && Object.hasOwn(value, "$")) return unpackTagged(String(value.$), "v" in value ? value.v : undefined);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item)]));
  };

  const unpackTagged = (tag: string, content: unknown): unknown => {
    const list: unknown[] = Array.isArray(content) ? content : [];
    const pairs = (): [unknown, unknown][] =>
      list.map((pair: unknown) => (Array.isArray(pair) ? [unpack(pair[0]), unpack(pair[1])] : [undefined, undefined]));
    switch (tag) {
      case "undefined":
        return undefined;
      case "number":
        return Number(content);
      case "bigint":
        return BigInt(String(content));
      case "Date":
        return new Date(Number(unpack(content)));
      case "Map":
        return new Map(pairs());
      case "Set":
        return new Set(list.map(unpack));
      case "RegExp":
        return new RegExp(String(list[0]), String(list[1]));
      case "Error":
        return Object.defineProperties(new Error(String(list[1])), {
          name: { value: String(list[0]), configurable: true, writable: true },
          stack: { value: String(list[2]), configurable: true, writable: true },
        });
      case "Object":
        return Object.fromEntries(pairs().map(([key, item]) => [String(key), item]));
      case "ArrayBuffer":
        return fromBase64(String(content));
      default: {
        const view = views.get(tag);
        if (view === undefined) throw new TypeError("unknown tag in an encoded value");
        return view(fromBase64(String(content)));
      }
    }
  };

  return {
    encode: (value) => JSON.stringify(pack(value, 0)),
    decode: (text) => (text.includes('"$"') ? unpack(JSON.parse(text)) : JSON.parse(text)),
  };
}

export const codec = makeCodec();
