import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { must, userId } from "../../../tests/support/megolm-world.ts";
import { parseDeviceId } from "../../../protocol/ids.ts";
import { Account } from "../../primitives/account.ts";
import { soloCrew } from "../../primitives/crew/crew.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import { openMemoryStore, type CryptoStore } from "../../store/store.ts";
import { ParkedMessages, type IncomingMessage } from "./parked-messages.ts";

const BOB = userId("bob");
const CAROL = userId("carol");
const MINUTE = 60_000;

let now = 0;
let store: CryptoStore;
let parked: ParkedMessages;

beforeAll(() => loadOlm());

beforeEach(() => {
  now = 1_700_000_000_000;
  store = openMemoryStore();
  using account = Account.create();
  const env = { now: () => now, randomBytes: (length: number) => new Uint8Array(length) };
  const { identityKeys } = account;
  parked = new ParkedMessages({
    userId: userId("alice"),
    deviceId: must(parseDeviceId("A")),
    identityKeys,
    store,
    env,
    crew: soloCrew,
    pickleKey: new Uint8Array(32),
  });
});

const message = (type: string, sender = BOB): IncomingMessage => ({ kind: "to-device", type, sender, content: {}, at: now });

describe("messages that came too early", () => {
  test("come back once, in order, to their user and flow only", () => {
    const [first, second, other, carols] = [message("1"), message("2"), message("3"), message("4", CAROL)] as const;
    parked.park(BOB, "flow", first);
    parked.park(BOB, "other", other);
    parked.park(CAROL, "flow", carols);
    parked.park(BOB, "flow", second);
    expect([parked.has(BOB, "flow"), parked.has(CAROL, "other"), parked.has(BOB, "none")]).toEqual([true, false, false]);
    expect(parked.take(BOB, "flow")).toEqual([first, second]);
    expect(parked.take(BOB, "flow")).toEqual([]);
    expect(parked.has(BOB, "flow")).toBe(false);
    expect(parked.take(BOB)).toEqual([other]);
    expect(parked.take(CAROL)).toEqual([carols]);
  });

  test("wait for ten minutes, whoever else is asked about", () => {
    parked.park(BOB, "flow", message("1"));
    now += 10 * MINUTE;
    expect(parked.take(CAROL)).toEqual([]);
    expect(parked.has(BOB, "flow")).toBe(true);
    now += 1;
    expect(parked.take(CAROL)).toEqual([]);
    expect(parked.has(BOB, "flow")).toBe(false);
    parked.park(BOB, "flow", message("2"));
    now += 10 * MINUTE + 1;
    expect(parked.take(BOB, "flow")).toEqual([]);
  });

  test("are fifty at most, and there is room again once they are taken", () => {
    const senders = ["u0", "u1", "u2", "u3", "u4"].map(userId);
    for (const sender of senders) for (let n = 0; n < 10; n++) expect(parked.park(sender, "flow", message(`${n}`, sender))).toBe(true);
    expect(parked.park(CAROL, "flow", message("late", CAROL))).toBe(false);
    expect(parked.take(CAROL)).toEqual([]);
    expect(parked.take(userId("u0"))).toHaveLength(10);
    expect(parked.park(CAROL, "flow", message("again", CAROL))).toBe(true);
  });

  test("of one user are ten at most, so that they do not keep everybody else's out", () => {
    for (let n = 0; n < 10; n++) expect(parked.park(BOB, `flow ${n}`, message("m", BOB))).toBe(true);
    expect(parked.park(BOB, "flow", message("m", BOB))).toBe(false);
    expect(parked.park(CAROL, "flow", message("m", CAROL))).toBe(true);
  });

  test.each([10 * MINUTE + 1, -10 * MINUTE - 1])("do not keep new ones out once they are too old (%i ms)", (ms) => {
    const senders = ["u0", "u1", "u2", "u3", "u4"].map(userId);
    for (const sender of senders) for (let n = 0; n < 10; n++) parked.park(sender, "flow", message(`${n}`, sender));
    now += ms;
    // Nobody's devices have changed since: those who sent these may not exist.
    expect(parked.has(userId("u0"), "flow")).toBe(false);
    expect(parked.park(CAROL, "flow", message("late", CAROL))).toBe(true);
  });

  test("are there again where the transaction that took them rolls back", () => {
    const early = message("1");
    parked.park(BOB, "flow", early);
    expect(() =>
      store.transaction(() => {
        expect(parked.take(BOB)).toEqual([early]);
        throw new Error("rolled back");
      }),
    ).toThrow("rolled back");
    expect(parked.take(BOB)).toEqual([early]);
  });
});
