import type { Env } from "../../crypto-worker/machine/env.ts";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import type { OutgoingRequest } from "../../crypto-worker/machine/requests/outgoing-request.ts";
import { soloCrew, type Crew } from "../../crypto-worker/primitives/crew/crew.ts";
import { openMemoryStore, type CryptoStore } from "../../crypto-worker/store/store.ts";
import { isJsonObject, objectField, stringField, type JsonObject, type JsonValue } from "../../crypto-worker/wire/json.ts";

/** A clock that stands until it is told to move. */
export class TestClock {
  ms = 1_700_000_000_000;

  advance(ms: number): void {
    this.ms += ms;
  }
}

type ServerDevice = {
  keys: JsonObject | undefined;
  readonly oneTimeKeys: Map<string, JsonValue>;
  /** Every key id that was ever uploaded, with its bytes. */
  readonly everUploaded: Map<string, string>;
  fallbackKey: [string, JsonValue] | undefined;
  fallbackUsed: boolean;
  inbox: JsonObject[];
};

/** What machines need of a homeserver, in memory and without HTTP. Strict about one-time keys: the same id with other bytes throws. */
export class KeyServer {
  readonly #devices = new Map<string, Map<string, ServerDevice>>();
  readonly crossSigning = new Map<string, { master: JsonObject; selfSigning: JsonObject; userSigning: JsonObject }>();
  readonly changed = new Map<string, Set<string>>();
  readonly transactions = new Set<string>();

  device(userId: string, deviceId: string): ServerDevice {
    const devices = this.#devices.get(userId) ?? new Map<string, ServerDevice>();
    this.#devices.set(userId, devices);
    const device = devices.get(deviceId) ?? {
      keys: undefined,
      oneTimeKeys: new Map(),
      everUploaded: new Map(),
      fallbackKey: undefined,
      fallbackUsed: true,
      inbox: [],
    };
    devices.set(deviceId, device);
    return device;
  }

  remove(userId: string, deviceId: string): void {
    this.#devices.get(userId)?.delete(deviceId);
  }

  /** Answers as the server of `from` would. */
  handle(
    from: { readonly userId: string; readonly deviceId: string },
    request: Pick<OutgoingRequest, "kind" | "path" | "body">,
  ): JsonObject {
    switch (request.kind) {
      case "keys_upload":
        return this.#upload(from.userId, from.deviceId, request.body);
      case "keys_query":
        return this.#query(from.userId, request.body);
      case "keys_claim":
        return this.#claim(request.body);
      case "to_device":
        return this.#send(from.userId, request.path, request.body);
      case "signing_keys_upload":
        return this.#uploadSigningKeys(from.userId, request.body);
      case "signatures_upload":
        return this.#uploadSignatures(request.body);
      case "dehydrated_device":
        return this.#upload(from.userId, stringField(request.body, "device_id") ?? "", request.body);
      default:
        throw new Error(`the key server does not know ${request.kind}`);
    }
  }

  /** The encryption part of a sync; empties the device's inbox. */
  sync(
    userId: string,
    deviceId: string,
  ): { toDeviceEvents: JsonObject[]; oneTimeKeyCounts: Record<string, number>; unusedFallbackKeyTypes: string[] } {
    const device = this.device(userId, deviceId);
    const toDeviceEvents = device.inbox;
    device.inbox = [];
    return {
      toDeviceEvents,
      oneTimeKeyCounts: { signed_curve25519: device.oneTimeKeys.size },
      unusedFallbackKeyTypes: device.fallbackUsed ? [] : ["signed_curve25519"],
    };
  }

  #upload(userId: string, deviceId: string, body: JsonObject): JsonObject {
    const device = this.device(userId, deviceId);
    device.keys = objectField(body, "device_keys") ?? device.keys;
    for (const [id, key] of Object.entries(objectField(body, "one_time_keys") ?? {})) {
      const bytes = JSON.stringify(key);
      const before = device.everUploaded.get(id);
      if (before !== undefined && before !== bytes) throw new Error("one-time key uploaded again with other bytes");
      if (before === undefined) device.oneTimeKeys.set(id, key);
      device.everUploaded.set(id, bytes);
    }
    for (const entry of Object.entries(objectField(body, "fallback_keys") ?? {})) {
      device.fallbackKey = entry;
      device.fallbackUsed = false;
    }
    return { one_time_key_counts: { signed_curve25519: device.oneTimeKeys.size } };
  }

  #query(asker: string, body: JsonObject): JsonObject {
    const userIds = Object.keys(objectField(body, "device_keys") ?? {});
    const deviceKeys = userIds.map((userId) => {
      const devices = [...(this.#devices.get(userId) ?? [])].flatMap(([id, { keys }]) => (keys === undefined ? [] : [[id, keys] as const]));
      return [userId, Object.fromEntries(devices)] as const;
    });
    const identities = userIds.flatMap((userId) => {
      const keys = this.crossSigning.get(userId);
      return keys === undefined ? [] : [{ userId, ...keys }];
    });
    return {
      device_keys: Object.fromEntries(deviceKeys),
      master_keys: Object.fromEntries(identities.map(({ userId, master }) => [userId, master])),
      self_signing_keys: Object.fromEntries(identities.map(({ userId, selfSigning }) => [userId, selfSigning])),
      user_signing_keys: Object.fromEntries(
        identities.flatMap(({ userId, userSigning }) => (userId === asker ? [[userId, userSigning]] : [])),
      ),
    };
  }

  #claim(body: JsonObject): JsonObject {
    const result: Record<string, Record<string, JsonObject>> = {};
    for (const [userId, devices] of Object.entries(objectField(body, "one_time_keys") ?? {})) {
      for (const deviceId of Object.keys(isJsonObject(devices) ? devices : {})) {
        const device = this.device(userId, deviceId);
        let key: [string, JsonValue] | undefined;
        for (const entry of device.oneTimeKeys) {
          key ??= entry;
        }
        if (key === undefined && device.fallbackKey !== undefined) {
          key = device.fallbackKey;
          device.fallbackUsed = true;
        }
        if (key === undefined) continue;
        device.oneTimeKeys.delete(key[0]);
        result[userId] = { ...result[userId], [deviceId]: Object.fromEntries([key]) };
      }
    }
    return { one_time_keys: result, failures: {} };
  }

  #send(sender: string, path: string, body: JsonObject): JsonObject {
    if (this.transactions.has(path)) return {};
    this.transactions.add(path);
    const type = decodeURIComponent(path.split("/").at(-2) ?? "");
    for (const [userId, devices] of Object.entries(objectField(body, "messages") ?? {})) {
      for (const [deviceId, content] of Object.entries(isJsonObject(devices) ? devices : {})) {
        const targets = deviceId === "*" ? [...(this.#devices.get(userId)?.keys() ?? [])] : [deviceId];
        for (const target of targets) this.device(userId, target).inbox.push({ type, sender, content });
      }
    }
    return {};
  }

  #uploadSigningKeys(userId: string, body: JsonObject): JsonObject {
    this.crossSigning.set(userId, {
      master: objectField(body, "master_key") ?? {},
      selfSigning: objectField(body, "self_signing_key") ?? {},
      userSigning: objectField(body, "user_signing_key") ?? {},
    });
    return {};
  }

  #uploadSignatures(body: JsonObject): JsonObject {
    for (const [userId, objects] of Object.entries(body)) {
      for (const [id, signed] of Object.entries(isJsonObject(objects) ? objects : {})) {
        if (!isJsonObject(signed)) continue;
        const identity = this.crossSigning.get(userId);
        const device = this.#devices.get(userId)?.get(id);
        if (stringField(signed, "device_id") === id && device?.keys !== undefined) device.keys = mergeSignatures(device.keys, signed);
        else if (identity !== undefined) identity.master = mergeSignatures(identity.master, signed);
      }
    }
    return { failures: {} };
  }
}

/** One device with a machine on a store in memory, talking to a `KeyServer`. */
export class TestDevice {
  readonly server: KeyServer;
  readonly store: CryptoStore;
  machine: OlmMachine;
  /** From now on the machine fails wherever it needs random bytes. */
  failRandomness = false;
  readonly #clock: TestClock;

  readonly #crew: Crew;

  constructor(
    server: KeyServer,
    userId: string,
    deviceId: string,
    clock: TestClock,
    store: CryptoStore = openMemoryStore(),
    crew: Crew = soloCrew,
  ) {
    this.server = server;
    this.store = store;
    this.#clock = clock;
    this.#crew = crew;
    this.machine = OlmMachine.open({ userId, deviceId, store, env: this.#env(), crew });
  }

  get userId(): string {
    return this.machine.userId;
  }

  get deviceId(): string {
    return this.machine.deviceId;
  }

  /** Another device of the same user. */
  another(deviceId: string): TestDevice {
    return new TestDevice(this.server, this.userId, deviceId, this.#clock);
  }

  /** As after a crash of the process: everything that is not in the store is gone. */
  restart(): void {
    const { userId, deviceId } = this;
    this.machine.close();
    this.machine = OlmMachine.open({ userId, deviceId, store: this.store, env: this.#env(), crew: this.#crew });
  }

  #env(): Env {
    return {
      now: () => this.#clock.ms,
      randomBytes: (length) => {
        if (this.failRandomness) throw new Error("no randomness");
        return crypto.getRandomValues(new Uint8Array(length));
      },
    };
  }

  send(...requests: (OutgoingRequest | undefined)[]): void {
    for (const request of requests) {
      if (request !== undefined) this.machine.markRequestAsSent(request.id, this.server.handle(this, request));
    }
  }

  /** Sends everything that waits until nothing does. */
  flush(): void {
    for (let round = 0; round < 20; round++) {
      const requests = this.machine.outgoingRequests();
      if (requests.length === 0) return;
      this.send(...requests);
    }
    throw new Error("the outgoing requests do not end");
  }

  /** The requests of this kind that wait to be sent. */
  waiting(kind: OutgoingRequest["kind"]): OutgoingRequest[] {
    return this.machine.outgoingRequests().filter((request) => request.kind === kind);
  }

  /** Asks for the devices and identities of these users, known or not. */
  askFor(...userIds: readonly string[]): void {
    this.machine.updateTrackedUsers(userIds);
    this.machine.markUsersAsChanged(userIds);
    this.flush();
  }

  sync(deviceLists: { changed?: string[]; left?: string[] } = {}): ReturnType<OlmMachine["receiveSyncChanges"]> {
    return this.machine.receiveSyncChanges({ ...this.server.sync(this.userId, this.deviceId), deviceLists });
  }

  /** Knows the devices of these users and has Olm sessions with all of them. */
  meet(...others: readonly TestDevice[]): void {
    const userIds = others.map(({ userId }) => userId);
    this.machine.updateTrackedUsers(userIds);
    this.flush();
    this.send(this.machine.getMissingSessions(userIds));
  }

  /** Shares the key and gives back the event as the room would have it. */
  say(roomId: string, body: string, ...to: readonly TestDevice[]): JsonObject {
    this.send(...this.machine.shareRoomKey(roomId, [this.userId, ...to.map(({ userId }) => userId)]));
    const content = this.machine.encryptRoomEvent(roomId, "m.room.message", { msgtype: "m.text", body });
    const eventId = `$${this.deviceId}-${Math.random().toString(36).slice(2)}`;
    return { type: "m.room.encrypted", room_id: roomId, sender: this.userId, event_id: eventId, origin_server_ts: this.#clock.ms, content };
  }
}

/** Each asks for the devices and identities of all of them anew. */
export function refresh(...devices: readonly TestDevice[]): void {
  const userIds = devices.map(({ userId }) => userId);
  for (const device of devices) device.askFor(...userIds);
}

function mergeSignatures(stored: JsonObject, signed: JsonObject): JsonObject {
  const merged: Record<string, JsonObject> = {};
  for (const source of [stored, signed]) {
    for (const [userId, signatures] of Object.entries(objectField(source, "signatures") ?? {})) {
      if (isJsonObject(signatures)) merged[userId] = { ...merged[userId], ...signatures };
    }
  }
  return { ...stored, signatures: merged };
}
