import {
  parseCurve25519PublicKey,
  parseDeviceId,
  parseUserId,
  type Curve25519PublicKey,
  type DeviceId,
  type UserId,
} from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { canonicalJson } from "../../wire/canonical-json.ts";
import { integerField, objectField, stringArrayField, stringField, type JsonObject } from "../../wire/json.ts";
import { reasonOf, type CancelCode } from "./cancellation.ts";
import { parseMethods, type VerificationMethod } from "./verification-method.ts";

/** The algorithms of `m.key.verification.start` with `m.sas.v1`, in the sender's order. */
export type SasOffer = {
  readonly keyAgreements: readonly string[];
  readonly hashes: readonly string[];
  readonly macs: readonly string[];
  readonly strings: readonly string[];
};

/** What `m.key.verification.accept` picked of them. */
export type SasChoice = { readonly keyAgreement: string; readonly hash: string; readonly mac: string; readonly strings: readonly string[] };

export type ReadyMessage = { readonly type: "ready"; readonly fromDevice: DeviceId; readonly methods: readonly VerificationMethod[] };
export type SasStartMessage = {
  readonly type: "start";
  readonly method: "m.sas.v1";
  readonly fromDevice: DeviceId;
  readonly offer: SasOffer;
};
export type ReciprocateMessage = {
  readonly type: "start";
  readonly method: "m.reciprocate.v1";
  readonly fromDevice: DeviceId;
  readonly secret: string;
};
export type UnknownStartMessage = { readonly type: "start"; readonly method: "unknown"; readonly fromDevice: DeviceId };
export type AcceptMessage = { readonly type: "accept"; readonly choice: SasChoice; readonly commitment: string };
export type KeyMessage = { readonly type: "key"; readonly key: Curve25519PublicKey };
export type MacMessage = { readonly type: "mac"; readonly macs: ReadonlyMap<string, string>; readonly keys: string };
export type DoneMessage = { readonly type: "done" };
export type CancelMessage = { readonly type: "cancel"; readonly code: string };

export type StartMessage = SasStartMessage | ReciprocateMessage | UnknownStartMessage;
export type VerificationMessage = ReadyMessage | StartMessage | AcceptMessage | KeyMessage | MacMessage | DoneMessage | CancelMessage;

/** Canonical JSON of the content as it came: what a commitment covers, and what tells a repetition from another message. */
export type Received<M extends VerificationMessage> = { readonly message: M; readonly text: string };

/** `to` is present in rooms only. */
export type RequestMessage = {
  readonly fromDevice: DeviceId;
  readonly methods: readonly VerificationMethod[];
  readonly timestamp: number | undefined;
  readonly to: UserId | undefined;
};

/** What we send; `from_device` and the flow's id are added on the way. */
export type OutgoingMessage =
  | Omit<ReadyMessage, "fromDevice">
  | Omit<SasStartMessage, "fromDevice">
  | Omit<ReciprocateMessage, "fromDevice">
  | AcceptMessage
  | KeyMessage
  | MacMessage
  | DoneMessage
  | { readonly type: "cancel"; readonly code: CancelCode };

export const REQUEST_TYPE = "m.key.verification.request";
const PREFIX = "m.key.verification.";
const MESSAGE_TYPES: ReadonlySet<string> = new Set(
  ["ready", "start", "accept", "key", "mac", "done", "cancel"].map((name) => PREFIX + name),
);
const MAX_LIST = 64;
const MAX_TEXT = 512;
const MAX_MACS = 64;

/** Everything of a flow but its request. `type` is the event's. */
export function parseVerificationMessage(
  type: string,
  content: JsonObject,
): Result<Received<VerificationMessage>, "unknown-type" | "m.invalid_message"> {
  if (!MESSAGE_TYPES.has(type)) return err("unknown-type");
  const message = parseContent(type, content);
  const text = canonicalJson(content);
  return message === undefined || !text.ok ? err("m.invalid_message") : ok({ message, text: text.value });
}

/** The content of a request; both transports have the same fields, but for `timestamp` and `to`. */
export function parseRequest(content: JsonObject): RequestMessage | undefined {
  const fromDevice = parseDeviceId(stringField(content, "from_device"));
  const methods = listField(content, "methods");
  if (!fromDevice.ok || methods === undefined) return undefined;
  const to = parseUserId(stringField(content, "to"));
  return {
    fromDevice: fromDevice.value,
    methods: parseMethods(methods),
    timestamp: integerField(content, "timestamp"),
    to: to.ok ? to.value : undefined,
  };
}

export function eventTypeOf(message: OutgoingMessage): string {
  return PREFIX + message.type;
}

export function isVerificationType(type: string): boolean {
  return type.startsWith(PREFIX);
}

export function encodeMessage(message: OutgoingMessage, ourDevice: DeviceId): JsonObject {
  switch (message.type) {
    case "ready":
      return { from_device: ourDevice, methods: message.methods };
    case "start":
      if (message.method === "m.reciprocate.v1") return { from_device: ourDevice, method: message.method, secret: message.secret };
      return {
        from_device: ourDevice,
        method: message.method,
        key_agreement_protocols: message.offer.keyAgreements,
        hashes: message.offer.hashes,
        message_authentication_codes: message.offer.macs,
        short_authentication_string: message.offer.strings,
      };
    case "accept":
      return {
        method: "m.sas.v1",
        key_agreement_protocol: message.choice.keyAgreement,
        hash: message.choice.hash,
        message_authentication_code: message.choice.mac,
        short_authentication_string: message.choice.strings,
        commitment: message.commitment,
      };
    case "key":
      return { key: message.key };
    case "mac":
      return { mac: Object.fromEntries(message.macs), keys: message.keys };
    case "done":
      return {};
    case "cancel":
      return { code: message.code, reason: reasonOf(message.code) };
  }
}

export function encodeRequest(ourDevice: DeviceId, methods: readonly VerificationMethod[]): JsonObject {
  return { from_device: ourDevice, methods };
}

function parseContent(type: string, content: JsonObject): VerificationMessage | undefined {
  switch (type) {
    case "m.key.verification.ready": {
      const fromDevice = parseDeviceId(stringField(content, "from_device"));
      const methods = listField(content, "methods");
      return fromDevice.ok && methods !== undefined
        ? { type: "ready", fromDevice: fromDevice.value, methods: parseMethods(methods) }
        : undefined;
    }
    case "m.key.verification.start":
      return parseStart(content);
    case "m.key.verification.accept":
      return parseAccept(content);
    case "m.key.verification.key": {
      const key = parseCurve25519PublicKey(stringField(content, "key"));
      return key.ok ? { type: "key", key: key.value } : undefined;
    }
    case "m.key.verification.mac":
      return parseMac(content);
    case "m.key.verification.done":
      return { type: "done" };
    case "m.key.verification.cancel":
      return { type: "cancel", code: textField(content, "code") ?? "m.unknown" };
    default:
      return undefined;
  }
}

function parseStart(content: JsonObject): StartMessage | undefined {
  const device = parseDeviceId(stringField(content, "from_device"));
  const method = textField(content, "method");
  if (!device.ok || method === undefined) return undefined;
  const fromDevice = device.value;
  if (method === "m.reciprocate.v1") {
    const secret = textField(content, "secret");
    return secret === undefined ? undefined : { type: "start", method, fromDevice, secret };
  }
  if (method !== "m.sas.v1") return { type: "start", method: "unknown", fromDevice };
  const keyAgreements = listField(content, "key_agreement_protocols");
  const hashes = listField(content, "hashes");
  const macs = listField(content, "message_authentication_codes");
  const strings = listField(content, "short_authentication_string");
  if (keyAgreements === undefined || hashes === undefined || macs === undefined || strings === undefined) return undefined;
  return { type: "start", method, fromDevice, offer: { keyAgreements, hashes, macs, strings } };
}

function parseAccept(content: JsonObject): AcceptMessage | undefined {
  const keyAgreement = textField(content, "key_agreement_protocol");
  const hash = textField(content, "hash");
  const mac = textField(content, "message_authentication_code");
  const strings = listField(content, "short_authentication_string");
  const commitment = textField(content, "commitment");
  if (keyAgreement === undefined || hash === undefined || mac === undefined || strings === undefined || commitment === undefined)
    return undefined;
  return { type: "accept", choice: { keyAgreement, hash, mac, strings }, commitment };
}

function parseMac(content: JsonObject): MacMessage | undefined {
  const keys = textField(content, "keys");
  const entries = Object.entries(objectField(content, "mac") ?? {});
  if (keys === undefined || entries.length === 0 || entries.length > MAX_MACS) return undefined;
  const macs = new Map<string, string>();
  for (const [keyId, mac] of entries) {
    if (keyId.length > MAX_TEXT || typeof mac !== "string" || mac.length > MAX_TEXT) return undefined;
    macs.set(keyId, mac);
  }
  return { type: "mac", macs, keys };
}

function textField(content: JsonObject, key: string): string | undefined {
  const value = stringField(content, key);
  return value !== undefined && value.length <= MAX_TEXT ? value : undefined;
}

function listField(content: JsonObject, key: string): readonly string[] | undefined {
  const list = stringArrayField(content, key);
  return list !== undefined && list.length <= MAX_LIST && list.every((item) => item.length <= MAX_TEXT) ? list : undefined;
}
