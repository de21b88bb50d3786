import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Profile } from "./profile.ts";
import { ProfileFolder } from "./profile-folder.ts";

const profile: Profile = {
  format: 1,
  stage: "created",
  userId: "@ada:example.org",
  deviceId: "DEVICE",
  homeserver: "https://example.org",
  store: "account-0011.db",
  key: { wrap: "keychain", sealed: "c2VhbGVk" },
};

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "bulkhead-profile-"));
});
afterEach(() => rmSync(path, { recursive: true }));

test("a profile survives being written and read, for its owner only", () => {
  const folder = new ProfileFolder(join(path, "account"));
  expect(folder.read()).toEqual({ ok: true, value: undefined });
  folder.write(profile);
  expect(folder.read()).toEqual({ ok: true, value: profile });
  if (process.platform !== "win32") expect(statSync(folder.file("profile.json")).mode & 0o077).toBe(0);
});

test.each([
  "",
  "{",
  "null",
  "{}",
  JSON.stringify({ ...profile, format: 2 }),
  JSON.stringify({ ...profile, store: "../../etc/passwd.db" }),
  JSON.stringify({ ...profile, token: "x" }),
])("what is there but cannot be understood is never taken for absent: %s", (text) => {
  const folder = new ProfileFolder(path);
  writeFileSync(folder.file("profile.json"), text);
  expect(folder.read()).toEqual({ ok: false, error: "unreadable" });
});

test("a folder in the file's place is unreadable too", () => {
  const folder = new ProfileFolder(path);
  mkdirSync(folder.file("profile.json"));
  expect(folder.read()).toEqual({ ok: false, error: "unreadable" });
});

test("setting aside moves everything of the account and nothing else, and never overwrites", () => {
  const folder = new ProfileFolder(path);
  const at = new Date("2026-03-04T05:06:07Z");
  for (const round of ["one", "two"]) {
    folder.write(profile);
    writeFileSync(folder.file("account-0011.db"), round);
    writeFileSync(folder.file("account-0011.db-wal"), round);
    writeFileSync(folder.file("account-0011.db.key-check"), round);
    writeFileSync(folder.file("account-0011.db.new-wal"), round);
    writeFileSync(folder.file("settings.json"), "{}");
    const aside = folder.setAside(at);
    expect(readdirSync(aside).toSorted()).toEqual([
      "account-0011.db",
      "account-0011.db-wal",
      "account-0011.db.key-check",
      "account-0011.db.new-wal",
      "profile.json",
    ]);
    expect(readFileSync(join(aside, "account-0011.db"), "utf8")).toBe(round);
  }
  expect(readdirSync(path).toSorted()).toEqual(["set-aside", "settings.json"]);
  expect(folder.read()).toEqual({ ok: true, value: undefined });
});

test("deleting leaves the settings", () => {
  const folder = new ProfileFolder(path);
  folder.write(profile);
  writeFileSync(folder.file("account-0011.db"), "x");
  writeFileSync(folder.file("settings.json"), "{}");
  folder.delete();
  expect(readdirSync(path)).toEqual(["settings.json"]);
});

test("files on their way go with the account: deleted with it, and put aside with it", () => {
  const folder = new ProfileFolder(join(path, "account"));
  const begin = (): void => {
    folder.write(profile);
    mkdirSync(folder.mediaPath);
    writeFileSync(join(folder.mediaPath, "0011.part"), "ciphertext");
  };
  begin();
  const aside = folder.setAside(new Date());
  expect(readdirSync(join(aside, "media"))).toEqual(["0011.part"]);
  begin();
  folder.delete();
  expect(readdirSync(folder.path)).toEqual(["set-aside"]);
});
