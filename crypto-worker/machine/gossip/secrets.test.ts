import { beforeAll, describe, expect, test, vi } from "vitest";
import { answersOf, encrypted, requestsOf, settle, type GossipWorld } from "../../../tests/support/gossip-world.ts";
import { refresh, KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { parseCurve25519PublicKey, type Curve25519PublicKey } from "../../../protocol/ids.ts";
import { encodeBase64 } from "../../primitives/base64.ts";
import { isJsonObject, stringField, type JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";

const ALICE = "@alice:example.org";
const MINUTE = 60_000;
const CROSS_SIGNING = ["m.cross_signing.master", "m.cross_signing.self_signing", "m.cross_signing.user_signing"];
const BACKUP_KEY = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

beforeAll(() => OlmMachine.ready());

/** Alice's old device has all her secrets. The new one knows the old one, and neither has verified the other. */
function world(): GossipWorld {
  const server = new KeyServer();
  const clock = new TestClock();
  const old = new TestDevice(server, ALICE, "OLD", clock);
  const fresh = new TestDevice(server, ALICE, "NEW", clock);
  const bob = new TestDevice(server, "@bob:example.org", "B", clock);
  for (const device of [old, fresh, bob]) device.flush();
  for (const device of [old, bob]) device.send(...device.machine.bootstrapCrossSigning());
  refresh(old, fresh, bob);
  return { server, clock, old, fresh, bob };
}

/** As at the end of a verification: the old device has signed the new one, which trusts the identity and has not sent anything yet. */
function verified(): GossipWorld {
  const all = world();
  all.old.send(...all.old.machine.verifyOwnDevice("NEW"));
  refresh(all.old, all.fresh);
  all.fresh.send(...all.fresh.machine.verifyIdentity(ALICE));
  return all;
}

function giveBackupKey(device: TestDevice): void {
  const publicKey = parseCurve25519PublicKey(device.machine.identityKeys.curve25519);
  if (!publicKey.ok) throw new Error("no key");
  device.store.backupKeys.saveDecryptionKey({
    version: "1",
    privateKey: BACKUP_KEY,
    publicKey: publicKey.value satisfies Curve25519PublicKey,
  });
}

const secretRequest = (name: string, changes: JsonObject = {}, sender = ALICE): JsonObject => ({
  type: "m.secret.request",
  sender,
  content: { action: "request", request_id: "request", requesting_device_id: "NEW", name, ...changes },
});

describe("a device whose user verified it", () => {
  test("asks by itself, is given everything, and has a full identity afterwards", () => {
    const { old, fresh } = verified();
    giveBackupKey(old);
    expect(requestsOf(fresh).map((content) => content["name"])).toEqual([...CROSS_SIGNING, "m.megolm_backup.v1"]);
    expect(fresh.machine.hasOpenSecretRequests()).toBe(true);
    expect(settle(fresh, old).toSorted()).toEqual([...CROSS_SIGNING, "m.megolm_backup.v1"]);
    expect(fresh.machine.hasOpenSecretRequests()).toBe(false);
    expect(fresh.machine.exportCrossSigningKeys()).toEqual(old.machine.exportCrossSigningKeys());
    expect(fresh.machine.getDevice(ALICE, "NEW")).toMatchObject({ crossSigned: true, verified: true });
    const [received, ...more] = fresh.machine.secretsInbox();
    expect(more).toEqual([]);
    expect(received?.name).toBe("m.megolm_backup.v1");
    expect(received?.secret.use((bytes) => Uint8Array.from(bytes))).toEqual(BACKUP_KEY);
    fresh.restart();
    expect(fresh.machine.secretsInbox()).toHaveLength(1);
    fresh.machine.dismissSecret("m.megolm_backup.v1");
    expect(fresh.machine.secretsInbox()).toEqual([]);
    for (const device of [old, fresh]) expect(device.waiting("to_device")).toEqual([]);
  });

  test("by comparing codes: nothing else is needed on either side", () => {
    const { old, fresh } = world();
    giveBackupKey(old);
    const secrets: string[] = [];
    const step = (device: TestDevice, requests: readonly OutgoingRequest[]): void => {
      device.send(...requests);
      secrets.push(...settle(fresh, old));
    };
    const { flowId, requests } = fresh.machine.requestOwnVerification(["m.sas.v1"]);
    step(fresh, requests);
    step(old, old.machine.acceptVerification(ALICE, flowId, ["m.sas.v1"]));
    step(fresh, fresh.machine.startSas(ALICE, flowId));
    step(old, old.machine.acceptSas(ALICE, flowId));
    step(old, old.machine.confirmSas(ALICE, flowId));
    expect(secrets).toEqual([]);
    step(fresh, fresh.machine.confirmSas(ALICE, flowId));
    expect(secrets.toSorted()).toEqual([...CROSS_SIGNING, "m.megolm_backup.v1"]);
    expect(fresh.machine.exportCrossSigningKeys()).toEqual(old.machine.exportCrossSigningKeys());
  });

  test("takes its requests back at everybody once they are answered", () => {
    const { old, fresh, server, clock } = verified();
    const third = new TestDevice(server, ALICE, "THIRD", clock);
    third.flush();
    settle(fresh, old);
    const { toDeviceEvents } = third.sync();
    const actions = toDeviceEvents.map(({ event }) => [event.content["action"], event.content["request_id"]]);
    const ids = (action: string): unknown[] => actions.filter(([name]) => name === action).map(([, id]) => id);
    expect(ids("request")).toHaveLength(4);
    expect(ids("request_cancellation")).toHaveLength(3);
    for (const id of ids("request_cancellation")) expect(ids("request")).toContain(id);
  });

  test("does not ask for what it has, and takes back what it got in another way", () => {
    const { old, fresh } = verified();
    fresh.flush();
    const seeds = old.machine.exportCrossSigningKeys();
    fresh.machine.importCrossSigningKeys(seeds);
    expect(requestsOf(fresh, "request_cancellation")).toHaveLength(3);
    fresh.flush();
    giveBackupKey(fresh);
    expect(requestsOf(fresh, "request_cancellation")).toHaveLength(1);
    fresh.flush();
    expect(fresh.machine.hasOpenSecretRequests()).toBe(false);
    fresh.machine.requestMissingSecrets();
    expect(fresh.waiting("to_device")).toEqual([]);
  });

  test("does not ask for a backup's key that waits to be looked at", () => {
    const { old, fresh } = verified();
    giveBackupKey(old);
    settle(fresh, old);
    expect(fresh.machine.secretsInbox()).toHaveLength(1);
    fresh.machine.requestMissingSecrets();
    expect(fresh.waiting("to_device")).toEqual([]);
    fresh.machine.dismissSecret("m.megolm_backup.v1");
    fresh.machine.requestMissingSecrets();
    expect(requestsOf(fresh)).toMatchObject([{ name: "m.megolm_backup.v1" }]);
  });

  test("has one open request a secret: asking again waits for the first to go out, then replaces it", () => {
    const { fresh } = verified();
    const first = requestsOf(fresh).map((content) => content["request_id"]);
    fresh.machine.requestMissingSecrets();
    expect(requestsOf(fresh).map((content) => content["request_id"])).toEqual(first);
    fresh.flush();
    fresh.machine.requestMissingSecrets();
    const second = requestsOf(fresh).map((content) => content["request_id"]);
    expect(second).toHaveLength(4);
    expect(requestsOf(fresh, "request_cancellation").map((content) => content["request_id"])).toEqual(first);
    for (const id of second) expect(first).not.toContain(id);
  });

  test("keeps its requests over a restart, with their transaction ids", () => {
    const { old, fresh } = verified();
    const before = fresh.waiting("to_device");
    expect(before).toHaveLength(4);
    fresh.restart();
    expect(fresh.waiting("to_device")).toEqual(before);
    fresh.flush();
    fresh.restart();
    expect(settle(fresh, old)).toHaveLength(3);
  });

  test("shows no secret in a result, nor in a request that goes in clear", () => {
    const { old, fresh } = verified();
    giveBackupKey(old);
    const secrets = [...Object.values(old.machine.exportCrossSigningKeys()), encodeBase64(BACKUP_KEY)];
    fresh.flush();
    const results: unknown[] = [old.sync(), old.machine.outgoingRequests()];
    old.flush();
    results.push(old.machine.outgoingRequests(), old.server.device(ALICE, "NEW").inbox, fresh.sync(), fresh.machine.secretsInbox());
    const text = JSON.stringify(results);
    for (const secret of secrets) expect(text).not.toContain(secret);
  });
});

describe("answering a request", () => {
  test("without an Olm session claims keys first, also over a restart", () => {
    const { old, fresh } = verified();
    fresh.flush();
    old.sync();
    const claim = old.machine.outgoingRequests().find(({ kind }) => kind === "keys_claim");
    expect(claim?.body).toMatchObject({ one_time_keys: { [ALICE]: { NEW: "signed_curve25519" } } });
    expect(answersOf(old)).toEqual([]);
    old.restart();
    old.send(old.machine.outgoingRequests().find(({ kind }) => kind === "keys_claim"));
    expect(answersOf(old)).toHaveLength(3);
    const answers = answersOf(old);
    old.restart();
    expect(answersOf(old)).toEqual(answers);
  });

  test("that came before the device was verified waits for that, ten minutes at most", () => {
    for (const [delay, count] of [
      [10 * MINUTE - 1, 1],
      [10 * MINUTE, 0],
    ] as const) {
      const { clock, old } = world();
      old.machine.receiveSyncChanges({ toDeviceEvents: [secretRequest("m.cross_signing.master")] });
      old.flush();
      expect(answersOf(old)).toEqual([]);
      clock.advance(delay);
      old.flush();
      old.send(...old.machine.verifyOwnDevice("NEW"));
      old.send(...old.machine.outgoingRequests());
      expect(answersOf(old)).toHaveLength(count);
    }
  });

  test("that was taken back is left out", () => {
    const { old } = world();
    const cancellation = secretRequest("", { action: "request_cancellation" });
    old.machine.receiveSyncChanges({ toDeviceEvents: [secretRequest("m.cross_signing.master"), cancellation] });
    old.send(...old.machine.verifyOwnDevice("NEW"));
    old.flush();
    expect(answersOf(old)).toEqual([]);
    expect(old.store.waitingRequests.count()).toBe(0);
  });

  test("to a device that is not known yet waits for the list of our devices, and asks for it once", () => {
    const { server, clock, old } = verified();
    const third = new TestDevice(server, ALICE, "THIRD", clock);
    third.flush();
    old.machine.receiveSyncChanges({ toDeviceEvents: [secretRequest("m.cross_signing.master", { requesting_device_id: "THIRD" })] });
    const queries = old.machine.outgoingRequests().filter(({ kind }) => kind === "keys_query");
    expect(queries).toHaveLength(1);
    old.flush();
    expect(old.machine.outgoingRequests()).toEqual([]);
    old.send(...old.machine.verifyOwnDevice("THIRD"));
    old.send(...old.machine.outgoingRequests());
    expect(answersOf(old)).toHaveLength(1);
  });

  const refused: [string, (world: GossipWorld) => JsonObject][] = [
    ["of another user", ({ bob }) => secretRequest("m.cross_signing.master", { requesting_device_id: "B" }, bob.userId)],
    ["of ourselves", () => secretRequest("m.cross_signing.master", { requesting_device_id: "OLD" })],
    ["for what is no secret of ours", () => secretRequest("org.example.password")],
    ["for what we do not have", () => secretRequest("m.megolm_backup.v1")],
    ["without an id", () => secretRequest("m.cross_signing.master", { request_id: "" })],
    [
      "of a device that speaks for another",
      ({ old, fresh, server, clock }) => {
        const third = new TestDevice(server, ALICE, "THIRD", clock);
        third.flush();
        refresh(old, fresh, third);
        const { content } = secretRequest("m.cross_signing.master");
        return encrypted(third, old, "m.secret.request", isJsonObject(content) ? content : {});
      },
    ],
  ];
  test.each(refused)("is refused: %s", (_name, make) => {
    const all = verified();
    all.old.machine.receiveSyncChanges({ toDeviceEvents: [make(all)] });
    all.old.flush();
    expect(all.old.store.waitingRequests.count()).toBe(0);
    expect(all.old.server.device(ALICE, "NEW").inbox.filter(({ type }) => type === "m.room.encrypted")).toEqual([]);
    expect(all.old.server.device("@bob:example.org", "B").inbox).toEqual([]);
  });

  test("is refused to a device that is only marked on this one, and to one that is blocked", () => {
    const marked = world();
    marked.old.machine.setLocalTrust(ALICE, "NEW", "verified");
    marked.old.machine.receiveSyncChanges({ toDeviceEvents: [secretRequest("m.cross_signing.master")] });
    marked.old.flush();
    expect(answersOf(marked.old)).toEqual([]);
    expect(marked.server.device(ALICE, "NEW").inbox).toEqual([]);
    const blocked = verified();
    blocked.old.machine.setLocalTrust(ALICE, "NEW", "blacklisted");
    blocked.old.machine.receiveSyncChanges({ toDeviceEvents: [secretRequest("m.cross_signing.master")] });
    expect(blocked.old.store.waitingRequests.count()).toBe(0);
  });

  test("is refused where our own identity is not verified here: a server can make one (CVE-2024-40648)", () => {
    const { old, fresh, bob } = world();
    giveBackupKey(fresh);
    refresh(fresh, old);
    fresh.machine.receiveSyncChanges({ toDeviceEvents: [secretRequest("m.megolm_backup.v1", { requesting_device_id: "OLD" })] });
    fresh.flush();
    expect(answersOf(fresh)).toEqual([]);
    expect(old.server.device(ALICE, "OLD").inbox).toEqual([]);
    bob.flush();
  });

  test("goes to the device's own keys, not to those that a server puts under its id (CVE-2021-40823)", () => {
    const { server, clock, old } = verified();
    const impostor = new TestDevice(new KeyServer(), ALICE, "NEW", clock);
    impostor.flush();
    server.device(ALICE, "NEW").keys = impostor.server.device(ALICE, "NEW").keys;
    old.machine.markUsersAsChanged([ALICE]);
    old.machine.receiveSyncChanges({ toDeviceEvents: [secretRequest("m.cross_signing.master")] });
    old.flush();
    const inbox = server.device(ALICE, "NEW").inbox.filter(({ type }) => type === "m.room.encrypted");
    expect(JSON.stringify(inbox)).not.toContain(impostor.machine.identityKeys.curve25519);
    expect(impostor.machine.receiveSyncChanges({ toDeviceEvents: inbox }).toDeviceEvents.some(({ kind }) => kind === "decrypted")).toBe(
      false,
    );
  });

  test("a flood of requests fills no more than a bounded place", () => {
    const { old } = world();
    const toDeviceEvents = Array.from({ length: 500 }, (_, n) => secretRequest("m.cross_signing.master", { request_id: `${n}` }));
    old.machine.receiveSyncChanges({ toDeviceEvents });
    expect(old.store.waitingRequests.count()).toBe(200);
  });
});

describe("an answer", () => {
  /** A request for this secret is out; its id. */
  function asked({ fresh }: GossipWorld, name: string): string {
    const [request] = requestsOf(fresh).filter((content) => content["name"] === name);
    fresh.flush();
    return stringField(request ?? {}, "request_id") ?? "";
  }

  test("counts over Olm only (CVE-2022-39251, CVE-2022-39249)", () => {
    const all = verified();
    const { old, fresh } = all;
    const requestId = asked(all, "m.cross_signing.master");
    const content = { request_id: requestId, secret: old.machine.exportCrossSigningKeys().master ?? "" };
    const plain = fresh.machine.receiveSyncChanges({ toDeviceEvents: [{ type: "m.secret.send", sender: ALICE, content }] });
    expect(plain.secretsReceived).toEqual([]);
    expect(fresh.machine.crossSigningStatus().hasMaster).toBe(false);
    const event = encrypted(old, fresh, "m.secret.send", content);
    expect(fresh.machine.receiveSyncChanges({ toDeviceEvents: [event] }).secretsReceived).toEqual(["m.cross_signing.master"]);
    expect(fresh.machine.crossSigningStatus().hasMaster).toBe(true);
  });

  const poisoned: [string, (world: GossipWorld) => string][] = [
    ["another user's key", ({ bob }) => bob.machine.exportCrossSigningKeys().master ?? ""],
    ["another key of ours", ({ old }) => old.machine.exportCrossSigningKeys().selfSigning ?? ""],
    ["too short", () => encodeBase64(BACKUP_KEY.subarray(1))],
    ["too long", () => "A".repeat(1000)],
    ["no base64", () => "!".repeat(43)],
    ["nothing", () => ""],
  ];
  test.each(poisoned)("with a poisoned secret is refused and the request stays open: %s (CVE-2022-39264)", (_name, make) => {
    const all = verified();
    const { old, fresh } = all;
    const requestId = asked(all, "m.cross_signing.master");
    const event = encrypted(old, fresh, "m.secret.send", { request_id: requestId, secret: make(all) });
    const { secretsReceived, toDeviceEvents } = fresh.machine.receiveSyncChanges({ toDeviceEvents: [event] });
    expect(secretsReceived).toEqual([]);
    expect(toDeviceEvents).toMatchObject([{ kind: "decrypted", event: { content: { request_id: requestId } } }]);
    expect(fresh.machine.crossSigningStatus()).toEqual({ hasMaster: false, hasSelfSigning: false, hasUserSigning: false });
    expect(fresh.store.secretRequests.find(requestId)).toBeDefined();
    const right = { request_id: requestId, secret: old.machine.exportCrossSigningKeys().master ?? "" };
    expect(
      fresh.machine.receiveSyncChanges({ toDeviceEvents: [encrypted(old, fresh, "m.secret.send", right)] }).secretsReceived,
    ).toHaveLength(1);
  });

  test("that is no backup key does not reach the inbox, and one that is turns nothing on (Albrecht et al. 2022)", () => {
    const all = verified();
    const { old, fresh } = all;
    const requestId = asked(all, "m.megolm_backup.v1");
    for (const secret of ["x", encodeBase64(BACKUP_KEY.subarray(1)), "A".repeat(44)]) {
      const event = encrypted(old, fresh, "m.secret.send", { request_id: requestId, secret });
      expect(fresh.machine.receiveSyncChanges({ toDeviceEvents: [event] }).secretsReceived).toEqual([]);
    }
    expect(fresh.machine.secretsInbox()).toEqual([]);
    const event = encrypted(old, fresh, "m.secret.send", { request_id: requestId, secret: encodeBase64(BACKUP_KEY) });
    // Whoever sent it does so once.
    using lasting = vi.spyOn(fresh.store, "requireDurability");
    expect(fresh.machine.receiveSyncChanges({ toDeviceEvents: [event] }).secretsReceived).toEqual(["m.megolm_backup.v1"]);
    expect(lasting).toHaveBeenCalled();
    expect(fresh.store.backupKeys.loadDecryptionKey()).toBeUndefined();
    expect(fresh.store.backupKeys.load()).toBeUndefined();
  });

  const unwelcome: [string, (world: GossipWorld, requestId: string) => TestDevice | undefined][] = [
    ["another user", ({ bob }) => bob],
    ["a device of ours that is not signed", ({ server, clock }) => newDevice(server, clock)],
    [
      "a device of ours that is only marked here",
      ({ server, clock, fresh }) => {
        const third = newDevice(server, clock);
        refresh(fresh, third);
        fresh.machine.setLocalTrust(ALICE, "THIRD", "verified");
        return third;
      },
    ],
    [
      "a device that was blocked",
      ({ old, fresh }) => {
        fresh.machine.setLocalTrust(ALICE, "OLD", "blacklisted");
        return old;
      },
    ],
    [
      "a device that was deleted",
      ({ server, old, fresh }) => {
        refresh(old, fresh);
        server.remove(ALICE, "OLD");
        fresh.machine.markUsersAsChanged([ALICE]);
        fresh.flush();
        return old;
      },
    ],
    [
      "anybody while our identity is another one",
      ({ fresh, old, bob }) => {
        refresh(bob, fresh);
        old.send(...old.machine.bootstrapCrossSigning({ reset: true }));
        refresh(fresh, old);
        return old;
      },
    ],
  ];
  function newDevice(server: KeyServer, clock: TestClock): TestDevice {
    const device = new TestDevice(server, ALICE, "THIRD", clock);
    device.flush();
    return device;
  }
  test.each(unwelcome)("is refused from %s", (_name, choose) => {
    const all = verified();
    const requestId = asked(all, "m.cross_signing.master");
    const { master } = all.old.machine.exportCrossSigningKeys();
    const from = choose(all, requestId);
    if (from === undefined) throw new Error("nobody");
    const event = encrypted(from, all.fresh, "m.secret.send", { request_id: requestId, secret: master ?? "" });
    expect(all.fresh.machine.receiveSyncChanges({ toDeviceEvents: [event] }).secretsReceived).toEqual([]);
    expect(all.fresh.machine.crossSigningStatus().hasMaster).toBe(false);
  });

  test("that nobody asked for is refused, and so is a second one (CVE-2022-39249)", () => {
    const all = verified();
    const { old, fresh } = all;
    const requestId = asked(all, "m.megolm_backup.v1");
    const answer = (id: string) => encrypted(old, fresh, "m.secret.send", { request_id: id, secret: encodeBase64(BACKUP_KEY) });
    const receive = (event: JsonObject) => fresh.machine.receiveSyncChanges({ toDeviceEvents: [event] }).secretsReceived;
    expect(receive(answer("another"))).toEqual([]);
    expect(receive(answer(requestId))).toEqual(["m.megolm_backup.v1"]);
    fresh.machine.dismissSecret("m.megolm_backup.v1");
    expect(receive(answer(requestId))).toEqual([]);
    expect(fresh.machine.secretsInbox()).toEqual([]);
  });

  test("to a request that was replaced is refused", () => {
    const all = verified();
    const { old, fresh } = all;
    const requestId = asked(all, "m.megolm_backup.v1");
    fresh.machine.requestMissingSecrets();
    const event = encrypted(old, fresh, "m.secret.send", { request_id: requestId, secret: encodeBase64(BACKUP_KEY) });
    expect(fresh.machine.receiveSyncChanges({ toDeviceEvents: [event] }).secretsReceived).toEqual([]);
  });
});
