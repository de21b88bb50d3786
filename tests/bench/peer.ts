import {
  DecryptionSettings,
  DeviceId,
  DeviceLists,
  EncryptionSettings,
  initAsync,
  OlmMachine,
  ProcessedToDeviceEventType,
  RequestType,
  RoomId,
  TrustRequirement,
  UserId,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import { isJsonObject, objectField, type JsonObject } from "../../crypto-worker/wire/json.ts";
import type { BenchMachine, Implementation, Prepared, SharedKey } from "./machine.ts";

/** matrix-sdk-crypto compiled to WebAssembly, which is what Element runs. It has no store in Node but one in memory. */
export class Peer implements Implementation {
  readonly name = "peer";

  static async load(): Promise<Peer> {
    await initAsync();
    return new Peer();
  }

  prepare(value: unknown): Prepared {
    return JSON.stringify(value) as unknown as Prepared;
  }

  async open(userId: string, deviceId: string): Promise<PeerMachine> {
    return new PeerMachine(await OlmMachine.initialize(new UserId(userId), new DeviceId(deviceId)), userId, deviceId);
  }

  cleanUp(): void {
    // It has nothing outside this process.
  }
}

class PeerMachine implements BenchMachine {
  readonly userId: string;
  readonly deviceId: string;
  readonly #machine: OlmMachine;
  readonly #settings = new DecryptionSettings(TrustRequirement.Untrusted);

  constructor(machine: OlmMachine, userId: string, deviceId: string) {
    this.#machine = machine;
    this.userId = userId;
    this.deviceId = deviceId;
  }

  async uploadKeys(response: Prepared): Promise<JsonObject> {
    const request = await this.#request(RequestType.KeysUpload);
    await this.#machine.markRequestAsSent(request.id, RequestType.KeysUpload, text(response));
    return parse(request.body);
  }

  async track(userIds: readonly string[]): Promise<void> {
    await this.#machine.updateTrackedUsers(users(userIds));
  }

  async keysQueryId(userId: string): Promise<string> {
    return (await this.#request(RequestType.KeysQuery, userId)).id;
  }

  async receiveKeysQuery(id: string, response: Prepared): Promise<void> {
    await this.#machine.markRequestAsSent(id, RequestType.KeysQuery, text(response));
  }

  async keysClaimId(userIds: readonly string[]): Promise<string> {
    const request = await this.#machine.getMissingSessions(users(userIds));
    if (!request) throw new Error("no session is missing");
    return request.id;
  }

  async receiveKeysClaim(id: string, response: Prepared): Promise<void> {
    await this.#machine.markRequestAsSent(id, RequestType.KeysClaim, text(response));
  }

  async shareRoomKey(roomId: string, userIds: readonly string[]): Promise<SharedKey[]> {
    const requests = await this.#machine.shareRoomKey(new RoomId(roomId), users(userIds), new EncryptionSettings());
    return requests.map(({ id, body }) => ({
      id,
      get messages() {
        return objectField(parse(body), "messages") ?? {};
      },
    }));
  }

  async markShared(id: string): Promise<void> {
    await this.#machine.markRequestAsSent(id, RequestType.ToDevice, "{}");
  }

  async receiveToDevice(events: Prepared): Promise<void> {
    const processed = await this.#machine.receiveSyncChanges(
      text(events),
      new DeviceLists(),
      new Map([["signed_curve25519", 50]]),
      undefined,
      new DecryptionSettings(TrustRequirement.Untrusted), // consumed by the call
    );
    if (!processed.some(({ type }) => type === ProcessedToDeviceEventType.Decrypted)) throw new Error("nothing was decrypted");
  }

  async encrypt(roomId: string, content: Prepared): Promise<JsonObject> {
    return parse(await this.#machine.encryptRoomEvent(new RoomId(roomId), "m.room.message", text(content)));
  }

  async decrypt(event: Prepared, roomId: string): Promise<void> {
    await this.#machine.decryptRoomEvent(text(event), new RoomId(roomId), this.#settings);
  }

  async decryptAll(events: readonly { readonly event: Prepared; readonly roomId: string }[]): Promise<void> {
    for (const { event, roomId } of events) await this.decrypt(event, roomId);
  }

  exportKeys(): Promise<string> {
    return this.#machine.exportRoomKeys(() => true);
  }

  async importKeys(keys: Prepared): Promise<number> {
    const result = await this.#machine.importExportedRoomKeys(text(keys), () => undefined);
    return result.importedCount;
  }

  close(): void {
    this.#machine.close();
  }

  async #request(type: RequestType, mentioning = ""): Promise<{ readonly id: string; readonly body: string }> {
    for (const request of await this.#machine.outgoingRequests())
      if (request.type === type && request.id !== undefined && "body" in request && request.body.includes(mentioning))
        return { id: request.id, body: request.body };
    throw new Error(`no request of type ${RequestType[type]} is due`);
  }
}

const users = (userIds: readonly string[]): UserId[] => userIds.map((userId) => new UserId(userId));
const text = (prepared: Prepared): string => prepared as unknown as string;

function parse(json: string): JsonObject {
  const value: unknown = JSON.parse(json);
  if (!isJsonObject(value)) throw new Error("not an object");
  return value;
}
