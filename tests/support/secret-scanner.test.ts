import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { SecretScanner } from "./secret-scanner.ts";

const secret = randomBytes(32);
const scanner = new SecretScanner([
  { name: "key", bytes: secret },
  { name: "other", bytes: randomBytes(32) },
  { name: "passphrase", bytes: Buffer.from("correct horse battery staple") },
]);
const noise = randomBytes(5000);
const inside = (hidden: Uint8Array | string): Buffer => Buffer.concat([noise, Buffer.from(hidden as Uint8Array), noise]);

test("finds nothing in noise", () => {
  expect(scanner.scan("noise", randomBytes(1_000_000))).toEqual([]);
});

test.each<readonly [string, () => Uint8Array | string]>([
  ["raw", () => secret],
  ["hex", () => secret.toString("hex")],
  ["base64", () => secret.toString("base64")],
  ["base64url", () => secret.toString("base64url")],
  ["base64 of something longer", () => Buffer.concat([Buffer.from("a"), secret, Buffer.from("end")]).toString("base64")],
  ["base64 of something longer still", () => Buffer.concat([Buffer.from("ab"), secret]).toString("base64")],
  ["a Buffer in JSON", () => JSON.stringify(secret)],
  ["an escaped string", () => JSON.stringify(secret.toString("latin1"))],
  ["two bytes a character", () => Buffer.from(secret.toString("base64"), "utf16le")],
])("finds a key as %s", (_name, hidden) => {
  const found = scanner.scan("here", inside(hidden()));
  expect(new Set(found.map(({ name, where }) => `${name} ${where}`))).toEqual(new Set(["key here"]));
});

test("finds a text, in both widths, at either end", () => {
  expect(scanner.scan("x", Buffer.from("correct horse battery staple"))[0]).toMatchObject({ name: "passphrase", form: "raw" });
  expect(scanner.scan("x", Buffer.from("..correct horse battery staple", "utf16le"))[0]?.name).toBe("passphrase");
});

test("pieces that overlap hide nothing at their seams", () => {
  const whole = inside(secret.toString("base64"));
  const at = noise.length + 20;
  expect(scanner.scan("first", whole.subarray(0, at))).toEqual([]);
  expect(scanner.scan("second", whole.subarray(at - scanner.overlap))[0]?.name).toBe("key");
});

test("counts what it has looked through", () => {
  const before = scanner.bytesScanned;
  scanner.scan("x", noise);
  expect(scanner.bytesScanned - before).toBe(noise.length);
});
