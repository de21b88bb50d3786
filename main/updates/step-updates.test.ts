import fc from "fast-check";
import { expect, test } from "vitest";
import { updateStateSchema } from "../../protocol/messages/update-state.ts";
import type { Offer } from "./release.ts";
import { stepUpdates, type UpdateInput, type Updating, viewOfUpdates } from "./step-updates.ts";

const offer: Offer = { version: "1.2.3", file: "x.AppImage", size: 100, sha512: "" };
const newer: Offer = { version: "1.2.4", file: "y.AppImage", size: 100, sha512: "" };
const inputs: fc.Arbitrary<UpdateInput> = fc.oneof(
  fc.constantFrom<UpdateInput>(
    { kind: "found", offer: newer, at: 2 },
    { kind: "check", by: "person" },
    { kind: "check", by: "timer" },
    { kind: "found", offer, at: 1 },
    { kind: "found", offer: null, at: 1 },
    { kind: "downloaded" },
    { kind: "failed", code: "offline" },
    { kind: "cancel" },
    { kind: "install" },
  ),
  fc.integer({ min: 0, max: 100 }).map((bytes): UpdateInput => ({ kind: "received", bytes })),
);

test("whatever happens, nothing is installed that was not downloaded, and nothing without a person's word", () => {
  fc.assert(
    fc.property(fc.array(inputs, { maxLength: 40 }), (list) => {
      let state: Updating = { phase: "idle", checkedAt: null };
      let downloaded: Offer | undefined;
      let asked = false;
      for (const input of list) {
        const before = state;
        const step = stepUpdates(state, input);
        state = step.state;
        if (input.kind === "downloaded" && before.phase === "downloading") downloaded = before.offer;
        if (input.kind === "install" && before.phase === "ready") asked = true;
        if (step.effect?.kind === "install") {
          expect(asked).toBe(true);
          expect(before).toMatchObject({ phase: "rechecking", offer: downloaded });
          // The very one that was asked about just now is still what the feed offers.
          expect(input).toMatchObject({ kind: "found", offer: step.effect.offer });
          expect(step.effect.offer).toBe(downloaded);
        }
        if (step.effect?.kind === "download") expect(["checking", "rechecking"]).toContain(before.phase);
        if (step.effect?.kind === "download" || state.phase === "ready") asked = false;
        expect(updateStateSchema.parse(viewOfUpdates(state))).toEqual(viewOfUpdates(state));
      }
    }),
  );
});

test("where there is no feed, or a package manager, no input does anything", () => {
  fc.assert(
    fc.property(inputs, fc.constantFrom<Updating>({ phase: "off" }, { phase: "managed", by: "flatpak" }), (input, state) => {
      expect(stepUpdates(state, input)).toEqual({ state, effect: null });
    }),
  );
});

test("a version that waits for a restart is not replaced under the person's hands", () => {
  const ready: Updating = { phase: "ready", offer };
  expect(stepUpdates(ready, { kind: "check", by: "timer" })).toEqual({ state: ready, effect: null });
});
