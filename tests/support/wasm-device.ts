import * as wasm from "@matrix-org/matrix-sdk-crypto-wasm";
import type { OutgoingRequestKind } from "../../crypto-worker/machine/requests/outgoing-request.ts";
import { parseJsonObject, type JsonObject } from "../../crypto-worker/wire/json.ts";
import type { KeyServer } from "./machine-world.ts";

type WasmRequest = {
  readonly id?: string;
  readonly type: wasm.RequestType;
  readonly body: string;
  readonly event_type?: string;
  readonly txn_id?: string;
};

const KINDS: ReadonlyMap<wasm.RequestType, OutgoingRequestKind> = new Map([
  [wasm.RequestType.KeysUpload, "keys_upload"],
  [wasm.RequestType.KeysQuery, "keys_query"],
  [wasm.RequestType.KeysClaim, "keys_claim"],
  [wasm.RequestType.ToDevice, "to_device"],
  [wasm.RequestType.SignatureUpload, "signatures_upload"],
]);

const LIMITS = { maxBytes: 1 << 24, maxDepth: 64 };

/** The same as a `TestDevice`, but what Element runs: matrix-sdk-crypto with vodozemac. */
export class WasmDevice {
  readonly server: KeyServer;
  readonly userId: string;
  readonly deviceId: string;
  readonly machine: wasm.OlmMachine;
  #sent = 0;

  private constructor(server: KeyServer, userId: string, deviceId: string, machine: wasm.OlmMachine) {
    this.server = server;
    this.userId = userId;
    this.deviceId = deviceId;
    this.machine = machine;
  }

  static async open(server: KeyServer, userId: string, deviceId: string): Promise<WasmDevice> {
    await wasm.initAsync();
    const machine = await wasm.OlmMachine.initialize(new wasm.UserId(userId), new wasm.DeviceId(deviceId));
    return new WasmDevice(server, userId, deviceId, machine);
  }

  async send(...requests: (WasmRequest | null)[]): Promise<void> {
    for (const request of requests) {
      const kind = request === null ? undefined : KINDS.get(request.type);
      if (request === null || kind === undefined) continue;
      const path = kind === "to_device" ? `/sendToDevice/${encodeURIComponent(request.event_type ?? "")}/${request.txn_id ?? ""}` : "";
      const json = parse(request.body);
      const response = this.server.handle(this, { kind, path, body: json });
      if (request.id !== undefined) await this.machine.markRequestAsSent(request.id, request.type, JSON.stringify(response));
    }
  }

  async flush(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      const requests = await this.machine.outgoingRequests();
      if (requests.length === 0) return;
      await this.send(...(requests as WasmRequest[]));
    }
    throw new Error("the outgoing requests do not end");
  }

  async sync(changed: readonly string[] = []): Promise<wasm.ProcessedToDeviceEvent[]> {
    const { toDeviceEvents, oneTimeKeyCounts, unusedFallbackKeyTypes } = this.server.sync(this.userId, this.deviceId);
    const lists = new wasm.DeviceLists(changed.map((userId) => new wasm.UserId(userId)));
    const counts = new Map(Object.entries(oneTimeKeyCounts));
    return this.machine.receiveSyncChanges(JSON.stringify(toDeviceEvents), lists, counts, new Set(unusedFallbackKeyTypes));
  }

  async meet(...userIds: readonly string[]): Promise<void> {
    await this.machine.updateTrackedUsers(userIds.map((userId) => new wasm.UserId(userId)));
    await this.flush();
    const claim = await this.machine.getMissingSessions(userIds.map((userId) => new wasm.UserId(userId)));
    await this.send(claim ?? null);
  }

  async say(roomId: string, body: string, ...userIds: readonly string[]): Promise<JsonObject> {
    const users = [this.userId, ...userIds].map((userId) => new wasm.UserId(userId));
    const requests = await this.machine.shareRoomKey(new wasm.RoomId(roomId), users, new wasm.EncryptionSettings());
    await this.send(...(requests as WasmRequest[]));
    const content = await this.machine.encryptRoomEvent(
      new wasm.RoomId(roomId),
      "m.room.message",
      JSON.stringify({ msgtype: "m.text", body }),
    );
    this.#sent += 1;
    return {
      type: "m.room.encrypted",
      room_id: roomId,
      sender: this.userId,
      event_id: `$${this.deviceId}-${this.#sent}`,
      origin_server_ts: 1_700_000_000_000 + this.#sent,
      content: parse(content),
    };
  }

  /** The body of the decrypted event; throws what the machine throws. */
  async read(roomId: string, event: JsonObject): Promise<string> {
    const settings = new wasm.DecryptionSettings(wasm.TrustRequirement.Untrusted);
    const decrypted = await this.machine.decryptRoomEvent(JSON.stringify(event), new wasm.RoomId(roomId), settings);
    const content = parse(decrypted.event)["content"];
    return JSON.stringify(content);
  }
}

function parse(text: string): JsonObject {
  const json = parseJsonObject(text, LIMITS);
  if (!json.ok) throw new Error("the other machine wrote JSON that we do not read");
  return json.value;
}
