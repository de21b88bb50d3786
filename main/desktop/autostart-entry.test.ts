import { expect, test } from "vitest";
import { autostartName, encodeAutostartEntry, isEnabledEntry, quoteForWindows } from "./autostart-entry.ts";

/** The keys of an entry, unescaped as the specification has it; the arguments of `Exec` as a desktop would start them. */
function read(entry: string): { readonly keys: ReadonlyMap<string, string>; readonly exec: readonly string[] } {
  const keys = new Map(
    entry.split("\n").flatMap((line) => {
      const at = line.indexOf("=");
      return at === -1 ? [] : [[line.slice(0, at), line.slice(at + 1).replaceAll("\\\\", "\\")] as const];
    }),
  );
  const exec = [...(keys.get("Exec") ?? "").matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inner = ""]) =>
    inner.replaceAll(/\\(.)/g, "$1").replaceAll("%%", "%"),
  );
  return { keys, exec };
}

test("what is started is what was meant, whatever is in the path", () => {
  for (const program of [
    "/opt/Bulkhead/bulkhead",
    "/home/ada lovelace/Bulkhead-1.0.AppImage",
    "/tmp/$HOME/`id`/a\"b/c\\d/100%/%f/'/;&|",
    "/home/ä/ü",
  ]) {
    const args = ["--hidden", `--profile-dir=${program}`];
    const { keys, exec } = read(encodeAutostartEntry({ program, args }) ?? "");
    expect(exec).toEqual([program, ...args]);
    expect(keys.get("TryExec")).toBe(program);
  }
});

test("a path that could end its line, or that no entry can name, is refused", () => {
  for (const program of ["/a\nExec=/bin/evil", "/a\rb", "/a\0b", "relative", "/a=b"])
    expect(encodeAutostartEntry({ program, args: [] })).toBeUndefined();
  expect(encodeAutostartEntry({ program: "/a", args: ["--profile-dir=/b\nHidden=true"] })).toBeUndefined();
});

test("an entry that somebody has switched off is off", () => {
  const entry = encodeAutostartEntry({ program: "/a", args: [] }) ?? "";
  expect(isEnabledEntry(entry)).toBe(true);
  expect(isEnabledEntry(`${entry}Hidden=true\n`)).toBe(false);
  expect(isEnabledEntry(entry.replace("enabled=true", "enabled=false"))).toBe(false);
});

test("each profile has an entry of its own, and Windows gets every argument as one", () => {
  expect(autostartName(undefined)).toBe("chat.bulkhead.Bulkhead");
  expect(autostartName("/a")).not.toBe(autostartName("/b"));
  expect(quoteForWindows("--profile-dir=C:\\my profile\\")).toBe('"--profile-dir=C:\\my profile\\\\"');
});
