import { beforeAll, describe, expect, test } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { OlmMachine } from "../olm-machine.ts";

beforeAll(() => OlmMachine.ready());

const ROOM = "!room:example.org";

type World = { server: KeyServer; first: TestDevice; second: TestDevice; bob: TestDevice };

/** Alice's identity was made on her first device; the second one and Bob know it. */
function world(): World {
  const server = new KeyServer();
  const clock = new TestClock();
  const first = new TestDevice(server, "@alice:example.org", "A1", clock);
  first.flush();
  first.send(...first.machine.bootstrapCrossSigning());
  const second = new TestDevice(server, first.userId, "A2", clock);
  const bob = new TestDevice(server, "@bob:example.org", "B", clock);
  bob.flush();
  bob.send(...bob.machine.bootstrapCrossSigning());
  for (const device of [first, second, bob]) device.askFor(first.userId, bob.userId);
  return { server, first, second, bob };
}

describe("our private keys", () => {
  test("all three make another device a full one: verified identity, signed device, and their public halves agree", () => {
    const { first, second, bob } = world();
    const seeds = first.machine.exportCrossSigningKeys();
    expect(Object.keys(seeds)).toEqual(["master", "selfSigning", "userSigning"]);
    for (const seed of Object.values(seeds)) expect(seed).toMatch(/^[A-Za-z0-9+/]{43}$/);
    expect(second.machine.exportCrossSigningKeys()).toEqual({});

    const outcome = second.machine.importCrossSigningKeys(seeds);
    expect(outcome).toMatchObject({ imported: ["master", "selfSigning", "userSigning"], mismatched: [] });
    expect(second.machine.crossSigningStatus()).toEqual({ hasMaster: true, hasSelfSigning: true, hasUserSigning: true });
    expect(second.machine.getIdentity(second.userId)).toMatchObject({ verified: true, previouslyVerified: true });
    expect(second.machine.getDevice(second.userId, "A2")).toMatchObject({ crossSigned: true, verified: true });
    expect(second.machine.getDevice(second.userId, "A1")).toMatchObject({ verified: true });
    expect(second.machine.exportCrossSigningKeys()).toEqual(seeds);
    expect(second.waiting("signatures_upload")).toEqual(outcome.requests);
    second.flush();
    expect(second.waiting("signatures_upload")).toEqual([]);
    bob.askFor(first.userId);
    expect(bob.machine.getDevice(first.userId, "A2")?.crossSigned).toBe(true);
  });

  test("the signatures outlive a restart, and are those of the keys", () => {
    const { first, second } = world();
    const { requests } = second.machine.importCrossSigningKeys(first.machine.exportCrossSigningKeys());
    expect(requests).toHaveLength(2);
    second.restart();
    expect(second.waiting("signatures_upload").map(({ id }) => id)).toEqual(requests.map(({ id }) => id));
    second.flush();
    first.askFor(first.userId);
    expect(first.machine.getDevice(first.userId, "A2")?.verified).toBe(true);
  });

  test("the master key alone verifies the identity and signs nothing with the others", () => {
    const { first, second } = world();
    const { master } = first.machine.exportCrossSigningKeys();
    expect(second.machine.importCrossSigningKeys({ master })).toMatchObject({ imported: ["master"], mismatched: [] });
    expect(second.machine.getIdentity(second.userId)?.verified).toBe(true);
    expect(second.machine.getDevice(second.userId, "A2")?.crossSigned).toBe(false);
    expect(second.machine.crossSigningStatus()).toEqual({ hasMaster: true, hasSelfSigning: false, hasUserSigning: false });
  });

  test("without the master key nothing is verified; with it afterwards the device is signed", () => {
    const { first, second } = world();
    const { master, selfSigning, userSigning } = first.machine.exportCrossSigningKeys();
    expect(second.machine.importCrossSigningKeys({ selfSigning, userSigning })).toMatchObject({
      imported: ["selfSigning", "userSigning"],
      requests: [],
    });
    expect(second.machine.getIdentity(second.userId)?.verified).toBe(false);
    expect(second.machine.getDevice(second.userId, "A2")?.crossSigned).toBe(false);
    second.machine.importCrossSigningKeys({ master });
    expect(second.machine.getDevice(second.userId, "A2")?.crossSigned).toBe(true);
  });

  test("of another identity, swapped, cut short or no base64: nothing is kept of those, and the others count (CVE-2022-39264)", () => {
    const { first, second, bob } = world();
    const ours = first.machine.exportCrossSigningKeys();
    const theirs = bob.machine.exportCrossSigningKeys();
    const bad = [
      theirs,
      { master: ours.selfSigning, selfSigning: ours.userSigning, userSigning: ours.master },
      { master: ours.master?.slice(0, 42), selfSigning: "", userSigning: `${ours.userSigning}AAAA` },
      { master: " ", selfSigning: `${ours.selfSigning}\n`, userSigning: "é" },
    ];
    for (const seeds of bad) {
      expect(second.machine.importCrossSigningKeys(seeds)).toEqual({
        imported: [],
        mismatched: ["master", "selfSigning", "userSigning"],
        requests: [],
      });
    }
    expect(second.machine.crossSigningStatus()).toEqual({ hasMaster: false, hasSelfSigning: false, hasUserSigning: false });
    expect(second.machine.getIdentity(second.userId)?.verified).toBe(false);
    const mixed = { ...ours, userSigning: theirs.userSigning };
    expect(second.machine.importCrossSigningKeys(mixed)).toMatchObject({
      imported: ["master", "selfSigning"],
      mismatched: ["userSigning"],
    });
  });

  test("padded base64 is taken too, and importing again changes nothing", () => {
    const { first, second } = world();
    const seeds = first.machine.exportCrossSigningKeys();
    second.machine.importCrossSigningKeys({ ...seeds, master: `${seeds.master}=` });
    second.flush();
    expect(second.machine.importCrossSigningKeys(seeds)).toEqual({
      imported: ["master", "selfSigning", "userSigning"],
      mismatched: [],
      requests: [],
    });
  });

  test("everyone's trust follows: whom the first device verified is verified here too, also behind sessions that came before", () => {
    const { first, second, bob } = world();
    first.send(...first.machine.verifyIdentity(bob.userId));
    second.askFor(bob.userId);
    bob.machine.markUsersAsChanged([second.userId]);
    bob.meet(second);
    const event = bob.say(ROOM, "hello", second);
    second.sync();
    const stateOf = (): unknown => {
      const decrypted = second.machine.decryptRoomEvent(event, ROOM);
      return decrypted.ok ? decrypted.event.encryptionInfo.verificationState : decrypted.reason;
    };
    expect(stateOf()).toBe("unverifiedIdentity");
    second.machine.importCrossSigningKeys(first.machine.exportCrossSigningKeys());
    expect(second.machine.getIdentity(bob.userId)?.verified).toBe(true);
    expect(stateOf()).toBe("verified");
  });

  test("cannot be judged before our identity is known", () => {
    const { server, first } = world();
    const seeds = first.machine.exportCrossSigningKeys();
    const third = new TestDevice(server, first.userId, "A3", new TestClock());
    expect(() => third.machine.importCrossSigningKeys(seeds)).toThrow("unknown-identity");
    expect(third.machine.crossSigningStatus().hasMaster).toBe(false);
  });
});
