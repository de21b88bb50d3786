import { beforeAll, describe, expect, test, vi } from "vitest";
import { ALICE, BOB, confirmBoth, phase, ready, settle, verifyingPair, withCodes } from "../../../tests/support/verifying-pair.ts";
import { Secret } from "../../primitives/secret.ts";
import { objectField, stringField } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";

const MINUTE = 60_000;

beforeAll(() => OlmMachine.ready());

describe("the store", () => {
  test("a transaction that rolls back takes its step back, and the flow goes on", () => {
    const all = verifyingPair();
    const { alice, bob } = all;
    const flowId = ready(all);
    alice.send(...alice.machine.startSas(BOB, flowId));
    settle(alice, bob);
    const lost = () =>
      bob.store.transaction(() => {
        bob.machine.acceptSas(ALICE, flowId);
        expect(bob.machine.getVerification(ALICE, flowId)).toMatchObject({ state: "accepted" });
        throw new Error("disk full");
      });
    expect(lost).toThrow("disk full");
    expect(bob.machine.getVerification(ALICE, flowId)).toMatchObject({ state: "started" });
    bob.send(...bob.machine.acceptSas(ALICE, flowId));
    settle(alice, bob);
    alice.send(...alice.machine.confirmSas(BOB, flowId));
    bob.send(...bob.machine.confirmSas(ALICE, flowId));
    settle(alice, bob);
    expect(phase(alice, BOB)).toBe("done");
  });

  test("wipes the secrets of a step once the next is there without them, and not before it is certain", () => {
    const all = verifyingPair();
    const { alice, bob } = all;
    const flowId = ready(all);
    using dispose = vi.spyOn(Secret.prototype, Symbol.dispose);
    const wiped = (kind: string): number =>
      dispose.mock.contexts.filter((secret) => secret instanceof Secret && secret.kind === kind).length;
    alice.send(...alice.machine.startSas(BOB, flowId));
    settle(alice, bob);
    bob.send(...bob.machine.acceptSas(ALICE, flowId));
    expect(wiped("sas-private-key")).toBe(0);
    settle(alice, bob);
    // The keys were exchanged.
    expect(wiped("sas-private-key")).toBe(2);
    const lost = () =>
      bob.store.transaction(() => {
        bob.machine.cancelVerification(ALICE, flowId);
        throw new Error("disk full");
      });
    expect(lost).toThrow("disk full");
    expect(wiped("sas-shared-secret")).toBe(0);
    bob.send(...bob.machine.cancelVerification(ALICE, flowId));
    settle(alice, bob);
    expect(wiped("sas-shared-secret")).toBe(2);
  });

  test("keeps the signatures over a restart until the server has them; flows end with the program", () => {
    const all = verifyingPair();
    const { alice } = all;
    const flowId = withCodes(all);
    confirmBoth(all, flowId);
    const [upload] = alice.waiting("signatures_upload");
    expect(upload?.path).toBe("/_matrix/client/v3/keys/signatures/upload");
    alice.restart();
    expect(alice.machine.getVerificationRequests()).toEqual([]);
    expect(alice.machine.getIdentity(BOB)?.verified).toBe(true);
    expect(alice.waiting("signatures_upload")).toEqual([upload]);
    alice.send(upload);
    expect(alice.waiting("signatures_upload")).toEqual([]);
    expect(
      stringField(objectField(objectField(all.server.crossSigning.get(BOB)?.master ?? {}, "signatures") ?? {}, ALICE) ?? {}, "x"),
    ).toBeUndefined();
    expect(JSON.stringify(all.server.crossSigning.get(BOB)?.master)).toContain(ALICE);
  });

  test("ended flows stay readable for ten minutes", () => {
    const all = verifyingPair();
    const flowId = ready(all);
    all.alice.machine.cancelVerification(BOB, flowId);
    for (let i = 0; i < 3; i++) all.alice.sync();
    expect(phase(all.alice, BOB)).toBe("cancelled");
    all.clock.advance(10 * MINUTE);
    all.alice.sync();
    expect(phase(all.alice, BOB)).toBe("cancelled");
    all.clock.advance(1);
    all.alice.sync();
    expect(all.alice.machine.getVerificationRequests()).toEqual([]);
  });
});
