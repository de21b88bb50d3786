import { expect, test } from "vitest";
import { ok } from "../../../protocol/result.ts";
import type { AppState } from "../../../protocol/shell.ts";
import type { MatrixLink } from "../../../protocol/matrix-link.ts";
import { LinkInbox } from "../../../main/app/link-inbox.ts";
import type { Shell } from "../../ui/shell.ts";
import { NO_ROOMS } from "../state/room-order.ts";
import { Session } from "../state/session.ts";
import { followSystemLinks } from "./system-links.ts";

const READY: AppState = { phase: "ready", userId: "@me:x", deviceId: "D", appLock: true };
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const joining = (room: string): object => ({ kind: "join-link", link: { kind: "room", room, eventId: null, via: [] } });

function open(state: AppState = READY) {
  const inbox = new LinkInbox();
  const listeners = new Map<string, (payload: never) => void>();
  const taken: (MatrixLink | null)[] = [];
  const take = (): MatrixLink | null => {
    const link = inbox.take();
    taken.push(link);
    return link;
  };
  const shell: Shell = {
    call: (method) => Promise.resolve(ok(method === "takeLink" ? take() : {})) as never,
    cancel: () => undefined,
    on: (name, listener) => {
      listeners.set(name, listener);
      return () => listeners.delete(name);
    },
  };
  const session = new Session(shell);
  session.app.set(state);
  session.rooms.set({ ...NO_ROOMS, loaded: true });
  inbox.onArrival(() => listeners.get("linkArrived")?.({} as never));
  return { session, inbox, taken };
}

test("a link is followed once, at the start or when it comes; main is asked again only for another one", async () => {
  const { session, inbox, taken } = open();
  inbox.offer(["matrix:roomid/one:x"]);
  const stop = followSystemLinks(session);
  await settled();
  expect(session.view.value.dialog).toEqual(joining("!one:x"));
  session.showDialog(null);
  await settled();
  expect(session.view.value.dialog).toBeNull();
  expect(taken).toHaveLength(1);
  inbox.offer(["matrix:roomid/two:x"]);
  await settled();
  expect(session.view.value.dialog).toEqual(joining("!two:x"));
  stop();
  session.showDialog(null);
  inbox.offer(["matrix:roomid/three:x"]);
  await settled();
  expect(session.view.value.dialog).toBeNull();
  expect(inbox.take()).not.toBeNull();
});

test("a link does not take the place of a dialog that somebody is in; the newest follows it", async () => {
  const { session, inbox } = open();
  followSystemLinks(session);
  session.showDialog({ kind: "new-room" });
  inbox.offer(["matrix:roomid/one:x"]);
  inbox.offer(["matrix:roomid/two:x"]);
  await settled();
  expect(session.view.value.dialog).toEqual({ kind: "new-room" });
  session.showDialog(null);
  await settled();
  expect(session.view.value.dialog).toEqual(joining("!two:x"));
});

test("nor of one that was opened while it was looked up where the link leads", async () => {
  const { session, inbox } = open();
  const stop = followSystemLinks(session);
  await settled();
  inbox.offer(["matrix:roomid/one:x"]);
  session.showDialog({ kind: "shortcuts" });
  await settled();
  expect(session.view.value.dialog).toEqual({ kind: "shortcuts" });
  session.showDialog(null);
  await settled();
  expect(session.view.value.dialog).toEqual(joining("!one:x"));
  stop();
});

test.each<AppState>([
  { phase: "soft-logged-out", userId: "@me:x", deviceId: "D", homeserver: "https://x" },
  { phase: "logged-out-by-server", userId: "@me:x" },
])("while a device is $phase, a link waits for somebody to sign in", async (state) => {
  const { session, inbox, taken } = open(state);
  followSystemLinks(session);
  inbox.offer(["matrix:roomid/one:x"]);
  await settled();
  expect([session.view.value.dialog, taken]).toEqual([null, []]);
  session.app.set(READY);
  await settled();
  expect(session.view.value.dialog).toEqual(joining("!one:x"));
});
