import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { aliceAndBob, type AliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import { TestDevice } from "../../../tests/support/machine-world.ts";
import { Ed25519SigningKey } from "../../primitives/ed25519.ts";
import { Secret } from "../../primitives/secret.ts";
import type { JsonObject } from "../../wire/json.ts";
import { signJson } from "../../wire/signatures.ts";
import { OlmMachine } from "../olm-machine.ts";

const CAROL = "@carol:example.org";

let all: AliceAndBob;

beforeAll(() => OlmMachine.ready());

beforeEach(() => {
  all = aliceAndBob();
});

const keyOf = (seed: number) => Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(32).fill(seed), "seed"));
const signed = (json: JsonObject, seed: number, name?: string): JsonObject =>
  signJson(json, (text) => keyOf(seed).sign(text), CAROL, `ed25519:${name ?? keyOf(seed).publicKey}`);

describe("a signature that was checked stays where the server attaches it no more", () => {
  test("on an identity, under the key that was compared", () => {
    const { server, alice, bob } = all;
    for (const device of [alice, bob]) device.send(...device.machine.bootstrapCrossSigning());
    alice.askFor(alice.userId, bob.userId);
    alice.send(...alice.machine.verifyIdentity(bob.userId));
    alice.askFor(bob.userId);
    const published = server.crossSigning.get(bob.userId);
    if (published === undefined) throw new Error("no identity");
    const { signatures: _signatures, ...master } = published.master;
    server.crossSigning.set(bob.userId, { ...published, master });
    alice.askFor(bob.userId);
    expect(alice.machine.getIdentity(bob.userId)).toMatchObject({ verified: true });
    alice.restart();
    expect(alice.machine.getIdentity(bob.userId)).toMatchObject({ verified: true });
  });

  const device: JsonObject = {
    user_id: CAROL,
    device_id: "C",
    algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
    keys: { "curve25519:C": "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo", "ed25519:C": keyOf(9).publicKey },
  };
  const otherCurve = someCurveKey();

  test.each([
    ["the same keys", device, true],
    ["another Curve25519 key", { ...device, keys: { "curve25519:C": otherCurve, "ed25519:C": keyOf(9).publicKey } }, false],
    ["other algorithms", { ...device, algorithms: ["m.olm.v1.curve25519-aes-sha2"] }, false],
    ["a mark of being dehydrated", { ...device, dehydrated: true }, false],
  ] as const)("on a device, but for %s: that is what was signed, or it is not", (_name, now, stays) => {
    const { server, alice } = all;
    const usage = (name: string, seed: number): JsonObject => ({
      user_id: CAROL,
      usage: [name],
      keys: { [`ed25519:${keyOf(seed).publicKey}`]: keyOf(seed).publicKey },
    });
    server.crossSigning.set(CAROL, {
      master: usage("master", 1),
      selfSigning: signed(usage("self_signing", 2), 1),
      userSigning: signed(usage("user_signing", 3), 1),
    });
    server.device(CAROL, "C").keys = signed(signed(device, 9, "C"), 2);
    alice.askFor(CAROL);
    expect(alice.machine.getDevice(CAROL, "C")?.crossSigned).toBe(true);
    // The device's own signature only.
    server.device(CAROL, "C").keys = signed(now, 9, "C");
    alice.askFor(CAROL);
    expect(alice.machine.getDevice(CAROL, "C")?.crossSigned).toBe(stays);
  });
});

test("whom we have verified is so on our next device, wherever our own identity stands in the question", () => {
  const { server, clock, alice, bob } = all;
  const second = new TestDevice(server, alice.userId, "A2", clock);
  second.flush();
  for (const device of [alice, bob]) device.send(...device.machine.bootstrapCrossSigning());
  alice.askFor(alice.userId, bob.userId);
  alice.send(...alice.machine.verifyIdentity(bob.userId));
  second.machine.updateTrackedUsers([bob.userId]);
  second.machine.markUsersAsChanged([alice.userId]);
  const [query, ...others] = second.waiting("keys_query");
  expect([Object.keys((query?.body["device_keys"] ?? {}) as JsonObject), others]).toEqual([[bob.userId, alice.userId], []]);
  second.send(query);
  second.machine.importCrossSigningKeys(alice.machine.exportCrossSigningKeys());
  expect(second.machine.getIdentity(bob.userId)).toMatchObject({ verified: true });
});

/** A key that no device has. */
function someCurveKey(): string {
  return Buffer.from(new Uint8Array(32).fill(9)).toString("base64").replace(/=+$/, "");
}
