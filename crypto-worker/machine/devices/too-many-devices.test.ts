import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseDeviceId } from "../../../protocol/ids.ts";
import { aliceAndBob, type AliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import { TestDevice } from "../../../tests/support/machine-world.ts";
import { must } from "../../../tests/support/megolm-world.ts";
import type { JsonObject } from "../../wire/json.ts";
import { MAX_DEVICES_PER_USER } from "../../wire/keys-responses.ts";
import type { RequestOutcome } from "../machine-parts.ts";
import { OlmMachine } from "../olm-machine.ts";
import { MAX_KEPT_PER_USER } from "./devices.ts";

const CAROL = "@carol:example.org";

let all: AliceAndBob;
let carol: TestDevice;

beforeAll(() => OlmMachine.ready());

/** Alice follows Bob, of whom she knows one device, and Carol, of whom she knows none. */
beforeEach(() => {
  all = aliceAndBob();
  carol = new TestDevice(all.server, CAROL, "C", all.clock);
  carol.flush();
  all.alice.machine.updateTrackedUsers([all.bob.userId]);
  all.alice.flush();
  all.alice.machine.updateTrackedUsers([CAROL]);
});

const keysOf = ({ userId, deviceId }: TestDevice): JsonObject => all.server.device(userId, deviceId).keys ?? {};

/** So many devices of Bob's, whose keys are those of his only one. */
function crowd(count: number, own: JsonObject = { B: keysOf(all.bob) }): JsonObject {
  const more = Array.from({ length: count - Object.keys(own).length }, (_, n) => [`X${n}`, keysOf(all.bob)] as const);
  return { ...own, ...Object.fromEntries(more) };
}

function answer(deviceKeys: JsonObject): RequestOutcome {
  all.alice.machine.markUsersAsChanged([all.bob.userId]);
  const [query] = all.alice.waiting("keys_query");
  return all.alice.machine.markRequestAsSent(query?.id ?? "", { device_keys: deviceKeys });
}

const known = (userId: string): string[] => all.alice.machine.getUserDevices(userId).map(({ deviceId }) => deviceId);

describe("of a user with more devices than the bound", () => {
  test("none is added, what is known stays, and the others of the answer are taken", () => {
    const second = all.bob.another("B2");
    second.flush();
    const own = { B: keysOf(all.bob), B2: keysOf(second) };
    const outcome = answer({ [all.bob.userId]: crowd(MAX_DEVICES_PER_USER + 1, own), [CAROL]: { C: keysOf(carol) } });
    expect(known(all.bob.userId)).toEqual(["B"]);
    expect(known(CAROL)).toEqual(["C"]);
    expect(outcome).toEqual({
      changedUsers: [CAROL],
      refusedDeviceLists: [{ userId: all.bob.userId, reason: "too-many-devices" }],
    });
    expect(all.alice.machine.outdatedUsers([all.bob.userId, CAROL])).toEqual([]);
    // One fewer, and the list counts.
    expect(answer({ [all.bob.userId]: crowd(MAX_DEVICES_PER_USER, own) }).refusedDeviceLists).toEqual([]);
    expect(known(all.bob.userId)).toEqual(["B", "B2"]);
  });

  test("one that was signed out is gone all the same", () => {
    answer({ [all.bob.userId]: crowd(MAX_DEVICES_PER_USER + 1, {}) });
    expect(known(all.bob.userId)).toEqual([]);
  });
});

test("of a user who had more devices than are kept no further one is, and those that are there stay as they come", () => {
  const { store } = all.alice;
  const [bob] = store.devices
    .ofUser(all.alice.machine.userId)
    .map((device) => ({ ...device, userId: all.bob.machine.userId, deleted: true }));
  if (bob === undefined) throw new Error("no device");
  const keep = (count: number): void => {
    store.transaction(() => {
      for (let n = 0; n < count; n++) store.devices.save({ ...bob, deviceId: must(parseDeviceId(`GONE${n}`)) });
    });
    all.alice.restart();
  };
  const second = all.bob.another("B2");
  const third = all.bob.another("B3");
  for (const device of [second, third]) device.flush();
  // One is Bob's own.
  keep(MAX_KEPT_PER_USER - 2);
  expect(answer({ [all.bob.userId]: { B: keysOf(all.bob), B2: keysOf(second), B3: keysOf(third) } }).refusedDeviceLists).toEqual([
    { userId: all.bob.userId, reason: "too-many-devices" },
  ]);
  expect(known(all.bob.userId)).toEqual(["B", "B2"]);
  answer({ [all.bob.userId]: { B2: { ...keysOf(second), unsigned: { device_display_name: "laptop" } } } });
  expect(all.alice.machine.getUserDevices(all.bob.userId)).toMatchObject([{ deviceId: "B2", displayName: "laptop" }]);
});

describe("an answer that is too much", () => {
  const users = Array.from({ length: 12 }, (_, n) => `@user${n}:example.org`);

  beforeEach(() => {
    all.alice.flush();
    all.alice.machine.updateTrackedUsers(users);
  });

  const asked = (): string[][] =>
    all.alice.waiting("keys_query").map(({ body }) => Object.keys((body["device_keys"] ?? {}) as JsonObject).toSorted());

  test("for one transaction is asked for in halves", () => {
    const [query] = all.alice.waiting("keys_query");
    const crowded = Object.fromEntries(users.map((userId) => [userId, crowd(MAX_DEVICES_PER_USER)]));
    all.alice.machine.markRequestAsSent(query?.id ?? "", { device_keys: crowded });
    expect(asked().map((userIds) => userIds.length)).toEqual([6, 6]);
    expect(asked().flat().toSorted()).toEqual(users.toSorted());
    const [half] = all.alice.waiting("keys_query");
    all.alice.machine.markRequestAsSent(half?.id ?? "", { device_keys: crowded });
    expect(asked().map((userIds) => userIds.length)).toEqual([6]);
  });

  test("to be fetched is asked for in halves, until one user is left, who is let be until their list changes", () => {
    const { machine } = all.alice;
    const [culprit = ""] = users;
    const refused: unknown[] = [];
    for (let round = 0; asked().length > 0 && round < 20; round++) {
      for (const request of all.alice.waiting("keys_query")) {
        const isCulprits = Object.hasOwn((request.body["device_keys"] ?? {}) as JsonObject, culprit);
        if (isCulprits) refused.push(...(machine.markAnswerAsTooLarge(request.id)?.refusedDeviceLists ?? []));
        else all.alice.send(request);
      }
    }
    expect(refused).toEqual([{ userId: culprit, reason: "answer-too-large" }]);
    expect(machine.outdatedUsers(users)).toEqual([]);
    machine.markUsersAsChanged([culprit]);
    expect(asked()).toEqual([[culprit]]);
  });

  test("of another kind changes nothing", () => {
    const upload = all.alice.machine.outgoingRequests().find(({ kind }) => kind !== "keys_query");
    expect(all.alice.machine.markAnswerAsTooLarge(upload?.id ?? "none")).toBeUndefined();
    expect(asked()).toHaveLength(1);
  });

  test("is no older query's to settle: who changed meanwhile is asked for again", () => {
    const [query] = all.alice.waiting("keys_query");
    all.alice.sync({ changed: users.slice(0, 1) });
    all.alice.machine.markAnswerAsTooLarge(query?.id ?? "");
    const queries = all.alice.waiting("keys_query");
    expect(asked()).toContainEqual(users.slice(0, 1));
    all.alice.send(...queries.slice(0, 2));
    expect(all.alice.machine.outdatedUsers(users)).toEqual(users.slice(0, 1));
  });
});
