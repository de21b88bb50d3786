import { expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../protocol/default-settings.ts";
import { parseSettings } from "./settings-file.ts";

test("missing or broken settings are the defaults", () => {
  for (const text of [undefined, "", "[]", "null", "5", "{"]) expect(parseSettings(text)).toEqual(DEFAULT_SETTINGS);
});

test("one broken setting does not take the others with it", () => {
  expect(parseSettings(JSON.stringify({ theme: "dark", notifications: "loud", unknown: 1, __proto__: { enterSends: false } }))).toEqual({
    ...DEFAULT_SETTINGS,
    theme: "dark",
  });
});
