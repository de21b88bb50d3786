import { beforeAll, beforeEach } from "vitest";
import type { NewBackup } from "../../crypto-worker/machine/backup/backup.ts";
import type { ExportedRoomKey } from "../../crypto-worker/machine/megolm/exported-room-key.ts";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import type { OutgoingRequest } from "../../crypto-worker/machine/requests/outgoing-request.ts";
import { InboundGroupSession } from "../../crypto-worker/primitives/group-session.ts";
import { PkEncryption } from "../../crypto-worker/primitives/pk.ts";
import { entriesOfBackup } from "../../crypto-worker/wire/backup.ts";
import type { JsonObject } from "../../crypto-worker/wire/json.ts";
import { KeyServer, TestClock, TestDevice } from "./machine-world.ts";
import { must } from "./megolm-world.ts";

export const ALICE = "@alice:example.org";

/** For all tests of a file: each begins with a device that has nothing. */
export function eachWithAlice(begin: (alice: TestDevice) => void): void {
  beforeAll(() => OlmMachine.ready());
  beforeEach(() => begin(new TestDevice(new KeyServer(), ALICE, "A1", new TestClock())));
}

/** A backup that the server has accepted, and this device writes to and reads. */
export function enable(device: TestDevice, version = "1"): NewBackup & { readonly info: JsonObject } {
  const backup = device.machine.backup.createInfo();
  device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version });
  device.machine.backup.enable({ publicKey: backup.publicKey, version });
  return { ...backup, info: { algorithm: backup.algorithm, auth_data: backup.auth_data, version } };
}

/** One new session in each of so many rooms. */
export function write(device: TestDevice, rooms: number, first = 0): void {
  for (let i = first; i < first + rooms; i++) device.machine.shareRoomKey(`!room${i}:example.org`, []);
}

/** Uploads everything; what the server then has. */
export function uploadAll(device: TestDevice): { uploads: OutgoingRequest[]; keys: JsonObject } {
  const rooms: Record<string, { sessions: Record<string, JsonObject> }> = {};
  const uploads: OutgoingRequest[] = [];
  for (let request = device.machine.backup.backupRoomKeys(); request !== undefined; request = device.machine.backup.backupRoomKeys()) {
    uploads.push(request);
    for (const [roomId, sessionId, entry] of entriesOfBackup(request.body)) {
      const room = (rooms[roomId] ??= { sessions: {} });
      room.sessions[sessionId] = entry as JsonObject;
    }
    device.machine.markRequestAsSent(request.id, { count: 1, etag: "x" });
  }
  return { uploads, keys: { rooms } };
}

/** A room, a session in it, and its entry. */
export function firstEntry(keys: unknown): readonly [string, string, JsonObject] {
  for (const [roomId, sessionId, entry] of entriesOfBackup(keys)) return [roomId, sessionId, entry as JsonObject];
  throw new Error("the backup is empty");
}

/** An entry with this plaintext, as anybody who knows the public key can make one. */
export function forge(publicKey: NewBackup["publicKey"], plaintext: unknown): JsonObject {
  using encryption = must(PkEncryption.forRecipient(publicKey));
  return {
    first_message_index: 0,
    forwarded_count: 0,
    is_verified: true,
    session_data: { ...encryption.encrypt(JSON.stringify(plaintext)) },
  };
}

/** The only room key of a device. */
export function keyOf(device: TestDevice): ExportedRoomKey {
  const [key] = device.machine.exportRoomKeys();
  if (key === undefined) throw new Error("no key");
  return key;
}

/** The same key, from a later message on. */
export function advanced(key: ExportedRoomKey, index: number): ExportedRoomKey {
  using session = must(InboundGroupSession.importSession(key.session_key));
  return { ...key, session_key: must(session.exportSession(index)) };
}
