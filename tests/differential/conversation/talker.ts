import * as wasm from "@matrix-org/matrix-sdk-crypto-wasm";
import type { OutgoingRequest } from "../../../crypto-worker/machine/requests/outgoing-request.ts";
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from "../../../crypto-worker/wire/json.ts";
import { TestDevice, type KeyServer, type TestClock } from "../../support/machine-world.ts";
import { WasmDevice } from "../../support/wasm-device.ts";

/** What came of reading an event: its text and the mark beside it, or why not. */
export type Reading =
  | { readonly ok: true; readonly body: unknown; readonly shield: string | null }
  | { readonly ok: false; readonly code: "missing" | "index" };

/** One device in a conversation, whoever wrote its machine. */
export interface Talker {
  readonly program: "ours" | "theirs";
  readonly userId: string;
  readonly deviceId: string;
  /** One sync: what lies in its inbox, and whose devices changed; whose devices matter to it. Then whatever it wants to send. */
  hear(changed: readonly string[], follow: readonly string[]): Promise<void>;
  signIdentity(): Promise<void>;
  say(roomId: string, body: string, userIds: readonly string[], chance: { readonly loseAnswers: boolean }): Promise<JsonObject>;
  read(roomId: string, event: JsonObject): Promise<Reading>;
  discard(roomId: string): Promise<void>;
  exportKeys(): Promise<readonly unknown[]>;
  importKeys(keys: readonly unknown[]): Promise<void>;
  /** As after a crash of the process, where its state outlives that. */
  restart(): void;
  close(): void;
}

const SENT_AT = 1_700_000_000_000;
let sent = 0;

function eventOf({ userId, deviceId }: Talker, roomId: string, content: JsonValue): JsonObject {
  sent += 1;
  return {
    type: "m.room.encrypted",
    room_id: roomId,
    sender: userId,
    event_id: `$${deviceId}-${sent}`,
    origin_server_ts: SENT_AT + sent,
    content,
  };
}

export class OurTalker implements Talker {
  readonly program = "ours";
  readonly #device: TestDevice;

  constructor(server: KeyServer, userId: string, deviceId: string, clock: TestClock) {
    this.#device = new TestDevice(server, userId, deviceId, clock);
    this.#device.flush();
  }

  get userId(): string {
    return this.#device.userId;
  }

  get deviceId(): string {
    return this.#device.deviceId;
  }

  async hear(changed: readonly string[], follow: readonly string[]): Promise<void> {
    this.#device.sync({ changed: [...changed] });
    this.#device.machine.updateTrackedUsers(follow);
    this.#device.flush();
  }

  async signIdentity(): Promise<void> {
    this.#device.send(...this.#device.machine.bootstrapCrossSigning());
    this.#device.flush();
  }

  async say(roomId: string, body: string, userIds: readonly string[], { loseAnswers }: { loseAnswers: boolean }): Promise<JsonObject> {
    const { machine } = this.#device;
    machine.updateTrackedUsers(userIds);
    this.#device.flush();
    this.#device.send(machine.getMissingSessions(userIds));
    if (loseAnswers) {
      // The server has them; we do not know that, and the process dies.
      for (const request of machine.shareRoomKey(roomId, userIds)) this.#device.server.handle(this, request);
      this.#device.restart();
    }
    const requests: OutgoingRequest[] = this.#device.machine.shareRoomKey(roomId, userIds);
    this.#device.send(...requests);
    this.#device.flush();
    return eventOf(this, roomId, this.#device.machine.encryptRoomEvent(roomId, "m.room.message", { msgtype: "m.text", body }));
  }

  async read(roomId: string, event: JsonObject): Promise<Reading> {
    const result = this.#device.machine.decryptRoomEvent(event, roomId);
    if (result.ok) return { ok: true, body: result.event.content["body"], shield: result.event.encryptionInfo.shield(false)?.code ?? null };
    if (result.reason.code === "MissingMegolmSession") return { ok: false, code: "missing" };
    if (result.reason.code === "UnknownMegolmMessageIndex") return { ok: false, code: "index" };
    throw new Error(`our machine answers ${result.reason.code}`);
  }

  async discard(roomId: string): Promise<void> {
    this.#device.machine.discardRoomKey(roomId);
  }

  async exportKeys(): Promise<readonly unknown[]> {
    return this.#device.machine.exportRoomKeys();
  }

  async importKeys(keys: readonly unknown[]): Promise<void> {
    this.#device.machine.importRoomKeys(keys);
  }

  restart(): void {
    this.#device.restart();
  }

  close(): void {
    this.#device.machine.close();
    this.#device.store.close();
  }
}

/** matrix-sdk-crypto in WebAssembly. Its store is in memory: it cannot be restarted. */
export class TheirTalker implements Talker {
  readonly program = "theirs";
  readonly #device: WasmDevice;

  private constructor(device: WasmDevice) {
    this.#device = device;
  }

  static async open(server: KeyServer, userId: string, deviceId: string): Promise<TheirTalker> {
    const device = await WasmDevice.open(server, userId, deviceId);
    await device.flush();
    return new TheirTalker(device);
  }

  get userId(): string {
    return this.#device.userId;
  }

  get deviceId(): string {
    return this.#device.deviceId;
  }

  async hear(changed: readonly string[], follow: readonly string[]): Promise<void> {
    await this.#device.sync(changed);
    await this.#device.machine.updateTrackedUsers(follow.map((userId) => new wasm.UserId(userId)));
    await this.#device.flush();
  }

  async signIdentity(): Promise<void> {
    const requests = await this.#device.machine.bootstrapCrossSigning(false);
    const { server } = this.#device;
    server.handle(this, { kind: "signing_keys_upload", path: "", body: bodyOf(requests.uploadSigningKeysRequest) });
    await this.#device.send(requests.uploadKeysRequest ?? null);
    server.handle(this, { kind: "signatures_upload", path: "", body: bodyOf(requests.uploadSignaturesRequest) });
    await this.#device.flush();
  }

  async say(roomId: string, body: string, userIds: readonly string[]): Promise<JsonObject> {
    await this.#device.meet(...userIds);
    const { content } = await this.#device.say(roomId, body, ...userIds.filter((userId) => userId !== this.userId));
    return eventOf(this, roomId, content ?? null);
  }

  async read(roomId: string, event: JsonObject): Promise<Reading> {
    try {
      const settings = new wasm.DecryptionSettings(wasm.TrustRequirement.Untrusted);
      const decrypted = await this.#device.machine.decryptRoomEvent(JSON.stringify(event), new wasm.RoomId(roomId), settings);
      const content = bodyOf({ body: decrypted.event })["content"];
      const { code } = decrypted.shieldState(false);
      return {
        ok: true,
        body: isJsonObject(content) ? content["body"] : undefined,
        shield: code === undefined ? null : (wasm.ShieldStateCode[code] ?? "unknown"),
      };
    } catch (error) {
      if (!(error instanceof wasm.MegolmDecryptionError)) throw error;
      if (error.code === wasm.DecryptionErrorCode.MissingRoomKey) return { ok: false, code: "missing" };
      if (error.code === wasm.DecryptionErrorCode.UnknownMessageIndex) return { ok: false, code: "index" };
      throw error;
    }
  }

  async discard(roomId: string): Promise<void> {
    await this.#device.machine.invalidateGroupSession(new wasm.RoomId(roomId));
  }

  async exportKeys(): Promise<readonly unknown[]> {
    const keys = parseJson(await this.#device.machine.exportRoomKeys(() => true), { maxBytes: 1 << 28, maxDepth: 16 });
    if (!keys.ok || !Array.isArray(keys.value)) throw new Error("the other machine exports something else than keys");
    return keys.value;
  }

  async importKeys(keys: readonly unknown[]): Promise<void> {
    await this.#device.machine.importExportedRoomKeys(JSON.stringify(keys), () => undefined);
  }

  restart(): void {
    // Nothing of it would be left.
  }

  close(): void {
    this.#device.machine.close();
  }
}

function bodyOf({ body }: { readonly body: string }): JsonObject {
  const json = parseJson(body, { maxBytes: 1 << 24, maxDepth: 64 });
  if (!json.ok || !isJsonObject(json.value)) throw new Error("the other machine wrote JSON that we do not read");
  return json.value;
}
