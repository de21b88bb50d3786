import * as wasm from "@matrix-org/matrix-sdk-crypto-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { parseJsonObject, type JsonObject } from "../../crypto-worker/wire/json.ts";
import { ROOM, VerificationWorld } from "../support/verification-world.ts";

// Our verification against matrix-sdk-crypto's, in process: every flow has one of each at its ends.

const OURS = "@ours:example.org";
const THEIRS = "@theirs:example.org";
const SAS = ["m.sas.v1"];
const ALL = ["m.sas.v1", "m.qr_code.show.v1", "m.qr_code.scan.v1", "m.reciprocate.v1"];
const THEIR_ALL = [
  wasm.VerificationMethod.SasV1,
  wasm.VerificationMethod.QrCodeShowV1,
  wasm.VerificationMethod.QrCodeScanV1,
  wasm.VerificationMethod.ReciprocateV1,
];

beforeAll(() => OlmMachine.ready());

/** Gets both ends ready over one of the two transports; the flow's id. */
type Handshake = (world: VerificationWorld) => Promise<string>;

const weAskByToDevice: Handshake = async (world) => {
  const { flowId, requests } = world.ours.machine.requestDeviceVerification(world.theirs.userId, "THEIRS", ALL);
  await world.send(requests);
  await world.settle();
  await world.sendTheirs(world.theirRequest(flowId).acceptWithMethods(THEIR_ALL));
  await world.settle();
  return flowId;
};

const theyAskByToDevice: Handshake = async (world) => {
  const device = await world.theirs.machine.getDevice(world.ourUserId, new wasm.DeviceId("OURS"));
  const [request, message] = device?.requestVerification(THEIR_ALL) ?? [];
  await world.sendTheirs(message);
  await world.settle();
  const flowId = request?.flowId ?? "";
  await world.send(world.ours.machine.acceptVerification(world.theirs.userId, flowId, ALL));
  await world.settle();
  return flowId;
};

const weAskInRoom: Handshake = async (world) => {
  const { flowId: provisional, requests } = world.ours.machine.requestUserVerification(world.theirs.userId, ROOM, ALL);
  await world.send(requests);
  const flowId = world.ours.machine.getVerificationRequests(world.theirs.userId)[0]?.flowId ?? "";
  expect(flowId).toMatch(/^\$/);
  await world.sendTheirs(world.theirRequest(flowId).acceptWithMethods(THEIR_ALL));
  await world.settle();
  return provisional;
};

const theyAskInRoom: Handshake = async (world) => {
  const identity = await world.theirs.machine.getIdentity(world.ourUserId);
  if (!(identity instanceof wasm.OtherUserIdentity)) throw new Error("they do not know our identity");
  const content = parse(identity.verificationRequestContent(THEIR_ALL));
  const flowId = await world.postTheirs("m.room.message", { msgtype: "m.key.verification.request", ...content });
  identity.requestVerification(new wasm.RoomId(ROOM), new wasm.EventId(flowId), THEIR_ALL);
  await world.send(world.ours.machine.acceptVerification(world.theirs.userId, flowId, ALL));
  await world.settle();
  return flowId;
};

/** The flow's id as they know it. */
function sharedId(world: VerificationWorld, flowId: string): string {
  const flows = world.ours.machine.getVerificationRequests(world.theirs.userId);
  return flows.at(-1)?.flowId ?? flowId;
}

async function weStart(world: VerificationWorld, flowId: string): Promise<void> {
  await world.send(world.ours.machine.startSas(world.theirs.userId, flowId));
  await world.settle();
  await world.sendTheirs(world.theirSas(sharedId(world, flowId)).accept());
  await world.settle();
}

async function theyStart(world: VerificationWorld, flowId: string): Promise<void> {
  const started = await world.theirRequest(sharedId(world, flowId)).startSas();
  await world.sendTheirs(started?.[1]);
  await world.settle();
  expect(ourSas(world, flowId).state).toBe("started");
  await world.send(world.ours.machine.acceptSas(world.theirs.userId, flowId));
  await world.settle();
}

function ourSas(world: VerificationWorld, flowId: string) {
  const info = world.ours.machine.getVerification(world.theirs.userId, flowId);
  if (info?.kind !== "sas") throw new Error("we have no SAS");
  return info;
}

function expectSameCodes(world: VerificationWorld, flowId: string): void {
  const sas = ourSas(world, flowId);
  const theirs = world.theirSas(sharedId(world, flowId));
  expect(sas.state).toBe("keysExchanged");
  expect(sas.emoji?.map(([symbol, name]) => ({ symbol, name }))).toEqual(
    theirs.emoji()?.map(({ symbol, description }) => ({ symbol, name: description })),
  );
  expect(sas.emojiIndices).toEqual([...(theirs.emojiIndex() ?? [])]);
  expect(sas.decimals).toEqual([...(theirs.decimals() ?? [])]);
}

async function confirmBoth(world: VerificationWorld, flowId: string, order: "we first" | "they first"): Promise<void> {
  const they = async (): Promise<void> => {
    for (const request of await world.theirSas(sharedId(world, flowId)).confirm()) await world.sendTheirs(request);
    await world.settle();
  };
  const we = async (): Promise<void> => {
    await world.send(world.ours.machine.confirmSas(world.theirs.userId, flowId));
    await world.settle();
  };
  await (order === "we first" ? we() : they());
  await (order === "we first" ? they() : we());
}

function phaseOf(world: VerificationWorld): string | undefined {
  return world.ours.machine.getVerificationRequests(world.theirs.userId).at(-1)?.phase;
}

async function theirIdentityOfUs(world: VerificationWorld) {
  const identity = await world.theirs.machine.getIdentity(world.ourUserId);
  return identity === undefined ? undefined : (identity as wasm.OtherUserIdentity).isVerified();
}

const HANDSHAKES = [
  ["we ask by to-device", weAskByToDevice],
  ["they ask by to-device", theyAskByToDevice],
  ["we ask in a room", weAskInRoom],
  ["they ask in a room", theyAskInRoom],
] as const;
const STARTS = [
  ["we start", weStart],
  ["they start", theyStart],
] as const;

describe.each(HANDSHAKES)("SAS between two users, %s", (_name, handshake) => {
  test.each(STARTS)("%s: both sign the other's identity", async (_start, start) => {
    for (const order of ["we first", "they first"] as const) {
      const world = await VerificationWorld.open(OURS, THEIRS, { ours: true, theirs: true });
      const flowId = await handshake(world);
      await start(world, flowId);
      expectSameCodes(world, flowId);
      await confirmBoth(world, flowId, order);
      expect(ourSas(world, flowId).state).toBe("done");
      expect(phaseOf(world)).toBe("done");
      expect(world.theirSas(sharedId(world, flowId)).isDone()).toBe(true);
      expect(world.ours.machine.getIdentity(THEIRS)).toMatchObject({ verified: true, previouslyVerified: true });
      expect(world.ours.machine.getDevice(THEIRS, "THEIRS")?.verified).toBe(true);
      await world.refresh();
      expect(await theirIdentityOfUs(world)).toBe(true);
      // The signatures are on the server, for all our other devices.
      const uploaded = JSON.stringify(world.server.crossSigning.get(THEIRS)?.master);
      expect(uploaded).toContain(OURS);
      expect(world.ours.machine.outgoingRequests()).toEqual([]);
    }
  });

  test("codes that differ verify nobody", async () => {
    const world = await VerificationWorld.open(OURS, THEIRS, { ours: true, theirs: true });
    const flowId = await handshake(world);
    await weStart(world, flowId);
    await world.send(world.ours.machine.cancelVerification(THEIRS, flowId, "m.mismatched_sas"));
    await world.settle();
    expect(ourSas(world, flowId)).toMatchObject({ state: "cancelled", cancelCode: "m.mismatched_sas", cancelledByUs: true });
    expect(world.theirSas(sharedId(world, flowId)).cancelInfo()?.cancelCode()).toBe("m.mismatched_sas");
    expect(world.ours.machine.getIdentity(THEIRS)?.verified).toBe(false);
    expect(await theirIdentityOfUs(world)).toBe(false);
  });

  test("they cancel", async () => {
    const world = await VerificationWorld.open(OURS, THEIRS, { ours: true, theirs: true });
    const flowId = await handshake(world);
    await theyStart(world, flowId);
    await world.sendTheirs(world.theirSas(sharedId(world, flowId)).cancelWithCode("m.mismatched_sas"));
    await world.settle();
    expect(ourSas(world, flowId)).toMatchObject({ state: "cancelled", cancelCode: "m.mismatched_sas", cancelledByUs: false });
    expect(phaseOf(world)).toBe("cancelled");
    expect(world.ours.machine.getIdentity(THEIRS)?.verified).toBe(false);
  });
});

test("both start at once: the smaller user id's start counts", async () => {
  const world = await VerificationWorld.open(OURS, THEIRS, { ours: true, theirs: true });
  const flowId = await weAskByToDevice(world);
  const started = await world.theirRequest(flowId).startSas();
  await world.send(world.ours.machine.startSas(THEIRS, flowId));
  await world.sendTheirs(started?.[1]);
  await world.settle();
  expect(ourSas(world, flowId)).toMatchObject({ state: "created", weStarted: true });
  await world.sendTheirs(world.theirSas(flowId).accept());
  await world.settle();
  expectSameCodes(world, flowId);
  await confirmBoth(world, flowId, "they first");
  expect(ourSas(world, flowId).state).toBe("done");
});

test("both start at once, and theirs counts", async () => {
  const world = await VerificationWorld.open("@zoe:example.org", THEIRS, { ours: true, theirs: true });
  const flowId = await weAskByToDevice(world);
  const started = await world.theirRequest(flowId).startSas();
  await world.send(world.ours.machine.startSas(THEIRS, flowId));
  await world.sendTheirs(started?.[1]);
  await world.settle();
  expect(ourSas(world, flowId)).toMatchObject({ state: "started", weStarted: false });
  await world.send(world.ours.machine.acceptSas(THEIRS, flowId));
  await world.settle();
  expectSameCodes(world, flowId);
  await confirmBoth(world, flowId, "we first");
  expect(ourSas(world, flowId).state).toBe("done");
});

test("without identities, only the devices are verified", async () => {
  const world = await VerificationWorld.open(OURS, THEIRS, {});
  const flowId = await theyAskByToDevice(world);
  await weStart(world, flowId);
  await confirmBoth(world, flowId, "we first");
  expect(world.ours.machine.getDevice(THEIRS, "THEIRS")).toMatchObject({ verified: true, crossSigned: false });
  const device = await world.theirs.machine.getDevice(world.ourUserId, new wasm.DeviceId("OURS"));
  expect(device?.isLocallyTrusted()).toBe(true);
});

describe("our own devices", () => {
  test("we have the identity: we sign the new device, and it trusts the identity", async () => {
    const world = await VerificationWorld.open(OURS, OURS, { ours: true });
    const { flowId, requests } = world.ours.machine.requestOwnVerification(SAS);
    await world.send(requests);
    await world.settle();
    await world.sendTheirs(world.theirRequest(flowId).acceptWithMethods(THEIR_ALL));
    await world.settle();
    await theyStart(world, flowId);
    expectSameCodes(world, flowId);
    await confirmBoth(world, flowId, "we first");
    await world.refresh();
    expect(world.ours.machine.getDevice(OURS, "THEIRS")).toMatchObject({ verified: true, crossSigned: true });
    expect(await theirIdentityOfUs(world)).toBe(true);
    const itself = await world.theirs.machine.getDevice(world.ourUserId, new wasm.DeviceId("THEIRS"));
    expect(itself?.isCrossSignedByOwner()).toBe(true);
  });

  test("they have the identity: our device is signed, and we trust the identity", async () => {
    const world = await VerificationWorld.open(OURS, OURS, { theirs: true });
    expect(world.ours.machine.getIdentity(OURS)?.verified).toBe(false);
    const flowId = await theyAskByToDevice(world);
    await weStart(world, flowId);
    await confirmBoth(world, flowId, "they first");
    await world.refresh();
    expect(world.ours.machine.getIdentity(OURS)).toMatchObject({ verified: true });
    expect(world.ours.machine.getDevice(OURS, "OURS")).toMatchObject({ crossSigned: true, verified: true });
    expect(world.ours.machine.getDevice(OURS, "THEIRS")?.verified).toBe(true);
  });
});

describe("QR codes", () => {
  const WHOSE = [
    ["another user's", OURS, THEIRS, { ours: true, theirs: true }],
    ["our own new device's", OURS, OURS, { ours: true }],
    ["our own identity, from the new device", OURS, OURS, { theirs: true }],
  ] as const;
  const show = (world: VerificationWorld, flowId: string): Uint8Array => world.ours.machine.generateQrCode(world.theirs.userId, flowId);

  test.each(WHOSE)("they scan ours: %s", async (_name, ourUser, theirUser, identities) => {
    const world = await VerificationWorld.open(ourUser, theirUser, identities);
    const flowId = await weAskByToDevice(world);
    const scan = wasm.QrCodeScan.fromBytes(new Uint8ClampedArray(show(world, flowId)));
    const theirQr = await world.theirRequest(flowId).scanQrCode(scan);
    await world.sendTheirs(theirQr.reciprocate());
    await world.settle();
    expect(world.theirQr(flowId).reciprocated()).toBe(true);
    expect(world.ours.machine.getVerification(theirUser, flowId)).toMatchObject({ kind: "qr", state: "scanned" });
    await world.send(world.ours.machine.confirmQrScanned(theirUser, flowId));
    await world.settle();
    expect(world.ours.machine.getVerification(theirUser, flowId)).toMatchObject({ kind: "qr", state: "done" });
    expect(world.theirQr(flowId).isDone()).toBe(true);
    await world.refresh();
    expect(world.ours.machine.getIdentity(theirUser)?.verified).toBe(true);
    expect(await theirIdentityOfUs(world)).toBe(true);
    if (ourUser === theirUser) expect(world.ours.machine.getDevice(ourUser, "THEIRS")).toMatchObject({ crossSigned: true, verified: true });
  });

  test.each(WHOSE)("we scan theirs: %s", async (_name, ourUser, theirUser, identities) => {
    const world = await VerificationWorld.open(ourUser, theirUser, identities);
    const flowId = await theyAskByToDevice(world);
    const theirQr = await world.theirRequest(flowId).generateQrCode();
    expect(world.theirQr(flowId).isDone()).toBe(false);
    const bytes = Uint8Array.from(theirQr?.toBytes() ?? []);
    await world.send(world.ours.machine.scanQrCode(theirUser, flowId, bytes));
    await world.settle();
    expect(world.ours.machine.getVerification(theirUser, flowId)).toMatchObject({ kind: "qr", state: "reciprocated" });
    expect(world.theirQr(flowId).hasBeenScanned()).toBe(true);
    await world.sendTheirs(world.theirQr(flowId).confirmScanning());
    await world.settle();
    expect(world.ours.machine.getVerification(theirUser, flowId)).toMatchObject({ kind: "qr", state: "done" });
    expect(world.theirQr(flowId).isDone()).toBe(true);
    await world.refresh();
    expect(world.ours.machine.getIdentity(theirUser)?.verified).toBe(true);
    expect(await theirIdentityOfUs(world)).toBe(true);
  });

  test("a code that nobody scanned gives way to SAS", async () => {
    const world = await VerificationWorld.open(OURS, THEIRS, { ours: true, theirs: true });
    const flowId = await weAskByToDevice(world);
    expect(show(world, flowId)).toEqual(show(world, flowId));
    await theyStart(world, flowId);
    expectSameCodes(world, flowId);
  });
});

function parse(text: string): JsonObject {
  const json = parseJsonObject(text, { maxBytes: 1 << 20, maxDepth: 64 });
  if (!json.ok) throw new Error("not JSON");
  return json.value;
}
