import * as wasm from "@matrix-org/matrix-sdk-crypto-wasm";
import { beforeAll, expect, test } from "vitest";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import type { JsonObject } from "../../crypto-worker/wire/json.ts";
import { KeyServer, TestClock, TestDevice } from "../support/machine-world.ts";
import { must } from "../support/megolm-world.ts";
import { WasmDevice } from "../support/wasm-device.ts";

// A room's past shared on invite (MSC4268) between our machine and matrix-sdk-crypto, in process.

const OURS = "@ours:example.org";
const THEIRS = "@theirs:example.org";
const ROOM = "!room:example.org";
const URL = "mxc://example.org/bundle";

beforeAll(() => OlmMachine.ready());

/** Both with an identity that signed the device, and with knowledge of each other. */
async function world(): Promise<{ ours: TestDevice; theirs: WasmDevice }> {
  const server = new KeyServer();
  const ours = new TestDevice(server, OURS, "OURS", new TestClock());
  const theirs = await WasmDevice.open(server, THEIRS, "THEIRS");
  ours.flush();
  await theirs.flush();
  ours.send(...ours.machine.bootstrapCrossSigning());
  const bootstrap = await theirs.machine.bootstrapCrossSigning(true);
  server.handle(theirs, { kind: "signing_keys_upload", path: "", body: JSON.parse(bootstrap.uploadSigningKeysRequest.body) as JsonObject });
  await theirs.send(bootstrap.uploadSignaturesRequest as never);
  ours.machine.updateTrackedUsers([THEIRS]);
  ours.flush();
  ours.send(ours.machine.getMissingSessions([THEIRS]));
  await theirs.meet(OURS);
  return { ours, theirs };
}

function say(ours: TestDevice, body: string, historyVisibility: "shared" | "joined"): JsonObject {
  ours.send(...ours.machine.shareRoomKey(ROOM, [OURS], { historyVisibility }));
  const content = ours.machine.encryptRoomEvent(ROOM, "m.room.message", { msgtype: "m.text", body });
  return { type: "m.room.encrypted", room_id: ROOM, sender: OURS, event_id: `$${body}`, origin_server_ts: 1_700_000_000_000, content };
}

test("we invite: they read our past, know that it came from us, and that the rest is not shared", async () => {
  const { ours, theirs } = await world();
  const event = say(ours, "before you came", "shared");
  const hidden = say(ours, "hidden", "joined");
  const bundle = ours.machine.history.buildBundle(ROOM);
  if (bundle === undefined) throw new Error("nothing to share");
  ours.send(...ours.machine.history.shareBundle(THEIRS, { roomId: ROOM, url: URL, keys: bundle.keys }).requests);
  await theirs.sync();
  const data = await theirs.machine.getReceivedRoomKeyBundleData(new wasm.RoomId(ROOM), new wasm.UserId(OURS));
  if (data === undefined) throw new Error("they did not take our announcement");
  expect(data.url).toBe(URL);
  await theirs.machine.receiveRoomKeyBundle(data, bundle.ciphertext);
  expect(JSON.parse(await theirs.read(ROOM, event))).toMatchObject({ body: "before you came" });
  const settings = new wasm.DecryptionSettings(wasm.TrustRequirement.Untrusted);
  const decrypted = await theirs.machine.decryptRoomEvent(JSON.stringify(event), new wasm.RoomId(ROOM), settings);
  expect([decrypted.forwarder?.toString(), decrypted.forwarderDevice?.toString()]).toEqual([OURS, "OURS"]);
  const failure = await theirs.read(ROOM, hidden).then(
    () => undefined,
    (error: wasm.MegolmDecryptionError) => error.maybe_withheld,
  );
  expect(failure).toBeDefined();
});

test("they invite: we read their past, and it shows whose word for it that is", async () => {
  const { ours, theirs } = await world();
  const event = await theirs.say(ROOM, "before you came");
  const bundle = await theirs.machine.buildRoomKeyBundle(new wasm.RoomId(ROOM));
  if (bundle === undefined) throw new Error("they have nothing to share");
  const ciphertext = bundle.encryptedData;
  const strategy = wasm.CollectStrategy.identityBasedStrategy();
  const requests = await theirs.machine.shareRoomKeyBundleData(
    new wasm.UserId(OURS),
    new wasm.RoomId(ROOM),
    URL,
    bundle.mediaEncryptionInfo,
    strategy,
  );
  await theirs.send(...(requests as never[]));
  ours.machine.history.acceptedInvite(ROOM, THEIRS);
  ours.sync();
  expect(ours.machine.history.readyBundles()).toEqual([{ roomId: ROOM, sender: THEIRS, url: URL }]);
  const opened = must(ours.machine.history.openBundle(ROOM, ciphertext));
  expect(ours.machine.history.importBatch(opened, 0, 200)).toMatchObject({ importedCount: 1, next: undefined });
  const read = ours.machine.decryptRoomEvent(event, ROOM);
  expect(read.ok && read.event.content["body"]).toBe("before you came");
  expect(read.ok && read.event.encryptionInfo.forwarder).toEqual({ userId: THEIRS, deviceId: "THEIRS" });
  expect(read.ok && read.event.encryptionInfo.shield(false)).toEqual({ color: "grey", code: "AuthenticityNotGuaranteed" });
});
