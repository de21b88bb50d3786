import { afterEach, describe, expect, test, vi } from "vitest";
import { reaches, view } from "../../../tests/support/client-verification.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import { InProcessClient } from "../../../tests/support/in-process-client.ts";

const world = useClientWorld();

afterEach(() => {
  vi.restoreAllMocks();
  ahead = 0;
});

/** Somebody with an identity, or with `owner` another device of theirs, that has none of its keys. */
async function person(name: string, owner?: InProcessClient): Promise<InProcessClient> {
  const client = await (owner === undefined ? world.register(name) : world.logIn(owner.userId));
  client.startSyncing();
  if (owner === undefined) await client.until(() => client.client.account.encryptionStatus().crossSigning.thisDeviceSigned, "the identity");
  else {
    await client.until(() => client.client.account.encryptionStatus().deviceKeysUploaded, "the device's keys");
    await owner.until(() => owner.machine.getDevice(owner.userId, client.session.deviceId), "the new device");
  }
  return client;
}

const realNow = Date.now;
let ahead = 0;
/** The clock of everybody, the server included. */
function putClockForward(ms: number): void {
  ahead += ms;
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + ahead);
}

/** A new device of somebody has asked their old one, which has agreed. */
async function readyDevices(): Promise<{ old: InProcessClient; fresh: InProcessClient; flowId: string }> {
  const old = await person("ada");
  const fresh = await person("ada", old);
  const flowId = await fresh.client.verification.request({ kind: "own-devices" });
  await reaches(old, flowId, "asked");
  await old.client.verification.accept(flowId);
  await reaches(fresh, flowId, "ready");
  return { old, fresh, flowId };
}

async function compareEmoji(one: InProcessClient, other: InProcessClient, flowId: string): Promise<void> {
  const [seen, shown] = [await reaches(one, flowId, "sas-compare"), await reaches(other, flowId, "sas-compare")];
  expect(seen.emoji).toHaveLength(7);
  expect([seen.emoji, seen.decimals]).toEqual([shown.emoji, shown.decimals]);
}

describe("a verification", () => {
  test("of a new device by one of ours, with emoji", async () => {
    const old = await person("ada");
    const fresh = await person("ada", old);
    const flowId = await fresh.client.verification.request({ kind: "own-devices" });
    expect(view(fresh, flowId)).toMatchObject({ state: "asking", own: true, weStarted: true });
    const incoming = await old.until(() => old.client.verification.incoming()[0], "the request");
    expect(incoming).toMatchObject({ flowId, userId: old.userId, own: true });
    await Promise.all([old.client.verification.accept(flowId), old.client.verification.accept(flowId)]);
    expect((await reaches(fresh, flowId, "ready")).methods).toEqual({ sas: true, showQr: true, scanQr: true });
    await fresh.client.verification.startSas(flowId);
    await compareEmoji(old, fresh, flowId);
    fresh.client.verification.confirmSas(flowId);
    fresh.client.verification.confirmSas(flowId);
    await reaches(fresh, flowId, "sas-confirmed");
    old.client.verification.confirmSas(flowId);
    await Promise.all([reaches(old, flowId, "done"), reaches(fresh, flowId, "done")]);
    expect(fresh.machine.getIdentity(fresh.userId)?.verified).toBe(true);
    await fresh.until(() => fresh.client.account.encryptionStatus().crossSigning.thisDeviceSigned, "the signature of the old device");
    old.client.verification.dismiss(flowId);
    old.client.verification.dismiss(flowId);
    expect(old.client.verification.views()).toEqual([]);
    expect(old.client.verification.incoming()).toEqual([]);
  });

  test("of a person, in a chat that is made for it and encrypted", async () => {
    const [ada, bob] = [await person("ada"), await person("bob")];
    const target = { kind: "user", userId: bob.userId } as const;
    const [flowId, again] = await Promise.all([ada.client.verification.request(target), ada.client.verification.request(target)]);
    expect(flowId).toMatch(/^\$/);
    expect(again).toBe(flowId);
    const invite = await bob.until(() => bob.client.summaries().find(({ membership }) => membership === "invite"), "the invite");
    const roomId = await bob.client.rooms.join(invite.roomId);
    await bob.until(() => bob.client.verification.incoming().some((incoming) => incoming.flowId === flowId), "the request");
    await bob.client.verification.accept(flowId);
    await reaches(ada, flowId, "ready");
    await bob.client.verification.startSas(flowId);
    await compareEmoji(ada, bob, flowId);
    ada.client.verification.confirmSas(flowId);
    bob.client.verification.confirmSas(flowId);
    await Promise.all([reaches(ada, flowId, "done"), reaches(bob, flowId, "done")]);
    expect(ada.machine.getIdentity(bob.userId)?.verified).toBe(true);
    expect(bob.machine.getIdentity(ada.userId)?.verified).toBe(true);
    expect(await ada.client.verification.describe({ userId: bob.userId })).toMatchObject({ verified: true, own: false });
    const types = world.server.acceptedEvents(roomId).map(({ type }) => type);
    expect(types.filter((type) => type.startsWith("m.key.verification") || type === "m.room.message")).toEqual([]);
    expect(ada.timeline(roomId).filter(({ content }) => content.kind === "message" || content.kind === "undecryptable")).toEqual([]);
    // A second one finds the chat.
    await ada.client.verification.request(target);
    expect(ada.client.summaries()).toHaveLength(1);
  });

  test("by a code that one shows and the other scans", async () => {
    const old = await person("ada");
    const fresh = await person("ada", old);
    const flowId = await old.client.verification.request({ kind: "device", userId: old.userId, deviceId: fresh.session.deviceId });
    await reaches(fresh, flowId, "asked");
    await fresh.client.verification.accept(flowId);
    await reaches(old, flowId, "ready");
    await fresh.client.verification.showQr(flowId);
    const code = view(fresh, flowId)?.qr;
    expect(code).toBeInstanceOf(Uint8Array);
    await expect(old.client.verification.scanQr(flowId, Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: "qr-code-invalid" });
    await old.client.verification.scanQr(flowId, code ?? new Uint8Array());
    await reaches(fresh, flowId, "qr-scanned");
    fresh.client.verification.confirmQrScanned(flowId);
    await Promise.all([reaches(old, flowId, "done"), reaches(fresh, flowId, "done")]);
    expect(fresh.machine.getIdentity(fresh.userId)?.verified).toBe(true);
    expect(old.machine.getDevice(old.userId, fresh.session.deviceId)?.crossSigned).toBe(true);
  });

  test("is refused where the codes differ, and nothing is signed", async () => {
    const { old, fresh, flowId } = await readyDevices();
    await old.client.verification.startSas(flowId);
    await compareEmoji(old, fresh, flowId);
    old.client.verification.mismatchSas(flowId);
    expect((await reaches(old, flowId, "cancelled")).cancel).toEqual({ code: "m.mismatched_sas", byUs: true });
    expect((await reaches(fresh, flowId, "cancelled")).cancel).toEqual({ code: "m.mismatched_sas", byUs: false });
    expect(() => fresh.client.verification.confirmSas(flowId)).toThrow("verification-gone");
    expect(fresh.machine.getIdentity(fresh.userId)?.verified).toBe(false);
    expect(world.server.requests({ path: /signatures\/upload$/ })).toHaveLength(1);
  });

  test("waits for the network, in order", async () => {
    const { old, fresh, flowId } = await readyDevices();
    fresh.setReachable(false);
    await fresh.client.verification.startSas(flowId);
    expect(view(old, flowId)?.state).toBe("ready");
    fresh.setReachable(true);
    await compareEmoji(old, fresh, flowId);
    old.setReachable(false);
    old.client.verification.confirmSas(flowId);
    old.setReachable(true);
    fresh.client.verification.confirmSas(flowId);
    await Promise.all([reaches(old, flowId, "done"), reaches(fresh, flowId, "done")]);
  });

  test("of an unknown name, or of somebody whom nobody knows, is an error that says so", async () => {
    const ada = await person("ada");
    const { verification } = ada.client;
    await expect(verification.accept("nonsense")).rejects.toMatchObject({ code: "verification-gone" });
    expect(() => verification.cancel("nonsense")).toThrow("verification-gone");
    expect(() => verification.dismiss("nonsense")).toThrow("verification-gone");
    await expect(verification.request({ kind: "own-devices" })).rejects.toMatchObject({ code: "not-found" });
    await expect(verification.request({ kind: "device", userId: ada.userId, deviceId: "GONE" })).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(verification.request({ kind: "user", userId: ada.userId })).rejects.toMatchObject({ code: "invalid-request" });
    await expect(verification.request({ kind: "user", userId: "@x:localhost", roomId: "!none:localhost" })).rejects.toMatchObject({
      code: "not-found",
    });
  });

  test("that nobody answers ends by itself, and both sides know", async () => {
    const old = await person("ada");
    const fresh = await person("ada", old);
    const flowId = await fresh.client.verification.request({ kind: "own-devices" });
    const { since, expiresAt } = await reaches(old, flowId, "asked");
    expect(expiresAt - since).toBe(600_000);
    putClockForward(590_000);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(view(fresh, flowId)?.state).toBe("asking");
    putClockForward(15_000);
    expect((await reaches(fresh, flowId, "cancelled")).cancel).toMatchObject({ code: "m.timeout" });
    expect((await reaches(old, flowId, "cancelled")).cancel).toMatchObject({ code: "m.timeout" });
    expect(old.client.verification.incoming()).toEqual([]);
    // Ended ones are forgotten after a while, with the next sync.
    await old.stopSyncing();
    putClockForward(700_000);
    await old.until(() => old.client.verification.views().length === 0, "the end of the end");
  });

  test("in a room that we are out of ends", async () => {
    const [ada, bob] = [await person("ada"), await person("bob")];
    const roomId = await ada.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: true });
    await bob.until(() => bob.client.summaries().length > 0, "the invite");
    await bob.client.rooms.join(roomId);
    const flowId = await bob.client.verification.request({ kind: "user", userId: ada.userId, roomId });
    await reaches(ada, flowId, "asked");
    await ada.client.verification.accept(flowId);
    await reaches(bob, flowId, "ready");
    await ada.client.rooms.leave(roomId);
    await ada.client.verification.startSas(flowId);
    await reaches(ada, flowId, "cancelled");
  });

  test("that came before its room key counts once the key is there", async () => {
    const [ada, bob] = [await person("ada"), await person("bob")];
    const roomId = await ada.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: true });
    await bob.until(() => bob.client.summaries().length > 0, "the invite");
    await bob.client.rooms.join(roomId);
    await ada.stopSyncing();
    const flowId = await bob.client.verification.request({ kind: "user", userId: ada.userId });
    const { since, body } = await ada.fetchSync();
    // A server that sends the room key later than the event.
    const { to_device: toDevice, ...rest } = JSON.parse(body);
    ada.client.receiveSync(since, JSON.stringify(rest));
    expect(view(ada, flowId)).toBeUndefined();
    expect(ada.timeline(roomId).some(({ content }) => content.kind === "undecryptable")).toBe(true);
    const late = { next_batch: `${JSON.parse(body).next_batch}`, to_device: toDevice };
    ada.client.receiveSync(ada.client.syncPosition.since, JSON.stringify(late));
    expect(view(ada, flowId)?.state).toBe("asked");
    expect(ada.timeline(roomId).some(({ content }) => content.kind === "undecryptable")).toBe(false);
  });

  test("under a name that another one has is refused, and so is that one", async () => {
    const [ada, bob, eve] = [await person("ada"), await person("bob"), await person("eve")];
    for (const other of [bob, eve]) await other.client.people.devices(ada.userId);
    const ask = async (other: InProcessClient): Promise<void> => {
      const { userId, deviceId } = other.session;
      const content = {
        from_device: deviceId,
        methods: ["m.sas.v1"],
        timestamp: Date.now(),
        transaction_id: "the same",
      };
      const url = `${world.server.url}/_matrix/client/v3/sendToDevice/m.key.verification.request/${userId.length}-${deviceId}`;
      const response = await fetch(url, {
        method: "PUT",
        headers: { authorization: `Bearer ${other.session.accessToken}`, "content-type": "application/json" },
        body: JSON.stringify({ messages: { [ada.userId]: { [ada.session.deviceId]: content } } }),
      });
      expect(response.ok).toBe(true);
    };
    await ask(bob);
    await ada.until(() => ada.client.verification.incoming().length === 1, "the first");
    await ask(eve);
    await ada.until(() => ada.client.verification.incoming().length === 0, "the second");
    expect(ada.client.verification.views()).toEqual([]);
    await expect(ada.client.verification.accept("the same")).rejects.toMatchObject({ code: "verification-gone" });
    expect(ada.machine.getVerificationRequests().map(({ phase }) => phase)).toEqual(["cancelled", "cancelled"]);
  });
});
