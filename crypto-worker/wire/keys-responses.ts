import { parseDeviceId, parseServerName, parseUserId, type DeviceId, type ServerName, type UserId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { integerField, isJsonObject, isWithinDepth, isWithinSize, objectField, type JsonObject, type JsonValue } from "./json.ts";

export type KeysResponseFailure = "not-an-object";

/** Values are raw: each goes through `parseDeviceKeys` or `parseCrossSigningKey`, so that a bad one costs nobody else anything. */
export type KeysQueryResponse = {
  readonly devices: ReadonlyMap<UserId, ReadonlyMap<DeviceId, JsonValue>>;
  readonly masterKeys: ReadonlyMap<UserId, JsonValue>;
  readonly selfSigningKeys: ReadonlyMap<UserId, JsonValue>;
  readonly userSigningKeys: ReadonlyMap<UserId, JsonValue>;
  /** Users with more devices than `MAX_DEVICES_PER_USER`: their list says whose devices are still there, and nothing of any. */
  readonly oversized: ReadonlySet<UserId>;
  /** Servers that could not be asked. */
  readonly failures: ReadonlySet<ServerName>;
  /** How many entries had unusable ids. */
  readonly dropped: number;
};

/** One claimed key, raw: goes through `parseOneTimeKey`. */
export type ClaimedKey = { readonly fullId: string; readonly value: JsonValue };

export type KeysClaimResponse = {
  readonly oneTimeKeys: ReadonlyMap<UserId, ReadonlyMap<DeviceId, ClaimedKey>>;
  readonly failures: ReadonlySet<ServerName>;
  readonly dropped: number;
};

/** Algorithm → how many the server holds now. */
export type KeysUploadResponse = { readonly oneTimeKeyCounts: ReadonlyMap<string, number> };

/**
 * Ours; neither the spec nor Synapse has one. Each new device costs two signature checks, and later an Olm session and a message for each room key; people
 * have a handful, and accounts that a client is tested with every day some hundreds.
 */
export const MAX_DEVICES_PER_USER = 1000;
/** What is signed of a key object is some 500 characters, and has to go through libolm where we sign it. */
const MAX_SIGNED_LENGTH = 16_384;
/** With some hundreds of signatures. */
const MAX_KEYS_LENGTH = 131_072;
const MAX_KEYS_DEPTH = 8;

export function parseKeysQueryResponse(body: unknown): Result<KeysQueryResponse, KeysResponseFailure> {
  if (!isJsonObject(body)) return err("not-an-object");
  const counter = { dropped: 0 };
  const listed = parseDeviceMap(objectField(body, "device_keys"), counter, (value) => value);
  return ok({
    devices: new Map([...listed].map(([userId, devices]) => [userId, boundedDevices(devices)])),
    oversized: new Set([...listed].flatMap(([userId, devices]) => (isOversized(devices) ? [userId] : []))),
    masterKeys: parseUserMap(objectField(body, "master_keys"), counter),
    selfSigningKeys: parseUserMap(objectField(body, "self_signing_keys"), counter),
    userSigningKeys: parseUserMap(objectField(body, "user_signing_keys"), counter),
    failures: parseFailures(objectField(body, "failures")),
    dropped: counter.dropped,
  });
}

export function parseKeysClaimResponse(body: unknown): Result<KeysClaimResponse, KeysResponseFailure> {
  if (!isJsonObject(body)) return err("not-an-object");
  const counter = { dropped: 0 };
  return ok({
    oneTimeKeys: parseDeviceMap(objectField(body, "one_time_keys"), counter, parseClaimedKey),
    failures: parseFailures(objectField(body, "failures")),
    dropped: counter.dropped,
  });
}

export function parseKeysUploadResponse(body: unknown): Result<KeysUploadResponse, KeysResponseFailure> {
  if (!isJsonObject(body)) return err("not-an-object");
  return ok({ oneTimeKeyCounts: parseKeyCounts(objectField(body, "one_time_key_counts")) });
}

/** Algorithm → count; anything that is no count is left out. */
export function parseKeyCounts(counts: JsonObject | undefined): Map<string, number> {
  const result = new Map<string, number>();
  if (counts === undefined) return result;
  for (const algorithm of Object.keys(counts)) {
    const count = integerField(counts, algorithm);
    if (count !== undefined && count >= 0) result.set(algorithm, count);
  }
  return result;
}

type Counter = { dropped: number };

function parseDeviceMap<T>(
  users: JsonObject | undefined,
  counter: Counter,
  parseValue: (value: JsonValue) => T | undefined,
): Map<UserId, Map<DeviceId, T>> {
  const result = new Map<UserId, Map<DeviceId, T>>();
  for (const [user, devices] of Object.entries(users ?? {})) {
    const userId = parseUserId(user);
    if (!userId.ok || !isJsonObject(devices)) {
      counter.dropped++;
      continue;
    }
    const ofUser = new Map<DeviceId, T>();
    for (const [device, value] of Object.entries(devices)) {
      const deviceId = parseDeviceId(device);
      const parsed = deviceId.ok ? parseValue(value) : undefined;
      if (!deviceId.ok || parsed === undefined) counter.dropped++;
      else ofUser.set(deviceId.value, parsed);
    }
    result.set(userId.value, ofUser);
  }
  return result;
}

function parseUserMap(users: JsonObject | undefined, counter: Counter): Map<UserId, JsonValue> {
  const result = new Map<UserId, JsonValue>();
  for (const [user, value] of Object.entries(users ?? {})) {
    const userId = parseUserId(user);
    if (userId.ok) result.set(userId.value, boundedKeys(value));
    else counter.dropped++;
  }
  return result;
}

/** With nothing in the place of each where they are too many: then not even their sizes are looked at. */
function boundedDevices(devices: ReadonlyMap<DeviceId, JsonValue>): Map<DeviceId, JsonValue> {
  const bounded = isOversized(devices) ? (): null => null : boundedKeys;
  return new Map([...devices].map(([deviceId, value]) => [deviceId, bounded(value)]));
}

const isOversized = (devices: ReadonlyMap<DeviceId, JsonValue>): boolean => devices.size > MAX_DEVICES_PER_USER;

/**
 * Keys as they are, or nothing in their place: whoever lists them decides on their size, we keep them, and those of people whom we verify we sign. An entry
 * that stays is one that is invalid; left out, it would count as deleted.
 */
function boundedKeys(value: JsonValue): JsonValue {
  if (!isJsonObject(value) || !isWithinDepth(value, MAX_KEYS_DEPTH) || !isWithinSize(value, MAX_KEYS_LENGTH)) return null;
  const { signatures: _signatures, unsigned: _unsigned, ...signed } = value;
  return isWithinSize(signed, MAX_SIGNED_LENGTH) ? value : null;
}

/** The server answers with one key for each device; of several the first counts. */
function parseClaimedKey(value: JsonValue): ClaimedKey | undefined {
  if (!isJsonObject(value)) return undefined;
  const [entry] = Object.entries(value);
  return entry === undefined ? undefined : { fullId: entry[0], value: entry[1] };
}

function parseFailures(failures: JsonObject | undefined): Set<ServerName> {
  const result = new Set<ServerName>();
  for (const server of Object.keys(failures ?? {})) {
    const name = parseServerName(server);
    if (name.ok) result.add(name.value);
  }
  return result;
}
