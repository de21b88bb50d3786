import "../../../protocol/no-eval.ts";
import { chatContract } from "../../../protocol/chat.ts";
import { CodedError, errorCodeSchema } from "../../../protocol/errors.ts";
import { encodeMatrixLink } from "../../../protocol/matrix-link.ts";
import type { RoomPreferences } from "../../../protocol/messages/room-summary.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { serve } from "../../../protocol/rpc.ts";
import { portChannel } from "../../../renderer/ui/port-channel.ts";
import { fakeAttachments } from "./fake-attachments.ts";
import { mediaItems, uploading } from "./fixture-media.ts";
import { fakePins } from "./fake-pins.ts";
import { roomSafety, safety, signOutRisk } from "./fake-safety.ts";
import { installShell } from "./fake-shell.ts";
import { devices, members } from "./fixture-people.ts";
import { heldBack, history, item, showcase, troubles, unsent, verifications, versionsOf } from "./fixture-timeline.ts";
import { polls } from "./poll-scenes.ts";
import { ADA, INVITES, ME, NOW, PEOPLE, summary } from "./fixture.ts";

const query = new URLSearchParams(location.search);
const scene = query.get("scene") ?? "room";
installShell(scene, query);

const empty = query.has("norooms") || scene === "first-run" || scene === "first-sync";
const rooms = empty ? [] : [...Array.from({ length: 200 }, (_, index) => summary(index)), ...(query.has("noinvites") ? [] : INVITES)];
const timelines = new Map<string, TimelineItem[]>();
const timelineOf = (roomId: string): TimelineItem[] => {
  const known = timelines.get(roomId);
  if (known !== undefined) return known;
  const made =
    roomId === "!room0:harbour.example"
      ? [
          ...history(3000),
          ...showcase(),
          ...(query.has("unsent") ? unsent() : []),
          ...(query.has("heldback") ? heldBack() : []),
          ...(query.has("media") ? mediaItems() : []),
          ...(query.has("verification") ? verifications() : []),
          ...(query.has("polls") ? polls() : []),
        ]
      : roomId === "!room6:harbour.example"
        ? troubles()
        : roomId === "!room9:harbour.example"
          ? history(600, NOW - 60_000)
          : roomId === "!room14:harbour.example"
            ? [item(1, ADA, NOW - 86_400_000, { kind: "created" }), item(2, ADA, NOW - 86_400_000, { kind: "encryption-enabled" })]
            : [item(-99999, ADA, NOW - 40 * 86_400_000, { kind: "created" }), ...history(70, NOW - 600_000)];
  timelines.set(roomId, made);
  return made;
};
const latency = Number(query.get("latency") ?? "0");
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const never = new Promise<never>(() => undefined);

const keys = safety(query);
const trust = roomSafety(query);
const pinned = fakePins(query, timelineOf);
const channel = new MessageChannel();
let nextPosition = 100_000;
const account = {
  userId: ME,
  deviceId: "BULKHEAD01",
  deviceName: "Bulkhead on Linux",
  homeserver: "https://matrix.harbour.example",
  displayName: "Robin Maas",
  avatar: null,
  ed25519: "Sv3pXJ0e3V7b2mHqWz8LrTgNfCkYd1oAuPiE5sBx9Qw",
  curve25519: "h7Wk2nQx9BvRjF4mLpTzYcDsEaGuNoXi3q5w8rKtb0M",
};
const status = {
  sync: scene === "first-sync" ? ("first" as const) : scene === "catching-up" ? ("catching-up" as const) : ("up-to-date" as const),
  pendingSends: 1,
  failedSends: 1,
  undecryptable: 2,
};
const done = async (): Promise<Record<string, never>> => {
  await wait(latency);
  if (query.has("fail")) throw new CodedError(errorCodeSchema.parse(query.get("fail")));
  return {};
};

async function prefer(roomId: string, change: Partial<RoomPreferences>): Promise<Record<string, never>> {
  const index = rooms.findIndex((room) => room.roomId === roomId);
  const room = rooms[index];
  if (room !== undefined) {
    rooms[index] = { ...room, ...change };
    server.emit("roomsChanged", { upserts: [{ ...room, ...change }], removals: [] });
  }
  return done();
}

/** A message of ours that is on its way for a moment, and then sent. */
function showEcho(roomId: string, content: TimelineItem["content"]): string {
  const echo = item(nextPosition++, "me", Date.now(), content, { eventId: null, send: { state: "sending", error: null } });
  timelineOf(roomId).push(echo);
  setTimeout(() => server.emit("timelineChanged", { roomId, upserts: [echo], removals: [], resetBefore: null }), 5);
  setTimeout(() => {
    const sent = { ...echo, eventId: `$sent${echo.id}`, send: null };
    server.emit("timelineChanged", { roomId, upserts: [sent], removals: [], resetBefore: null });
  }, 600);
  return echo.id;
}

const server = serve(
  chatContract,
  {
    account: () => account,
    safety: async () => {
      if (query.has("nosafety")) throw new CodedError("store-failed");
      return keys;
    },
    roomSafety: ({ roomId }) => trust.of(roomId),
    precautions: () => trust.precautions(),
    changePrecautions: async (change) => {
      await done();
      return trust.precautions(change);
    },
    setRoomPrecautions: async ({ roomId, onlyVerified }) => {
      await done();
      trust.setOnlyVerified(roomId, onlyVerified);
      return {};
    },
    sendAnyway: done,
    askOwnDevices: done,
    signOutRisk: () => {
      if (query.get("risk") === "unknown") throw new CodedError("internal");
      return signOutRisk(query);
    },
    acceptIdentity: async ({ userId }) => {
      await done();
      trust.settle(userId);
      return {};
    },
    renameDevice: done,
    status: () => status,
    encryptionStatus: async () => {
      await wait(latency);
      return {
        deviceKeysUploaded: !query.has("notuploaded"),
        oneTimeKeysOnServer: 50,
        roomKeys: 4212,
        ownDevices: 3,
        crossSigning: { exists: keys.identity === "present", thisDeviceSigned: keys.thisDeviceVerified },
      };
    },
    rooms: async () => (scene === "loading" ? never : rooms),
    room: async ({ roomId }) => {
      const found = rooms.find((room) => room.roomId === roomId);
      if (found === undefined) throw new CodedError("not-found");
      await wait(latency);
      const send = roomId !== "!room8:harbour.example";
      return {
        summary: found,
        canonicalAlias: found.kind === "room" ? "#harbour-crew:harbour.example" : null,
        joinRule: "invite",
        historyVisibility: "shared" as const,
        rotationPeriodMs: 604_800_000,
        rotationPeriodMsgs: 100,
        version: "12",
        can: { send, invite: true, kick: true, ban: true, redactOthers: true, rename: true, pin: !query.has("nopin") },
        pinned: pinned.of(roomId).map(({ eventId }) => eventId),
      };
    },
    members: async ({ roomId }) => {
      await wait(latency);
      return members(rooms.find((room) => room.roomId === roomId)?.memberCount ?? 0);
    },
    openTimeline: async ({ roomId, limit }) => {
      if (scene === "room-loading") return never;
      if (scene === "room-failed") throw new CodedError("store-failed");
      await wait(latency);
      const items = timelineOf(roomId).slice(-limit);
      const readUpTo = query.has("new") ? (items.at(-4)?.eventId ?? null) : (items.at(-1)?.eventId ?? null);
      return { items, reachedStart: timelineOf(roomId).length <= limit, readUpTo };
    },
    closeTimeline: done,
    paginateBack: async ({ roomId, before, limit }) => {
      await wait(latency === 0 ? 40 : latency);
      if (query.has("olderfail")) throw new CodedError("timeout");
      const older = timelineOf(roomId).filter((one) => one.position < before);
      return { items: older.slice(-limit), reachedStart: older.length <= limit };
    },
    pins: async ({ roomId }) => {
      await wait(latency);
      return pinned.of(roomId);
    },
    setPinned: async ({ roomId, eventId, pinned: wanted }) => {
      await done();
      pinned.set(roomId, eventId, wanted);
      server.emit("pinsChanged", { roomId });
      return {};
    },
    messageLink: ({ roomId, eventId }) => ({ link: encodeMatrixLink({ kind: "room", room: roomId, eventId, via: ["harbour.example"] }) }),
    editHistory: async ({ roomId, eventId }) => {
      await done();
      const found = timelineOf(roomId).find((one) => one.eventId === eventId);
      if (found === undefined) throw new CodedError("not-found");
      return { versions: versionsOf(found), complete: !query.has("incomplete") };
    },
    forward: async ({ roomId, eventId, toRoomId }) => {
      await done();
      const found = timelineOf(roomId).find((one) => one.eventId === eventId);
      if (found === undefined) throw new CodedError("not-found");
      return { itemId: showEcho(toRoomId, found.content) };
    },
    startPoll: async ({ roomId, poll: { question, answers, disclosed, maxSelections } }) => {
      await done();
      const votes = disclosed ? 0 : null;
      const poll = {
        question,
        disclosed,
        maxSelections,
        answers: answers.map((text, index) => ({ id: `${index + 1}`, text, votes, mine: false })),
        voters: votes,
        unread: 0,
        ended: false,
        canEnd: false,
      };
      return { itemId: showEcho(roomId, { kind: "poll", poll, edited: false, replyTo: null }) };
    },
    answerPoll: done,
    endPoll: done,
    typing: done,
    markRead: done,
    markUnread: ({ roomId, unread }) => prefer(roomId, { markedUnread: unread }),
    setFavourite: ({ roomId, favourite }) => prefer(roomId, { favourite }),
    setRoomNotify: ({ roomId, notify }) => prefer(roomId, { notify }),
    draft: () => null,
    saveDraft: () => ({}),
    recentEmoji: () => ["🦊", "⛵"],
    noteEmoji: () => ({}),
    send: async ({ roomId, markdown }) => {
      await done();
      const content = {
        kind: "message",
        msgtype: "text",
        body: markdown,
        html: null,
        edited: false,
        mentionsMe: false,
        replyTo: null,
      } as const;
      return { itemId: showEcho(roomId, content) };
    },
    ...fakeAttachments(query, { echo: showEcho, tell: (transfers) => server.emit("transfersChanged", transfers) }),
    edit: async () => ({ itemId: "x", ...(await done()) }),
    outcome: () => ({ state: "sent" as const, eventId: null, error: null }),
    react: done,
    redact: done,
    retrySend: done,
    cancelSend: done,
    createRoom: async () => {
      await done();
      return { roomId: "!room14:harbour.example" };
    },
    invite: done,
    join: async () => {
      await done();
      return { roomId: "!room14:harbour.example" };
    },
    roomByAlias: () => ({ roomId: null }),
    leave: done,
    forget: done,
    kick: done,
    setRoomName: done,
    setRoomTopic: done,
    enableEncryption: done,
    searchUsers: async ({ term }) => {
      await wait(60);
      return PEOPLE.filter(({ name, userId }) => `${name} ${userId}`.toLowerCase().includes(term.toLowerCase())).map(
        ({ userId, name }) => ({ userId, displayName: name, avatar: null }),
      );
    },
    setDisplayName: done,
    devices: async ({ userId }) => {
      await wait(latency);
      return devices(userId, query);
    },
    setBlacklisted: async ({ userId }) => {
      await done();
      trust.settle(userId);
      return {};
    },
    identity: ({ userId }) => ({
      masterKey: "k",
      verified: userId === ADA.userId,
      previouslyVerified: userId.startsWith("@mikael"),
      pinViolation: userId.startsWith("@noor"),
    }),
    avatar: async ({ mxc }) => ({ bytes: await picture(mxc), mimetype: "image/png" as const }),
    search: async ({ query: term }) => {
      await wait(30);
      return showcase()
        .flatMap((one) =>
          one.content.kind === "message" && one.content.body.toLowerCase().includes(term.toLowerCase())
            ? [{ one, body: one.content.body }]
            : [],
        )
        .map(({ one, body }) => ({
          roomId: "!room0:harbour.example",
          eventId: one.eventId ?? "$x",
          sender: one.sender,
          senderName: one.senderName,
          at: one.at,
          snippet: body.slice(0, 400),
        }));
    },
  },
  portChannel(channel.port2),
  { onBug: (method, error) => console.error(`fake worker: ${method}`, error) },
);

async function picture(seed: string): Promise<Uint8Array> {
  const canvas = new OffscreenCanvas(96, 96);
  const paint = canvas.getContext("2d");
  if (paint === null) throw new Error("no canvas");
  const hue = Array.from(seed).reduce((sum, letter) => sum + letter.charCodeAt(0) * 7, 0) % 360;
  const sky = paint.createLinearGradient(0, 0, 0, 96);
  sky.addColorStop(0, `hsl(${hue} 45% 72%)`);
  sky.addColorStop(1, `hsl(${(hue + 40) % 360} 40% 48%)`);
  paint.fillStyle = sky;
  paint.fillRect(0, 0, 96, 96);
  paint.fillStyle = `hsl(${(hue + 200) % 360} 40% 92%)`;
  paint.beginPath();
  paint.arc(66, 30, 12, 0, 7);
  paint.fill();
  paint.fillStyle = `hsl(${(hue + 20) % 360} 35% 28%)`;
  paint.beginPath();
  paint.moveTo(0, 96);
  paint.lineTo(34, 44);
  paint.lineTo(60, 78);
  paint.lineTo(74, 62);
  paint.lineTo(96, 96);
  paint.fill();
  return new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
}

declare global {
  interface Window {
    /** For tests: what the worker would push. */
    fake?: { emit: typeof server.emit; item: typeof item; people: typeof PEOPLE; timelineOf: typeof timelineOf };
  }
}
window.fake = { emit: server.emit, item, people: PEOPLE, timelineOf };
window.addEventListener("DOMContentLoaded", () => {
  window.postMessage({ type: "bulkhead-port", kind: "chat" }, location.origin, [channel.port1]);
  if (query.has("media")) setTimeout(() => server.emit("transfersChanged", [uploading]), 300);
  if (query.has("typing"))
    setTimeout(
      () => server.emit("typingChanged", { roomId: "!room0:harbour.example", userIds: [ADA.userId, "@grace:harbour.example"] }),
      300,
    );
});
