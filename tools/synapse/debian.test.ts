import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { debianMirror } from "./debian.ts";

let aptDir = "";
beforeEach(() => {
  aptDir = mkdtempSync(join(tmpdir(), "apt-"));
  mkdirSync(join(aptDir, "sources.list.d"));
});
afterEach(() => rmSync(aptDir, { recursive: true }));

it("finds the machine's Debian mirror in one-line sources, past those of others", () => {
  writeFileSync(
    join(aptDir, "sources.list"),
    "# deb http://old.invalid/debian sid main\ndeb [arch=amd64] http://other.invalid/apt stable main\ndeb [signed-by=/k] http://mirror.invalid/debian bookworm main contrib\n",
  );
  expect(debianMirror(aptDir)).toBe("http://mirror.invalid/debian");
});

it("finds it in deb822 sources", () => {
  writeFileSync(
    join(aptDir, "sources.list.d", "a.sources"),
    "Types: deb\nURIs: http://node.invalid/node\nSuites: nodistro\nComponents: main\n",
  );
  writeFileSync(
    join(aptDir, "sources.list.d", "debian.sources"),
    "Types: deb\n# comment\nURIs: http://security.invalid/debian-security\nSuites: x\nComponents: main\n\nTypes: deb\nURIs: http://mirror.invalid/debian/\nSuites: bookworm\nComponents: main\n",
  );
  expect(debianMirror(aptDir)).toBe("http://mirror.invalid/debian/");
});

it("leaves the choice to debootstrap where there is none", () => {
  writeFileSync(join(aptDir, "sources.list"), "deb http://mirror.invalid/ubuntu noble main\n");
  expect(debianMirror(aptDir)).toBeUndefined();
});
