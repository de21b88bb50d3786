import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identity } from "../../build/packaging/identity.ts";
import { isSignedBy } from "../../main/updates/feed-signature.ts";
import { decideOffer } from "../../main/updates/release.ts";
import { composeRelease, newPrivateKey, publicKeyOf, readPrivateKey, signRelease } from "./signed-feed.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-feed-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const tool = join(import.meta.dirname, "feed.ts");
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): string =>
  execFileSync(process.execPath, [tool, ...args], { encoding: "utf8", stdio: "pipe", env: { ...process.env, ...env } });
const { version }: { readonly version: string } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));

test("what the tool signs is what the app takes", () => {
  const key = join(folder, "feed-key.pem");
  const secret = { BULKHEAD_FEED_PASSPHRASE: "correct horse" };
  expect(() => run(["new-key", `--key=${key}`]), "a key that lies about unencrypted").toThrow(/BULKHEAD_FEED_PASSPHRASE/);
  const [, publicKey = ""] = /Public key: (\S+)/.exec(run(["new-key", `--key=${key}`], secret)) ?? [];
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(readFileSync(key, "utf8")).toContain("ENCRYPTED");
  expect(() => run(["new-key", `--key=${key}`], secret)).toThrow();

  for (const name of [`bulkhead-${version}-x86_64.AppImage`, `bulkhead-${version}-arm64.exe`, `bulkhead-${version}-x64.zip`])
    writeFileSync(join(folder, name), name);
  for (const name of ["bulkhead-99.0.0-x64.zip", `bulkhead_${version}_amd64.deb`, "SHA256SUMS"]) writeFileSync(join(folder, name), "");
  expect(() => run(["sign", `--key=${key}`, `--packages=${folder}`])).toThrow();
  run(["sign", `--key=${key}`, `--packages=${folder}`, "--days=10"], secret);

  const bytes = readFileSync(join(folder, "stable.json"));
  expect(isSignedBy([publicKey], bytes, readFileSync(join(folder, "stable.json.sig"), "utf8"))).toBe(true);
  const installed = { appId: identity.appId, channel: "stable", version: "0.0.1", kind: "appimage", arch: "x64" } as const;
  const file = `bulkhead-${version}-x86_64.AppImage`;
  const wanted = { version, file, size: file.length, sha512: createHash("sha512").update(file).digest("base64") };
  expect(decideOffer(bytes, installed, 0, Date.now())).toMatchObject({ ok: true, value: { offer: wanted } });
  expect(decideOffer(bytes, installed, 0, Date.now() + 11 * 86_400_000)).toEqual({ ok: false, error: "update-outdated" });
  expect(decideOffer(bytes, { ...installed, kind: "nsis", arch: "arm64" }, 0, Date.now())).toMatchObject({
    ok: true,
    value: { offer: { version } },
  });
  expect(decideOffer(bytes, { ...installed, kind: "nsis" }, 0, Date.now())).toMatchObject({ ok: true, value: { offer: null } });
});

test("a key does not lie in the repository", () => {
  const inside = join(import.meta.dirname, "key.pem");
  expect(() => run(["new-key", `--key=${inside}`])).toThrow(/in the repository/);
});

test("two keys sign side by side; another kind of key is refused", async () => {
  writeFileSync(join(folder, "x-1.0.0-x64.zip"), "x");
  const about = { appId: "a", channel: "stable", version: "1.0.0", issued: new Date(0), expires: new Date(0) };
  const release = await composeRelease(folder, about);
  const [old, next] = [newPrivateKey(undefined), newPrivateKey(undefined)].map((pem) => readPrivateKey(pem, undefined));
  if (old === undefined || next === undefined) throw new Error("two keys were made");
  const { release: text, signatures } = signRelease(release, [old, next]);
  for (const key of [old, next]) expect(isSignedBy([publicKeyOf(key)], Buffer.from(text), signatures)).toBe(true);
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  expect(() => readPrivateKey(rsa, undefined)).toThrow(/Ed25519/);
  await expect(composeRelease(folder, { ...about, version: "2.0.0" })).rejects.toThrow(/no package/);
});
