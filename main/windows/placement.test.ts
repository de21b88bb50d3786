import { expect, test } from "vitest";
import { decideBounds, parsePlacement } from "./placement.ts";

const screen = { x: 0, y: 0, width: 1920, height: 1080 };
const saved = { x: 100, y: 50, width: 1000, height: 700, maximized: false };

test("a first window fits the screen", () => {
  expect(decideBounds(undefined, [screen], { x: 0, y: 0, width: 800, height: 600 })).toEqual({ width: 800, height: 600, maximized: false });
});

test("it comes back where it was", () => {
  expect(decideBounds(saved, [screen], screen)).toEqual(saved);
});

test("unless that screen is gone", () => {
  expect(decideBounds({ ...saved, x: 5000 }, [screen], screen)).toEqual({ width: 1000, height: 700, maximized: false });
  expect(decideBounds({ ...saved, y: -500 }, [screen], screen)).not.toHaveProperty("x");
});

test("a broken file is no placement", () => {
  for (const text of [undefined, "", "{}", '{"x":"1"}', '{"x":1e99,"y":0,"width":1,"height":1,"maximized":false}'])
    expect(parsePlacement(text)).toBeUndefined();
});
