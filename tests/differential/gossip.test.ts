import * as wasm from "@matrix-org/matrix-sdk-crypto-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { parseJsonObject, type JsonObject } from "../../crypto-worker/wire/json.ts";
import { KeyServer, TestClock, TestDevice } from "../support/machine-world.ts";
import { WasmDevice } from "../support/wasm-device.ts";

// Secrets between two devices of one user, one of each kind: what one sends, the other must accept.

const ALICE = "@alice:example.org";
const BACKUP_SECRET = "m.megolm_backup.v1";

beforeAll(() => OlmMachine.ready());

type World = { readonly server: KeyServer; readonly ours: TestDevice; readonly theirs: WasmDevice };

async function world(): Promise<World> {
  const server = new KeyServer();
  const clock = new TestClock();
  clock.ms = Date.now();
  const ours = new TestDevice(server, ALICE, "OURS", clock);
  const theirs = await WasmDevice.open(server, ALICE, "THEIRS");
  ours.flush();
  await theirs.flush();
  return { server, ours, theirs };
}

async function refresh({ ours, theirs }: World): Promise<void> {
  ours.sync({ changed: [ALICE] });
  ours.flush();
  await theirs.sync([ALICE]);
  await theirs.flush();
}

async function settle({ ours, theirs }: World): Promise<string[]> {
  const secrets: string[] = [];
  for (let round = 0; round < 5; round++) {
    ours.flush();
    await theirs.flush();
    secrets.push(...ours.sync().secretsReceived);
    await theirs.sync();
  }
  return secrets;
}

async function bootstrapTheirs({ server, theirs }: World): Promise<void> {
  const bootstrap = await theirs.machine.bootstrapCrossSigning(true);
  server.handle(theirs, { kind: "signing_keys_upload", path: "", body: parse(bootstrap.uploadSigningKeysRequest.body) });
  await theirs.send(bootstrap.uploadSignaturesRequest as never);
}

async function theirDevice({ theirs }: World, deviceId: string): Promise<wasm.Device> {
  const device = await theirs.machine.getDevice(new wasm.UserId(ALICE), new wasm.DeviceId(deviceId));
  if (device === undefined) throw new Error("they do not know the device");
  return device;
}

async function theirKeys({ theirs }: World) {
  const keys = await theirs.machine.exportCrossSigningKeys();
  return { master: keys?.masterKey, selfSigning: keys?.self_signing_key, userSigning: keys?.userSigningKey };
}

describe("their device has the secrets, ours asks", () => {
  test("and takes all of them", async () => {
    const all = await world();
    const { ours, theirs } = all;
    await bootstrapTheirs(all);
    const backupKey = wasm.BackupDecryptionKey.createRandomKey();
    await theirs.machine.saveBackupDecryptionKey(backupKey, "1");
    await refresh(all);
    await theirs.send((await (await theirDevice(all, "OURS")).verify()) as never);
    await refresh(all);
    ours.send(...ours.machine.verifyIdentity(ALICE));
    expect((await settle(all)).toSorted()).toEqual([
      "m.cross_signing.master",
      "m.cross_signing.self_signing",
      "m.cross_signing.user_signing",
      BACKUP_SECRET,
    ]);
    expect(ours.machine.exportCrossSigningKeys()).toEqual(await theirKeys(all));
    const [received] = ours.machine.secretsInbox();
    expect(received?.secret.use((bytes) => Buffer.from(bytes).toString("base64").replace("=", ""))).toBe(backupKey.toBase64());
    expect(ours.machine.hasOpenSecretRequests()).toBe(false);
  });

  test("and is refused by theirs as long as it is not verified there", async () => {
    const all = await world();
    const { ours } = all;
    await bootstrapTheirs(all);
    await refresh(all);
    ours.send(...ours.machine.verifyIdentity(ALICE));
    expect(await settle(all)).toEqual([]);
    expect(ours.machine.hasOpenSecretRequests()).toBe(true);
  });
});

describe("our device has the secrets, theirs asks", () => {
  test("and takes all of them", async () => {
    const all = await world();
    const { ours, theirs } = all;
    ours.send(...ours.machine.bootstrapCrossSigning());
    const backupKey = wasm.BackupDecryptionKey.createRandomKey();
    const privateKey = Buffer.from(backupKey.toBase64(), "base64");
    const { curve25519 } = ours.machine.identityKeys;
    ours.store.backupKeys.saveDecryptionKey({ version: "1", privateKey, publicKey: curve25519 });
    await refresh(all);
    ours.send(...ours.machine.verifyOwnDevice("THEIRS"));
    await refresh(all);
    const identity = await theirs.machine.getIdentity(new wasm.UserId(ALICE));
    if (!(identity instanceof wasm.OwnUserIdentity)) throw new Error("they do not know our identity");
    await theirs.send((await identity.verify()) as never);
    await theirs.machine.requestMissingSecretsIfNeeded();
    await settle(all);
    expect(await theirKeys(all)).toEqual(ours.machine.exportCrossSigningKeys());
    expect([...(await theirs.machine.getSecretsFromInbox(BACKUP_SECRET))]).toEqual([backupKey.toBase64()]);
  });
});

describe("a room key that one of them lacks", () => {
  const ROOM = "!room:example.org";

  /** Both are verified for each other, and forward. Bob has written to the one of them that was there first. */
  async function withMessage(first: "ours" | "theirs"): Promise<World & { readonly event: JsonObject }> {
    const all = await world();
    const { ours, theirs, server } = all;
    ours.send(...ours.machine.bootstrapCrossSigning());
    await refresh(all);
    ours.send(...ours.machine.verifyOwnDevice("THEIRS"));
    await refresh(all);
    const { master, selfSigning, userSigning } = ours.machine.exportCrossSigningKeys();
    await theirs.machine.importCrossSigningKeys(master, selfSigning, userSigning);
    await refresh(all);
    const bob = new TestDevice(server, "@bob:example.org", "BOB", new TestClock());
    bob.flush();
    bob.machine.updateTrackedUsers([ALICE]);
    bob.flush();
    // The other one cannot be reached when Bob writes.
    bob.machine.setLocalTrust(ALICE, first === "ours" ? "THEIRS" : "OURS", "blacklisted");
    bob.send(bob.machine.getMissingSessions([ALICE]));
    const event = bob.say(ROOM, "hello", ours);
    ours.machine.updateTrackedUsers([bob.userId]);
    await theirs.machine.updateTrackedUsers([new wasm.UserId(bob.userId)]);
    await settle(all);
    ours.machine.setRoomKeyRequests({ requests: true, forwarding: true });
    theirs.machine.roomKeyRequestsEnabled = true;
    theirs.machine.roomKeyForwardingEnabled = true;
    return { ...all, event };
  }

  test("theirs forwards it to ours", async () => {
    const all = await withMessage("theirs");
    expect(all.ours.machine.decryptRoomEvent(all.event, ROOM)).toMatchObject({ ok: false });
    await settle(all);
    const result = all.ours.machine.decryptRoomEvent(all.event, ROOM);
    expect(result).toMatchObject({ ok: true, event: { content: { body: "hello" } } });
    expect(result.ok && result.event.encryptionInfo.verificationState).toBe("insecureSource");
    expect(all.ours.store.keyRequests.count()).toBe(0);
  });

  test("ours forwards it to theirs", async () => {
    const all = await withMessage("ours");
    await expect(all.theirs.read(ROOM, all.event)).rejects.toBeDefined();
    await settle(all);
    expect(await all.theirs.read(ROOM, all.event)).toContain("hello");
  });
});

function parse(text: string): JsonObject {
  const json = parseJsonObject(text, { maxBytes: 1 << 20, maxDepth: 64 });
  if (!json.ok) throw new Error("the other machine wrote JSON that we do not read");
  return json.value;
}
