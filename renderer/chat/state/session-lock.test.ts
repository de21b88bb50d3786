import { afterEach, expect, test, vi } from "vitest";
import { chatContract } from "../../../protocol/chat.ts";
import type { Draft } from "../../../protocol/messages/draft.ts";
import { ok } from "../../../protocol/result.ts";
import { serve, type Channel, type Handlers } from "../../../protocol/rpc.ts";
import type { AppState } from "../../../protocol/shell.ts";
import type { Shell } from "../../ui/shell.ts";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { Session } from "./session.ts";

const ME = "@me:x";
const ROOM = "!r:x";
const SECRET = "the tide table is under the mat";
const READY: AppState = { phase: "ready", userId: ME, deviceId: "D", appLock: true };
const LOCKED: AppState = { phase: "vault", task: "unlock", userId: ME };

afterEach(() => vi.unstubAllGlobals());

test("nothing that came out of the store, or was typed, is left once the app is locked", async () => {
  const { session, enter, settled } = await open();
  session.openRoom(ROOM);
  session.drafts.of(ROOM).set({ text: SECRET, mode: { kind: "new" }, mentions: new Map() });
  session.view.update((view) => ({ ...view, term: SECRET, dialog: { kind: "invite", roomId: ROOM }, panel: { kind: "members" } }));
  for (const lookup of [session.details, session.members, session.roomSafety]) lookup.of(ROOM);
  for (const lookup of [session.devices, session.identities]) lookup.of(ME);
  session.avatars.picture("mxc://x/p");
  await settled();
  expect(text(session)).toContain(SECRET);
  expect(session.avatars.picture("mxc://x/p")).toBe("blob:1");

  enter(LOCKED);
  expect(text(session)).not.toContain(SECRET);
  expect(session.timeline.state.value.items).toEqual([]);
  expect(session.rooms.value.byId.size).toBe(0);
  expect([session.account.value, session.status.value, session.safety.value]).toEqual([null, null, null]);
  expect(session.view.value).toMatchObject({ roomId: ROOM, panel: null, dialog: null, term: "" });
  expect(vi.mocked(URL.revokeObjectURL)).toHaveBeenCalledWith("blob:1");
});

test("what the worker still says after the lock is not kept, and neither is an answer that was on its way", async () => {
  const { session, enter, settled, emit } = await open();
  session.openRoom(ROOM);
  await settled();
  session.retryRooms();
  enter(LOCKED);
  emit();
  await settled();
  expect(text(session)).not.toContain(SECRET);
});

test("after the unlock the room that was open is there again, and so is the draft: out of the store", async () => {
  let kept: Draft | null = null;
  const { session, enter, settled } = await open({
    saveDraft: ({ draft }) => {
      kept = draft;
      return {};
    },
    draft: () => (kept === null ? null : { ...kept, about: { kind: "reply", item: item() } }),
  });
  session.openRoom(ROOM);
  session.drafts.of(ROOM).set({ text: SECRET, mode: { kind: "reply", item: item() }, mentions: new Map() });
  await settled();
  expect(kept).toBeNull();
  await session.lock();
  expect(kept).toEqual({ text: SECRET, about: { kind: "reply", eventId: "$e" }, mentions: [] });
  enter(LOCKED);
  enter({ phase: "opening", userId: ME });
  enter(READY);
  await settled();
  expect(session.view.value.roomId).toBe(ROOM);
  expect(session.timeline.state.value).toMatchObject({ roomId: ROOM, phase: "open" });
  expect(session.timeline.state.value.items).toHaveLength(1);
  session.drafts.of(ROOM);
  await settled();
  expect(session.drafts.of(ROOM).value).toMatchObject({ text: SECRET, mode: { kind: "reply", item: { eventId: "$e" } } });
});

test("a device that is signed out offers no dialog that makes or joins a room", async () => {
  const { session, enter } = await open();
  enter({ phase: "logged-out-by-server", userId: ME });
  for (const kind of ["new-room", "new-dm", "join"] as const) session.showDialog({ kind });
  expect(session.view.value.dialog).toBeNull();
  session.showDialog({ kind: "switcher" });
  expect(session.view.value.dialog).toEqual({ kind: "switcher" });
});

test("what the worker tells while one answer is awaited is newer than the answers before, and stays", async () => {
  const later = Promise.withResolvers<RoomSummary[]>();
  const { session, server, settled } = await open({ rooms: () => later.promise });
  server.emit("statusChanged", { sync: "catching-up", pendingSends: 3, failedSends: 0, undecryptable: 0 });
  await settled();
  later.resolve([summary()]);
  await settled();
  expect(session.status.value?.pendingSends).toBe(3);
  expect(session.rooms.value.byId.size).toBe(1);
});

test("a worker that does not answer does not keep the app from being locked", async () => {
  const { session, calls } = await open({ saveDraft: () => new Promise(() => undefined) });
  session.drafts.of(ROOM).set({ text: SECRET, mode: { kind: "new" }, mentions: new Map() });
  await session.lock();
  expect(calls).toContain("lock");
});

test("locking without an app lock leads to where one is set", async () => {
  const { session, enter, calls } = await open();
  await session.lock();
  expect(calls).toContain("lock");
  calls.length = 0;
  enter({ ...READY, appLock: false });
  await session.lock();
  expect(calls).not.toContain("lock");
  expect(session.view.value.dialog).toEqual({ kind: "settings", section: "security" });
});

/** Everything that the session would show, as one text. */
function text(session: Session): string {
  const { account, status, safety, rooms, typing, view, timeline, drafts, details, members, devices, identities, roomSafety } = session;
  const stores = [account, status, safety, rooms, typing, view, timeline.state, drafts.of(ROOM)];
  // A lookup that was cleared asks again when it is looked at, which is what a cleared one may do: its value is looked at before that.
  const values = [details.of(ROOM), members.of(ROOM), roomSafety.of(ROOM), devices.of(ME), identities.of(ME)];
  return [...stores, ...values]
    .map(({ value }) => JSON.stringify(value, (_, part: unknown) => (part instanceof Map ? [...part] : part)))
    .join("\n");
}

async function open(others: Partial<Handlers<typeof chatContract>> = {}) {
  let url = 0;
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: () => `blob:${++url}`, revokeObjectURL: vi.fn<() => void>() }));
  const listeners = new Map<string, (payload: never) => void>();
  const calls: string[] = [];
  const shell: Shell = {
    call: (method) => {
      calls.push(method);
      return Promise.resolve(method === "appState" ? ok(READY) : ok({})) as never;
    },
    cancel: () => undefined,
    on: (name, listener) => {
      listeners.set(name, listener);
      return () => undefined;
    },
  };
  const session = new Session(shell);
  const [page, inside] = channelPair();
  const server = serve(chatContract, handlers(others), inside);
  session.link.attach(page);
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
  const enter = (state: AppState): void => listeners.get("appStateChanged")?.(state as never);
  enter(READY);
  await settled();
  const emit = (): void => {
    server.emit("roomsChanged", { upserts: [summary()], removals: [] });
    server.emit("timelineChanged", { roomId: ROOM, upserts: [item()], removals: [], resetBefore: null });
    server.emit("accountChanged", account());
  };
  return { session, enter, settled, calls, emit, server };
}

const account = () => ({
  userId: ME,
  deviceId: "D",
  deviceName: SECRET,
  homeserver: "https://x",
  displayName: SECRET,
  avatar: null,
  ed25519: "e",
  curve25519: "c",
});

const summary = (): RoomSummary => ({
  roomId: ROOM,
  name: SECRET,
  avatar: null,
  topic: SECRET,
  kind: "room",
  dmUserId: null,
  membership: "join",
  inviter: null,
  encrypted: true,
  memberCount: 2,
  unread: 0,
  mentions: 0,
  lastActivity: 1,
  lastMessage: null,
  pendingSends: 0,
  failedSends: 0,
  favourite: false,
  markedUnread: false,
  notify: "all",
});

const item = (): TimelineItem => ({
  id: "i",
  eventId: "$e",
  position: 1,
  sender: ME,
  senderName: "Me",
  senderAvatar: null,
  mine: true,
  at: 1,
  encrypted: true,
  shield: null,
  keySharedBy: null,
  content: { kind: "message", msgtype: "text", body: SECRET, html: null, edited: false, mentionsMe: false, replyTo: null },
  reactions: [],
  send: null,
  readBy: [],
});

function handlers(others: Partial<Handlers<typeof chatContract>>): Handlers<typeof chatContract> {
  const known: Partial<Handlers<typeof chatContract>> = {
    account,
    status: () => ({ sync: "up-to-date", pendingSends: 0, failedSends: 0, undecryptable: 0 }),
    rooms: () => [summary()],
    openTimeline: () => ({ items: [item()], reachedStart: true, readUpTo: null }),
    members: () => [{ userId: ME, displayName: SECRET, avatar: null, membership: "join", powerLevel: 0 }],
    draft: () => null,
    saveDraft: () => ({}),
    avatar: () => ({ bytes: new Uint8Array([1]), mimetype: "image/png" }),
    ...others,
  };
  // Everything else is not asked in these tests, or may fail.
  return new Proxy(known, {
    get: (target, name) =>
      Reflect.get(target, name) ??
      (() => {
        throw new Error("not here");
      }),
  }) as Handlers<typeof chatContract>;
}

/** Two ends in one process. Messages arrive in order, after the sender has gone on. */
function channelPair(): readonly [Channel, Channel] {
  type End = { messages: Array<(message: unknown, ports: readonly unknown[]) => void> };
  const left: End = { messages: [] };
  const right: End = { messages: [] };
  const end = (own: End, other: End): Channel => ({
    post: (message) => queueMicrotask(() => other.messages.forEach((listener) => listener(structuredClone(message), []))),
    onMessage: (listener) => void own.messages.push(listener),
    onClose: () => undefined,
    close: () => undefined,
  });
  return [end(left, right), end(right, left)];
}
