import { expect, test } from "vitest";
import { decideTrayFace } from "./tray-face.ts";

const userId = "@you:example.org";
const ready = { phase: "ready", userId, deviceId: "DEVICE", appLock: true } as const;

test("unread messages and mentions are told apart, and a number says how many", () => {
  expect(decideTrayFace(ready, { unread: 0, mentions: 0 })).toEqual({ image: "plain", status: "No unread messages", canLock: true });
  expect(decideTrayFace(ready, { unread: 3, mentions: 0 })).toEqual({ image: "unread", status: "3 unread", canLock: true });
  expect(decideTrayFace(ready, { unread: 3, mentions: 1 })).toEqual({ image: "mention", status: "3 unread, 1 to you", canLock: true });
});

test("a locked app says that it waits, names nobody, and counts nothing", () => {
  const face = decideTrayFace({ phase: "vault", task: "unlock", userId }, { unread: 5, mentions: 5 });
  expect(face).toMatchObject({ image: "waiting", canLock: false });
  expect(face.status).toContain("passphrase");
  expect(face.status).not.toMatch(/5|you:example/);
});

test("an account that needs somebody says so", () => {
  for (const state of [
    { phase: "soft-logged-out", userId, deviceId: "DEVICE", homeserver: "https://example.org" },
    { phase: "logged-out-by-server", userId },
    { phase: "failed", code: "store-corrupt", userId },
  ] as const)
    expect(decideTrayFace(state, { unread: 0, mentions: 0 }).image).toBe("waiting");
});
