import { expect, test } from "vitest";
import { parseArguments } from "./arguments.ts";

test("reads the three options and ignores the rest", () => {
  expect(
    parseArguments(
      ["--profile-dir=p", "--homeserver=http://localhost:8008", "--hidden", "--no-sandbox", "x", "matrix:u/ada:example.org"],
      "/home/ada",
    ),
  ).toEqual({
    profileDir: "/home/ada/p",
    homeserver: "http://localhost:8008",
    hidden: true,
  });
  expect(parseArguments(["--profile-dir=/abs"], "/")).toEqual({ profileDir: "/abs", homeserver: undefined, hidden: false });
});

test("a homeserver that could not be one is ignored", () => {
  expect(parseArguments(["--homeserver=http://example.org", "--profile-dir="], "/")).toEqual({
    profileDir: undefined,
    homeserver: undefined,
    hidden: false,
  });
});

test("what stands behind `--`, where the system puts a link, is never a switch", () => {
  const smuggled = ["--", "matrix:u/a:b", "--profile-dir=//evil.example/share", "--homeserver=https://evil.example", "--hidden"];
  expect(parseArguments(smuggled, "/home/ada")).toEqual({ profileDir: undefined, homeserver: undefined, hidden: false });
  expect(parseArguments(["--profile-dir=/p", ...smuggled], "/home/ada")).toEqual({
    profileDir: "/p",
    homeserver: undefined,
    hidden: false,
  });
});
