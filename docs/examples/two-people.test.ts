import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startHomeserver } from "../../tools/homeserver/homeserver.ts";
import { twoPeople } from "./two-people.ts";

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), "utf8");

/** The code between `#region NAME` and `#endregion`, without its indentation. */
function regions(source: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, indent = "", name = "", body = ""] of source.matchAll(/^( *)\/\/ #region (\w+)\n([\s\S]*?)^ *\/\/ #endregion$/gm))
    found.set(name, body.replaceAll(new RegExp(`^${indent}`, "gm"), "").trim());
  return found;
}

test("the tutorial's program does what the tutorial says", async () => {
  const server = await startHomeserver({ serverName: "tutorial.test" });
  try {
    const { read: messages, emoji } = await twoPeople(server.url);
    expect(messages).toEqual(["It's a secret to everybody."]);
    expect(emoji[0].split(", ")).toHaveLength(7);
    expect(emoji[0]).toBe(emoji[1]);
  } finally {
    await server.stop();
  }
});

test("the tutorial shows the program as it is", () => {
  const shown = [...read("../olm-machine.md").matchAll(/^```ts (\w+)\n([\s\S]*?)\n```$/gm)];
  expect(new Map(shown.map(([, name = "", code = ""]) => [name, code]))).toEqual(regions(read("two-people.ts")));
});
