import { expect, test } from "vitest";
import { isPlainPath } from "./network-server.ts";

test.each(["/_matrix/client/v3/sync", "/_matrix/client/v3/rooms/!a:b/messages?from=../x", "/_matrix/media/v3/download/a.b/c"])(
  "%s stays in the API",
  (path) => {
    expect(isPlainPath(path)).toBe(true);
  },
);

test.each([
  "/_matrix/../admin",
  "/_matrix/%2e%2e/admin",
  "/_matrix/client/%2E./x",
  "/_matrix\\..\\x",
  "/_matrix/a b",
  "/_matrix/x#y",
  "/_matrixx/y",
  "https://evil.example/_matrix/",
])("%s does not", (path) => {
  expect(isPlainPath(path)).toBe(false);
});
