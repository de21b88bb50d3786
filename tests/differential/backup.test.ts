import * as wasm from "@matrix-org/matrix-sdk-crypto-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { entriesOfBackup } from "../../crypto-worker/wire/backup.ts";
import { objectField, parseJsonObject, stringField, type JsonObject } from "../../crypto-worker/wire/json.ts";
import { KeyServer, TestClock, TestDevice } from "../support/machine-world.ts";
import { WasmDevice } from "../support/wasm-device.ts";

// Key backups between our machine and matrix-sdk-crypto, in process: two devices of one user who read what the other wrote.

const USER = "@user:example.org";
const ROOM = "!room:example.org";
const ALGORITHM = "m.megolm_backup.v1.curve25519-aes-sha2";

beforeAll(() => OlmMachine.ready());

async function world(): Promise<{ ours: TestDevice; theirs: WasmDevice }> {
  const server = new KeyServer();
  const ours = new TestDevice(server, USER, "OURS", new TestClock());
  const theirs = await WasmDevice.open(server, USER, "THEIRS");
  ours.flush();
  await theirs.flush();
  return { ours, theirs };
}

function parse(text: string): JsonObject {
  const json = parseJsonObject(text, { maxBytes: 1 << 24, maxDepth: 32 });
  if (!json.ok) throw new Error(json.error);
  return json.value;
}

/** Their upload of everything, to a backup of theirs. */
async function theirBackup(theirs: WasmDevice): Promise<{ key: wasm.BackupDecryptionKey; keys: JsonObject; info: JsonObject }> {
  const key = wasm.BackupDecryptionKey.createRandomKey();
  const publicKey = key.megolmV1PublicKey.publicKeyBase64;
  await theirs.machine.enableBackupV1(publicKey, "1");
  const request = await theirs.machine.backupRoomKeys();
  if (request === undefined) throw new Error("they have nothing to back up");
  const unsigned = JSON.stringify({ public_key: publicKey });
  const signatures = await theirs.machine.sign(unsigned);
  const authData = { ...parse(unsigned), signatures: parse(signatures.asJSON()) };
  return { key, keys: parse(request.body), info: { algorithm: ALGORITHM, auth_data: authData, version: "1" } };
}

describe("their backup", () => {
  test("we read it, and what was said with its keys", async () => {
    const { ours, theirs } = await world();
    const event = await theirs.say(ROOM, "from their backup");
    const { key, keys, info } = await theirBackup(theirs);
    const result = ours.machine.backup.restore({ recoveryKey: key.toBase64(), info, keys });
    expect(result).toMatchObject({ importedCount: 1, totalCount: 1, failedCount: 0 });
    const read = ours.machine.decryptRoomEvent(event, ROOM);
    expect(read.ok && read.event.content).toEqual({ msgtype: "m.text", body: "from their backup" });
    expect(read.ok && read.event.encryptionInfo.shield(false)).toEqual({ color: "grey", code: "AuthenticityNotGuaranteed" });
    expect(read.ok && read.event.encryptionInfo.senderCurve25519).toBe(theirs.machine.identityKeys.curve25519.toBase64());
  });

  test("we see who signed it, and trust it once that device is verified", async () => {
    const { ours, theirs } = await world();
    await theirs.say(ROOM, "x");
    const { info } = await theirBackup(theirs);
    ours.machine.markAllTrackedUsersAsDirty();
    ours.flush();
    expect([...ours.machine.backup.verify(info).otherDevices]).toEqual([["THEIRS", "validButNotTrusted"]]);
    ours.machine.setLocalTrust(USER, "THEIRS", "verified");
    expect(ours.machine.backup.verify(info).trusted).toBe(true);
  });
});

describe("our backup", () => {
  test("they read it, and what was said with its keys", async () => {
    const { ours, theirs } = await world();
    const event = ours.say(ROOM, "from our backup");
    const backup = ours.machine.backup.createInfo();
    ours.machine.backup.enable({ publicKey: backup.publicKey, version: "7" });
    const request = ours.machine.backup.backupRoomKeys();
    const key = wasm.BackupDecryptionKey.fromBase64(backup.privateKey.use((bytes) => Buffer.from(bytes).toString("base64")));
    expect(key.megolmV1PublicKey.publicKeyBase64).toBe(backup.publicKey);
    const rooms = new Map<wasm.RoomId, Map<string, unknown>>();
    for (const [roomId, sessionId, entry] of entriesOfBackup(request?.body)) {
      const data = objectField(entry as JsonObject, "session_data") ?? {};
      const field = (name: string) => stringField(data, name) ?? "";
      const plaintext: unknown = JSON.parse(key.decryptV1(field("ephemeral"), field("mac"), field("ciphertext")));
      rooms.set(new wasm.RoomId(roomId), new Map([[sessionId, plaintext]]));
    }
    const result = await theirs.machine.importBackedUpRoomKeys(rooms, () => undefined, "7");
    expect([result.importedCount, result.totalCount]).toEqual([1, 1]);
    expect(JSON.parse(await theirs.read(ROOM, event))).toMatchObject({ body: "from our backup" });
  });

  test("they see our signatures, and trust our verified identity's", async () => {
    const { ours, theirs } = await world();
    ours.send(...ours.machine.bootstrapCrossSigning());
    const { algorithm, auth_data } = ours.machine.backup.createInfo();
    await theirs.machine.updateTrackedUsers([new wasm.UserId(USER)]);
    await theirs.send(theirs.machine.queryKeysForUsers([new wasm.UserId(USER)]));
    const before = await theirs.machine.verifyBackup({ algorithm, auth_data });
    expect([before.userState, before.trusted()]).toEqual([wasm.SignatureState.ValidButNotTrusted, false]);
    const identity = await theirs.machine.getIdentity(new wasm.UserId(USER));
    if (!(identity instanceof wasm.OwnUserIdentity)) throw new Error("they do not know our identity");
    await identity.verify();
    const after = await theirs.machine.verifyBackup({ algorithm, auth_data });
    expect([after.userState, after.trusted()]).toEqual([wasm.SignatureState.ValidAndTrusted, true]);
  });
});
