import { expect, test } from "vitest";
import { must, userId } from "../../../tests/support/megolm-world.ts";
import { Ed25519SigningKey } from "../../primitives/ed25519.ts";
import { Secret } from "../../primitives/secret.ts";
import type { JsonObject } from "../../wire/json.ts";
import { parseKeysQueryResponse } from "../../wire/keys-responses.ts";
import { signJson } from "../../wire/signatures.ts";
import { parseIdentity } from "./parse-identity.ts";

const ALICE = userId("alice");
const [master, selfSigning, userSigning, stranger] = [1, 2, 3, 4].map((fill) =>
  Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(32).fill(fill), "seed")),
) as [Ed25519SigningKey, Ed25519SigningKey, Ed25519SigningKey, Ed25519SigningKey];

const keyOf = (key: Ed25519SigningKey, usage: string, user: string = ALICE): JsonObject => ({
  user_id: user,
  usage: [usage],
  keys: { [`ed25519:${key.publicKey}`]: key.publicKey },
});
const signed = (json: JsonObject, by = master): JsonObject => signJson(json, (text) => by.sign(text), ALICE, `ed25519:${by.publicKey}`);

const good = {
  master_keys: keyOf(master, "master"),
  self_signing_keys: signed(keyOf(selfSigning, "self_signing")),
  user_signing_keys: signed(keyOf(userSigning, "user_signing")),
};

function identityOf(keys: Partial<Record<keyof typeof good, JsonObject | undefined>>, isOwn: boolean) {
  const present = Object.entries(keys).filter(([, key]) => key !== undefined);
  const body = Object.fromEntries(present.map(([name, key]) => [name, { [ALICE]: key ?? {} }]));
  return parseIdentity(must(parseKeysQueryResponse({ device_keys: {}, ...body })), ALICE, isOwn);
}

test("an identity is a master key and a self-signing key that it signed; our own has a user-signing key too", () => {
  const keys = { masterKey: master.publicKey, selfSigningKey: selfSigning.publicKey };
  expect(identityOf(good, true)).toMatchObject({ ...keys, userSigningKey: userSigning.publicKey });
  // What another user's is, is none of our business, whatever a server says.
  expect(identityOf(good, false)).toMatchObject({ ...keys, userSigningKey: undefined, userSigningJson: undefined });
  expect(identityOf({ ...good, user_signing_keys: undefined }, false)).toMatchObject(keys);
});

test.each<[string, Partial<Record<keyof typeof good, JsonObject | undefined>>]>([
  ["no master key", { master_keys: undefined }],
  ["a master key of another user", { master_keys: keyOf(master, "master", "@bob:example.org") }],
  ["a key of another kind as master key", { master_keys: keyOf(master, "self_signing") }],
  ["no self-signing key", { self_signing_keys: undefined }],
  ["a self-signing key that nobody signed", { self_signing_keys: keyOf(selfSigning, "self_signing") }],
  ["a self-signing key that another key signed", { self_signing_keys: signed(keyOf(selfSigning, "self_signing"), stranger) }],
  ["a self-signing key that signed itself", { self_signing_keys: signed(keyOf(selfSigning, "self_signing"), selfSigning) }],
  [
    "another self-signing key under the signature",
    { self_signing_keys: { ...good.self_signing_keys, ...keyOf(stranger, "self_signing") } },
  ],
])("there is none with %s", (_name, change) => {
  for (const isOwn of [false, true]) expect(identityOf({ ...good, ...change }, isOwn)).toBeUndefined();
});

test.each<[string, JsonObject | undefined]>([
  ["no user-signing key", undefined],
  ["one that nobody signed", keyOf(userSigning, "user_signing")],
  ["one that another key signed", signed(keyOf(userSigning, "user_signing"), stranger)],
  ["one of another kind", signed(keyOf(userSigning, "self_signing"))],
])("our own is none with %s", (_name, key) => {
  expect(identityOf({ ...good, user_signing_keys: key }, true)).toBeUndefined();
});
