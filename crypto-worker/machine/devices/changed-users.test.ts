import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { aliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import type { KeyServer, TestDevice } from "../../../tests/support/machine-world.ts";
import { Ed25519SigningKey } from "../../primitives/ed25519.ts";
import { Secret } from "../../primitives/secret.ts";
import { signJson } from "../../wire/signatures.ts";
import type { JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";

const BOB = "@bob:example.org";

let server: KeyServer;
let alice: TestDevice;

beforeAll(() => OlmMachine.ready());

beforeEach(() => {
  ({ server, alice } = aliceAndBob());
  alice.machine.updateTrackedUsers([BOB]);
});

/** Whose keys are said to have changed by asking for Bob's again. */
function ask(): readonly string[] {
  alice.machine.markUsersAsChanged([BOB]);
  return alice.machine
    .outgoingRequests()
    .filter(({ kind }) => kind === "keys_query")
    .flatMap((request) => alice.machine.markRequestAsSent(request.id, server.handle(alice, request)).changedUsers);
}

const keyOf = (seed: number) => Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(32).fill(seed), "seed"));
const usage = (name: string, seed: number): JsonObject => {
  const { publicKey } = keyOf(seed);
  return { user_id: BOB, usage: [name], keys: { [`ed25519:${publicKey}`]: publicKey } };
};

/** An identity out of three seeds, the lower two signed by the first. */
function publish(master: number, selfSigning: number, userSigning: number): void {
  const signed = (json: JsonObject): JsonObject =>
    signJson(json, (text) => keyOf(master).sign(text), BOB, `ed25519:${keyOf(master).publicKey}`);
  server.crossSigning.set(BOB, {
    master: usage("master", master),
    selfSigning: signed(usage("self_signing", selfSigning)),
    userSigning: signed(usage("user_signing", userSigning)),
  });
}

function signDevice(seed: number): void {
  const device = server.device(BOB, "B");
  device.keys = signJson(device.keys ?? {}, (text) => keyOf(seed).sign(text), BOB, `ed25519:${keyOf(seed).publicKey}`);
}

describe("an answer about somebody's keys", () => {
  test("tells of them once, and of nothing where all is as it was", () => {
    expect(ask()).toEqual([BOB]);
    expect(ask()).toEqual([]);
    const device = server.device(BOB, "B");
    device.keys = { ...device.keys, unsigned: { device_display_name: "laptop" } };
    expect(ask()).toEqual([BOB]);
    expect(ask()).toEqual([]);
    server.remove(BOB, "B");
    expect(ask()).toEqual([BOB]);
    expect(ask()).toEqual([]);
  });

  test("tells of an identity, and of each of its keys that another one replaces", () => {
    ask();
    publish(1, 2, 3);
    expect(ask()).toEqual([BOB]);
    expect(ask()).toEqual([]);
    const first = alice.machine.getIdentity(BOB)?.masterKey;
    publish(1, 4, 3);
    expect(ask()).toEqual([BOB]);
    expect(alice.machine.getIdentity(BOB)).toMatchObject({ masterKey: first, pinViolation: false });
    publish(5, 6, 7);
    expect(ask()).toEqual([BOB]);
    expect(alice.machine.getIdentity(BOB)).toMatchObject({ masterKey: keyOf(5).publicKey, pinViolation: true });
    expect(ask()).toEqual([]);
  });

  test("counts a device as signed by the present self-signing key only", () => {
    publish(1, 2, 3);
    signDevice(2);
    ask();
    expect(alice.machine.getDevice(BOB, "B")?.crossSigned).toBe(true);
    publish(1, 4, 3);
    expect(ask()).toEqual([BOB]);
    expect(alice.machine.getDevice(BOB, "B")?.crossSigned).toBe(false);
    signDevice(4);
    ask();
    expect(alice.machine.getDevice(BOB, "B")?.crossSigned).toBe(true);
  });
});
