import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { ThreadCrew } from "../../crypto-worker/primitives/crew/thread-crew.ts";
import type { OutgoingRequest } from "../../crypto-worker/machine/requests/outgoing-request.ts";
import { openSqlCipherStore, type CryptoStore } from "../../crypto-worker/store/store.ts";
import { objectField, type JsonObject } from "../../crypto-worker/wire/json.ts";
import type { BenchMachine, Implementation, Prepared, SharedKey } from "./machine.ts";

/** Our machine, each on a SQLCipher file of its own. */
export class Ours implements Implementation {
  readonly name = "ours";
  readonly #directory = mkdtempSync(join(tmpdir(), "bulkhead-bench-"));
  /** As in the app: one for the process. */
  readonly #crew = new ThreadCrew((code) => {
    throw new Error(code);
  });
  #files = 0;

  prepare(value: unknown): Prepared {
    return structuredClone(value) as Prepared;
  }

  open(userId: string, deviceId: string): OurMachine {
    this.#files += 1;
    const path = join(this.#directory, `${this.#files}.db`);
    const key = randomBytes(32);
    const store = openSqlCipherStore({ path, key });
    return new OurMachine(OlmMachine.open({ userId, deviceId, store, crew: this.#crew }), store, path, key);
  }

  cleanUp(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export class OurMachine implements BenchMachine {
  readonly userId: string;
  readonly deviceId: string;
  readonly machine: OlmMachine;
  readonly store: CryptoStore;
  readonly path: string;
  readonly key: Uint8Array;

  constructor(machine: OlmMachine, store: CryptoStore, path: string, key: Uint8Array) {
    this.machine = machine;
    this.store = store;
    this.path = path;
    this.key = key;
    this.userId = machine.userId;
    this.deviceId = machine.deviceId;
  }

  uploadKeys(response: Prepared): JsonObject {
    const request = this.#request("keys_upload");
    this.machine.markRequestAsSent(request.id, response);
    return request.body;
  }

  track(userIds: readonly string[]): void {
    this.machine.updateTrackedUsers(userIds);
  }

  keysQueryId(userId: string): string {
    return this.#request("keys_query", userId).id;
  }

  receiveKeysQuery(id: string, response: Prepared): void {
    this.machine.markRequestAsSent(id, response);
  }

  keysClaimId(userIds: readonly string[]): string {
    const request = this.machine.getMissingSessions(userIds);
    if (request === undefined) throw new Error("no session is missing");
    return request.id;
  }

  receiveKeysClaim(id: string, response: Prepared): void {
    this.machine.markRequestAsSent(id, response);
  }

  shareRoomKey(roomId: string, userIds: readonly string[]): SharedKey[] {
    return this.machine.shareRoomKey(roomId, userIds).map(({ id, body }) => ({ id, messages: objectField(body, "messages") ?? {} }));
  }

  markShared(id: string): void {
    this.machine.markRequestAsSent(id, {});
  }

  receiveToDevice(events: Prepared): void {
    const { roomKeys } = this.machine.receiveSyncChanges({
      toDeviceEvents: events as unknown as readonly unknown[],
      oneTimeKeyCounts: { signed_curve25519: 50 },
    });
    if (roomKeys.length === 0) throw new Error("no room key arrived");
  }

  encrypt(roomId: string, content: Prepared): JsonObject {
    return this.machine.encryptRoomEvent(roomId, "m.room.message", content);
  }

  decrypt(event: Prepared, roomId: string): void {
    const result = this.machine.decryptRoomEvent(event, roomId);
    if (!result.ok) throw new Error(result.reason.code);
  }

  decryptAll(events: readonly { readonly event: Prepared; readonly roomId: string }[]): void {
    this.store.transaction(() => {
      this.machine.decryptAhead(events);
      for (const { event, roomId } of events) this.decrypt(event, roomId);
    });
  }

  exportKeys(): unknown {
    return this.machine.exportRoomKeys();
  }

  importKeys(keys: Prepared): number {
    return this.machine.importRoomKeys(keys as unknown as readonly unknown[]).importedCount;
  }

  close(): void {
    this.machine.close();
    this.store.close();
    for (const suffix of ["", "-wal", "-shm", ".check"]) rmSync(this.path + suffix, { force: true });
  }

  #request(kind: OutgoingRequest["kind"], mentioning = ""): OutgoingRequest {
    const request = this.machine
      .outgoingRequests()
      .find((candidate) => candidate.kind === kind && JSON.stringify(candidate.body).includes(mentioning));
    if (request === undefined) throw new Error(`no ${kind} is due`);
    return request;
  }
}
