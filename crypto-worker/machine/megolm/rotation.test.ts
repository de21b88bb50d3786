import fc from "fast-check";
import { expect, test } from "vitest";
import { clampEncryptionSettings, DEFAULT_ENCRYPTION_SETTINGS } from "./encryption-settings.ts";
import { decideExpiry, decideRotation } from "./rotation.ts";

const HOUR = 3_600_000;

test.each([
  [{}, DEFAULT_ENCRYPTION_SETTINGS],
  [{ rotationPeriodMs: 0 }, { ...DEFAULT_ENCRYPTION_SETTINGS, rotationPeriodMs: HOUR }],
  [{ rotationPeriodMs: HOUR - 1 }, { ...DEFAULT_ENCRYPTION_SETTINGS, rotationPeriodMs: HOUR }],
  [{ rotationPeriodMs: Number.NaN }, DEFAULT_ENCRYPTION_SETTINGS],
  [{ rotationPeriodMsgs: 0 }, { ...DEFAULT_ENCRYPTION_SETTINGS, rotationPeriodMsgs: 1 }],
  [{ rotationPeriodMsgs: -5 }, { ...DEFAULT_ENCRYPTION_SETTINGS, rotationPeriodMsgs: 1 }],
  [{ rotationPeriodMsgs: 10_001 }, { ...DEFAULT_ENCRYPTION_SETTINGS, rotationPeriodMsgs: 10_000 }],
])("settings %o are pulled into range", (settings, expected) => {
  expect(clampEncryptionSettings(settings)).toEqual(expected);
});

test("a session never outlives its messages, its time or a clock that went back", () => {
  const age = fc.record({
    createdAt: fc.integer({ min: 0, max: 10 * HOUR }),
    messageIndex: fc.nat(20_000),
    rotationPeriodMs: fc.integer({ min: HOUR, max: 5 * HOUR }),
    rotationPeriodMsgs: fc.integer({ min: 1, max: 10_000 }),
  });
  fc.assert(
    fc.property(age, fc.integer({ min: 0, max: 20 * HOUR }), (session, now) => {
      const alive =
        session.messageIndex < session.rotationPeriodMsgs && now >= session.createdAt && now - session.createdAt < session.rotationPeriodMs;
      expect(decideExpiry(session, now) === undefined).toBe(alive);
    }),
  );
});

test("a session is kept exactly while everyone who has it may have it", () => {
  const people = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.uniqueArray(fc.constantFrom("1", "2", "3"), { minLength: 1 }));
  const session = { createdAt: 0, messageIndex: 0, rotationPeriodMs: HOUR, rotationPeriodMsgs: 100, historyVisibility: "shared" } as const;
  fc.assert(
    fc.property(people, people, (have, may) => {
      const holders = new Map(Object.entries(have).map(([user, ids]) => [user, new Map(ids.map((id) => [id, null]))]));
      const allowed = new Map(Object.entries(may).map(([user, ids]) => [user, new Set(ids)]));
      const subset = Object.entries(have).every(([user, ids]) => ids.every((id) => may[user]?.includes(id) === true));
      expect(decideRotation(session, { historyVisibility: "shared" }, holders, allowed, 1) === undefined).toBe(subset);
    }),
  );
});
