import { beforeAll, describe, expect, test } from "vitest";
import { aliceAndBob, type AliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import { damaged, messageOf, ping, receive } from "../../../tests/support/olm-events.ts";
import type { JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";

// Where matrix-sdk-crypto was seen to go wrong: what a damaged session and a doubled key lead to.

const ROOM = "!room:example.org";
const HOUR = 60 * 60 * 1000;

beforeAll(() => OlmMachine.ready());

/** Each has a session with the other. */
function world(): AliceAndBob {
  const all = aliceAndBob();
  all.alice.meet(all.bob);
  all.bob.meet(all.alice);
  return all;
}

describe("a damaged pre-key message", () => {
  test("of a session that exists leads to a new one, and what comes after it is read", () => {
    const { clock, alice, bob } = world();
    const first = ping(alice, bob);
    const second = ping(alice, bob);
    // Bob has not answered, so that Alice's messages are still pre-key messages of the same session.
    expect([messageOf(first).type, messageOf(second).type]).toEqual([0, 0]);
    expect(receive(bob, first)).toEqual(["decrypted"]);
    clock.advance(HOUR);
    expect(receive(bob, damaged(second))).toEqual(["unableToDecrypt"]);
    expect(bob.waiting("keys_claim")).toHaveLength(1);
    bob.flush();
    expect(alice.sync().toDeviceEvents).toMatchObject([{ kind: "decrypted", event: { type: "m.dummy" } }]);
    expect(receive(bob, ping(alice, bob))).toEqual(["decrypted"]);
    expect(bob.waiting("keys_claim")).toEqual([]);
  });
});

test("a first message that comes late puts its session into use again, also over a restart", () => {
  const { alice, bob } = world();
  const current = (): string | undefined => bob.store.olmSessions.withDevice(alice.machine.identityKeys.curve25519)[0]?.sessionId;
  const [first, late] = [ping(alice, bob), ping(alice, bob)] as const;
  expect(receive(bob, first)).toEqual(["decrypted"]);
  const session = current();
  // Bob has made a session too, in which Alice answers.
  bob.store.wedgedDevices.add(alice.machine.userId, alice.machine.deviceId);
  bob.flush();
  alice.sync();
  expect(receive(bob, ping(alice, bob))).toEqual(["decrypted"]);
  expect(current()).not.toBe(session);
  expect(messageOf(late).type).toBe(0);
  expect(receive(bob, late)).toEqual(["decrypted"]);
  expect(current()).toBe(session);
  bob.restart();
  expect(current()).toBe(session);
  expect(receive(alice, ping(bob, alice))).toEqual(["decrypted"]);
});

describe("a device whose session is broken", () => {
  test("and that has no one-time keys left is claimed for less and less often, not at every poll", () => {
    const { server, clock, alice, bob } = world();
    receive(bob, ping(alice, bob));
    clock.advance(HOUR);
    receive(bob, damaged(ping(alice, bob)));
    const keys = server.device(alice.userId, alice.deviceId);
    keys.oneTimeKeys.clear();
    keys.fallbackKey = undefined;
    for (const delay of [15_000, 30_000, 60_000, 120_000]) {
      bob.send(...bob.waiting("keys_claim"));
      expect(bob.waiting("keys_claim")).toEqual([]);
      clock.advance(delay - 1);
      expect(bob.waiting("keys_claim")).toEqual([]);
      clock.advance(1);
      expect(bob.waiting("keys_claim")).toHaveLength(1);
    }
  });
});

describe("two copies of a room key in one batch", () => {
  test.each(["the better one first", "the better one last"])("leave the earlier index, %s", (order) => {
    const { server, alice, bob } = world();
    const share = (): JsonObject[] => server.sync(bob.userId, bob.deviceId).toDeviceEvents;
    const early = alice.say(ROOM, "early", bob);
    const better = share();
    const late = alice.say(ROOM, "late", bob);
    // Bob's device starts a session of its own, which makes Alice give it the key again, from the present index on.
    bob.store.wedgedDevices.add(alice.machine.userId, alice.machine.deviceId);
    bob.flush();
    alice.sync();
    alice.flush();
    const worse = share();
    expect([better.length, worse.length]).toEqual([1, 1]);
    const batch = order === "the better one first" ? [...better, ...worse] : [...worse, ...better];
    expect(receive(bob, ...batch)).toEqual(["decrypted", "decrypted"]);
    for (const event of [early, late]) expect(bob.machine.decryptRoomEvent(event, ROOM)).toMatchObject({ ok: true });
  });
});
