import { beforeAll, expect, test } from "vitest";
import { aliceAndBob, type AliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import type { KeyServer, TestDevice } from "../../../tests/support/machine-world.ts";
import { messageOf, olmEvent, ping, receive, withBody } from "../../../tests/support/olm-events.ts";
import { must } from "../../../tests/support/megolm-world.ts";
import { parseCurve25519PublicKey } from "../../../protocol/ids.ts";
import { Account } from "../../primitives/account.ts";
import { encodeOlmContent } from "../../wire/encrypted-content.ts";
import { isJsonObject, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";

// What a peer can put inside of a genuine Olm message, and around it: it costs that message, and nobody else anything.

beforeAll(() => OlmMachine.ready());

/** Alice has a session with Bob. */
function world(): AliceAndBob {
  const all = aliceAndBob();
  all.alice.meet(all.bob);
  return all;
}

function encrypted(sender: string, content: JsonObject): JsonObject {
  return { type: "m.room.encrypted", sender, content };
}

/** A message to bob whose clear text is anything at all. */
function anything(server: KeyServer, bob: TestDevice, plaintext: string): JsonObject {
  using mallory = Account.create();
  const [key] = server.device(bob.userId, bob.deviceId).oneTimeKeys.values();
  const oneTimeKey = must(parseCurve25519PublicKey(stringField(isJsonObject(key) ? key : {}, "key")));
  using session = must(mallory.createOutboundSession(bob.machine.identityKeys.curve25519, oneTimeKey));
  return encrypted(
    "@mallory:example.org",
    encodeOlmContent(mallory.identityKeys.curve25519, bob.machine.identityKeys.curve25519, session.encrypt(plaintext)),
  );
}

test.each(["", "{", "null", "7", "[]", "{}", '{"type":1}', '{"__proto__":{}}', "[".repeat(5000)])(
  "%j inside of a message is refused, and the next one is read",
  (plaintext) => {
    const { server, alice, bob } = world();
    expect(receive(bob, anything(server, bob, plaintext), ping(alice, bob))).toEqual(["unableToDecrypt", "decrypted"]);
  },
);

test.each(["", "AwoA", "A".repeat(400), "Av8"])("a first message that says %j is refused, and the next one is read", (body) => {
  const { alice, bob } = world();
  const event = ping(alice, bob);
  expect(receive(bob, withBody(event, body), event)).toEqual(["unableToDecrypt", "decrypted"]);
});

test.each(["m.megolm.v1.aes-sha2", "m.olm.v2", ""])(
  "a genuine message that is called %j is refused, and the next one is read",
  (algorithm) => {
    const { alice, bob } = world();
    const event = ping(alice, bob);
    const called = { ...event, content: { ...objectField(event, "content"), algorithm } };
    expect(receive(bob, called, event)).toEqual(["unableToDecrypt", "decrypted"]);
  },
);

test.each(["before", "after"])("a message that somebody has padded is read all the same, %s the first answer", (when) => {
  const { alice, bob } = world();
  bob.meet(alice);
  if (when === "after") {
    expect(receive(bob, ping(alice, bob))).toEqual(["decrypted"]);
    expect(receive(alice, ping(bob, alice))).toEqual(["decrypted"]);
  }
  const padded = [0, 16, 32].map((length) => {
    const event = olmEvent(alice, bob, "org.example.ping", { text: "x".repeat(length) });
    const { type, body } = messageOf(event);
    expect(type).toBe(when === "after" ? 1 : 0);
    return withBody(event, body.padEnd(Math.ceil(body.length / 4) * 4, "="));
  });
  expect(padded.some((event) => messageOf(event).body.endsWith("="))).toBe(true);
  expect(receive(bob, ...padded)).toEqual(["decrypted", "decrypted", "decrypted"]);
});

test("a message for a one-time key that we never had is refused, and the next one is read", () => {
  const { alice, bob } = world();
  const other = world();
  const foreign = ping(other.alice, other.bob);
  const content = objectField(foreign, "content") ?? {};
  const [ciphertext] = Object.values(objectField(content, "ciphertext") ?? {});
  const toUs = { ...content, ciphertext: { [bob.machine.identityKeys.curve25519]: ciphertext ?? {} } };
  expect(receive(bob, encrypted(alice.userId, toUs), ping(alice, bob))).toEqual(["unableToDecrypt", "decrypted"]);
});
