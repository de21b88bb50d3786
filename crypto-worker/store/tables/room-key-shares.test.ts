import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { must, newDevice, roomId, userId } from "../../../tests/support/megolm-world.ts";
import { parseSessionId } from "../../../protocol/ids.ts";
import type { Device } from "../../machine/devices/device.ts";
import { openMemoryStore, type CryptoStore } from "../store.ts";

const alice = newDevice(userId("alice"), "A");
const bob = newDevice(userId("bob"), "B");
const carol = newDevice(userId("carol"), "C");

let store: CryptoStore;
beforeEach(() => {
  store = openMemoryStore();
});
afterEach(() => {
  vi.restoreAllMocks();
  store.close();
});

/** A room whose key was sent, or refused, to these devices. */
function share(room: string, withheld: boolean, ...devices: readonly Device[]): void {
  const sessionId = must(parseSessionId("A".repeat(43)));
  const times = { createdAt: 0, rotationPeriodMs: 1, rotationPeriodMsgs: 1, reservedIndex: 0 };
  if (store.outboundGroupSessions.load(roomId(room)) === undefined)
    store.outboundGroupSessions.insert({ roomId: roomId(room), sessionId, pickle: "", historyVisibility: "shared", ...times });
  store.roomKeyShares.insert({
    requestId: `${room} ${devices.map(({ userId: user }) => user).join()} ${withheld}`,
    roomId: roomId(room),
    withheld,
    messageIndex: 0,
    recipients: devices.map(({ userId: user, deviceId, curve25519 }) => [user, [[deviceId, curve25519, withheld ? "m.no_olm" : 0]]]),
    messages: undefined,
  });
}

test("the rooms of a device are those whose key was sent to it, and no share is parsed to find them", () => {
  share("both", false, alice, bob);
  share("in two requests", false, alice);
  share("in two requests", false, bob);
  share("refused", true, bob);
  share("of others", false, alice, carol);
  const parse = vi.spyOn(JSON, "parse");
  expect(store.roomKeyShares.roomsOf([bob.curve25519]).toSorted()).toEqual([roomId("both"), roomId("in two requests")]);
  expect(store.roomKeyShares.roomsOf([bob.curve25519, carol.curve25519])).toContain(roomId("of others"));
  expect(store.roomKeyShares.roomsOf([])).toEqual([]);
  expect(store.roomKeyShares.roomsOf([bob.curve25519.slice(0, -1)])).toEqual([]);
  expect(parse).not.toHaveBeenCalled();
});
