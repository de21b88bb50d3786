import type { DeviceView } from "../../../protocol/messages/device.ts";
import type { Member, RoomSummary } from "../../../protocol/messages/room-summary.ts";
import type { TimelineItem, Utd } from "../../../protocol/messages/timeline-item.ts";

/** Made-up people, rooms and messages; the same with every load. */
export const ME = "@you:harbour.example";
const HOUR = 3_600_000;
/** Fixed, so that screenshots compare: a Tuesday afternoon. */
export const NOW = new Date(2025, 10, 18, 15, 42, 10).getTime();

export type FakePerson = { readonly userId: string; readonly name: string };
const person = (id: string, name: string): FakePerson => ({ userId: `@${id}:harbour.example`, name });
export const ADA = person("ada", "Ada Lovelace");
export const PEOPLE: readonly FakePerson[] = [
  ADA,
  person("grace", "Grace Hopper"),
  person("mikael", "Mikael Åkesson"),
  person("noor", "Noor Haddad"),
  person("tomás", "Tomás Vieira"),
  person("yuki", "Yuki Misaki"),
  person("lena", "Lena Brandt"),
  person("kofi", "Kofi Mensah"),
  person("irina", "Ирина Соколова"),
  person("sam", "sam"),
];
const at = <T>(list: readonly T[], index: number): T => {
  const value = list[index % list.length];
  if (value === undefined) throw new Error("empty list");
  return value;
};

const NAMES = [
  "Harbour crew",
  "Release 1.0",
  "Engine room",
  "Night watch",
  "Book club: Middlemarch",
  "Kitchen rota",
  "Security reviews",
  "Allotment 14b",
  "Choir, altos",
  "Infrastructure",
  "Translators",
  "Parents of class 3c",
  "Matrix spec reading group",
  "Sunday football",
  "Lighthouse restoration fund and volunteers",
] as const;
const LINES = [
  "The new bulkhead door holds. Pressure test passed on the first try.",
  "Can someone look at the pump logs from last night?",
  "I pushed the fix, tests are green.",
  "Lunch at half past twelve?",
  "Thanks, that was it!",
  "Moving the meeting to Thursday, the room is taken.",
  "Here is what I found so far: the key arrived late because the phone was offline, then everything opened by itself.",
  "Nice work.",
  "I will be on the early ferry tomorrow, back around six.",
  "Did the backup finish?",
  "Yes, all 4,212 keys.",
  "Let us keep it simple: one process, one store, one key.",
] as const;

export function summary(index: number): RoomSummary {
  const dm = index % 3 === 1;
  const who = at(PEOPLE, index * 7 + (index % 5));
  const last = at(PEOPLE, index * 3 + 1);
  const age = index === 0 ? 60_000 : index * index * 240_000 + index * 13 * 60_000;
  const unread = index === 1 ? 3 : index === 4 ? 12 : index === 9 ? 140 : index % 17 === 0 && index > 0 ? 2 : 0;
  return {
    roomId: `!room${index}:harbour.example`,
    name: dm
      ? index === 1
        ? ADA.name
        : who.name
      : index < 40
        ? `${at(NAMES, index)}${index >= NAMES.length ? ` ${Math.floor(index / NAMES.length) + 1}` : ""}`
        : `Project ${index}`,
    avatar: index % 6 === 2 ? `mxc://harbour.example/pic${index}` : null,
    topic: dm
      ? null
      : index === 0
        ? "Pumps, doors and paint. Tide tables are pinned in the shed."
        : index % 4 === 0
          ? "What we do and when"
          : null,
    kind: dm ? "dm" : "room",
    dmUserId: dm ? (index === 1 ? ADA.userId : who.userId) : null,
    membership: "join",
    inviter: null,
    encrypted: index !== 3,
    memberCount: dm ? 2 : index === 0 ? 10 : index === 2 ? 1240 : 4 + (index % 40),
    unread,
    mentions: index === 4 ? 2 : 0,
    lastActivity: NOW - age,
    lastMessage:
      index === 14
        ? null
        : {
            eventId: `$last${index}`,
            sender: index % 5 === 2 ? ME : last.userId,
            senderName: index % 5 === 2 ? "You" : last.name,
            mine: index % 5 === 2,
            preview: at(LINES, index),
            kind: index === 6 ? "undecryptable" : index === 10 ? "redacted" : "message",
            at: NOW - age,
          },
    pendingSends: index === 7 ? 1 : 0,
    failedSends: index === 5 ? 1 : 0,
  };
}

export const INVITES: readonly RoomSummary[] = [
  {
    ...summary(300),
    roomId: "!invite1:harbour.example",
    name: "Regatta planning",
    kind: "room",
    dmUserId: null,
    membership: "invite",
    encrypted: true,
    inviter: { userId: "@noor:harbour.example", displayName: "Noor Haddad" },
    unread: 0,
    mentions: 0,
    avatar: null,
    topic: "Boats, dates, cake",
  },
  {
    ...summary(301),
    roomId: "!invite2:harbour.example",
    name: "Kofi Mensah",
    kind: "dm",
    dmUserId: "@kofi:harbour.example",
    membership: "invite",
    encrypted: false,
    inviter: { userId: "@kofi:harbour.example", displayName: "Kofi Mensah" },
    unread: 0,
    mentions: 0,
    avatar: null,
    topic: null,
  },
];

type Content = TimelineItem["content"];
const text = (body: string, more: Partial<Extract<Content, { kind: "message" }>> = {}): Content => ({
  kind: "message",
  msgtype: "text",
  body,
  html: null,
  edited: false,
  mentionsMe: false,
  replyTo: null,
  ...more,
});

let serial = 0;
export function item(
  position: number,
  sender: FakePerson | "me",
  when: number,
  content: Content,
  more: Partial<TimelineItem> = {},
): TimelineItem {
  serial++;
  const mine = sender === "me";
  return {
    id: `item${serial}`,
    eventId: `$event${serial}`,
    position,
    sender: mine ? ME : sender.userId,
    senderName: mine ? "You" : sender.name,
    senderAvatar: !mine && sender.userId === "@grace:harbour.example" ? "mxc://harbour.example/grace" : null,
    mine,
    at: when,
    encrypted: true,
    shield: null,
    keySharedBy: null,
    content,
    reactions: [],
    send: null,
    readBy: [],
    ...more,
  };
}

const [, GRACE, MIKAEL, NOOR, TOMAS, YUKI, LENA] = PEOPLE as readonly [
  FakePerson,
  FakePerson,
  FakePerson,
  FakePerson,
  FakePerson,
  FakePerson,
  FakePerson,
  ...FakePerson[],
];

/** The room that shows a bit of everything, newest last. */
export function showcase(): TimelineItem[] {
  const y = NOW - 20 * HOUR;
  const t = NOW - 2 * HOUR;
  const quoted = item(
    5,
    GRACE,
    y + 60_000,
    text("The pressure test is on Tuesday at **nine**. Bring the long hose.", {
      html: "The pressure test is on Tuesday at <strong>nine</strong>. Bring the long hose.",
    }),
  );
  return [
    item(1, ADA, y - 30 * HOUR, { kind: "membership", change: "joined", target: MIKAEL.userId, targetName: MIKAEL.name, reason: null }),
    item(2, ADA, y - 30 * HOUR, { kind: "membership", change: "invited", target: NOOR.userId, targetName: NOOR.name, reason: null }),
    item(3, NOOR, y - 29 * HOUR, { kind: "membership", change: "joined", target: NOOR.userId, targetName: NOOR.name, reason: null }),
    item(4, GRACE, y - 28 * HOUR, { kind: "topic-changed", topic: "Pumps, doors and paint. Tide tables are pinned in the shed." }),
    quoted,
    item(6, GRACE, y + 90_000, text("Tide is low until eleven, so we have time.")),
    item(
      7,
      "me",
      y + 4 * 60_000,
      text("I will bring the hose and the gauge.", {
        replyTo: {
          eventId: quoted.eventId ?? "$x",
          sender: GRACE.userId,
          senderName: GRACE.name,
          preview: "The pressure test is on Tuesday at nine. Bring the long hose.",
        },
      }),
      {
        reactions: [
          { key: "👍", count: 3, mine: null, senders: ["Grace Hopper", "Noor Haddad", "Ada Lovelace"] },
          { key: "🚢", count: 1, mine: "$mine1", senders: ["You"] },
        ],
      },
    ),
    item(8, MIKAEL, y + 40 * 60_000, {
      kind: "media",
      msgtype: "file",
      body: "pump-log-november.pdf",
      name: "pump-log-november.pdf",
      caption: null,
      html: null,
      size: 482_113,
      mimetype: "application/pdf",
      width: null,
      height: null,
      durationMs: null,
      hasThumbnail: false,
      available: true,
      edited: false,
      replyTo: null,
    }),
    item(
      9,
      TOMAS,
      t,
      text("Checklist for today:\n\n1. Close valve **B**\n2. Pump to `2.4 bar`\n3. Wait ten minutes", {
        html: '<p>Checklist for today:</p><ol><li>Close valve <strong>B</strong></li><li>Pump to <code>2.4 bar</code></li><li>Wait ten minutes</li></ol><pre><code class="language-sh">gauge --watch --until 2.4\n</code></pre><blockquote><p>Measure twice, pump once.</p></blockquote>',
      }),
    ),
    item(10, TOMAS, t + 70_000, text("And write it down, https://harbour.example/log (the second sheet).")),
    item(11, YUKI, t + 12 * 60_000, text("Understood 🙏 I start the pump at 14:00.")),
    item(12, LENA, t + 30 * 60_000, { kind: "undecryptable", utd: { code: "MissingMegolmSession", cause: "waiting" } }),
    item(
      13,
      NOOR,
      t + 42 * 60_000,
      text("@You can you check the door seal when you are down there?", {
        html: '<a href="https://matrix.to/#/@you:harbour.example">@You</a> can you check the door seal when you are down there?',
        mentionsMe: true,
      }),
    ),
    item(14, "me", t + 44 * 60_000, text("Checked: dry, and it holds.", { edited: true }), {
      readBy: [
        { userId: NOOR.userId, displayName: NOOR.name },
        { userId: TOMAS.userId, displayName: TOMAS.name },
      ],
    }),
    item(15, ADA, t + 100 * 60_000, text("2.4 bar for ten minutes, no drop. The new bulkhead door holds."), {
      reactions: [{ key: "🎉", count: 5, mine: "$mine2", senders: ["Grace Hopper", "Noor Haddad", "You", "Tomás Vieira", "Lena Brandt"] }],
    }),
    item(16, ADA, t + 100 * 60_000 + 20_000, text("🎉")),
    item(17, "me", t + 101 * 60_000, text("Wonderful. Photos for the log?"), {
      readBy: [ADA, GRACE, MIKAEL, NOOR].map((p) => ({ userId: p.userId, displayName: p.name })),
    }),
  ];
}

export function unsent(): TimelineItem[] {
  return [
    item(30, "me", NOW - 50_000, text("I am below deck, signal is poor."), { eventId: null, send: { state: "failed", error: "timeout" } }),
    item(31, "me", NOW - 30_000, text("Sending the readings now."), { eventId: null, send: { state: "sending", error: null } }),
    item(32, "me", NOW - 10_000, text("And the photos after that."), { eventId: null, send: { state: "queued", error: null } }),
  ];
}

/** Requests to verify, in every state that their line has. */
export function verifications(): TimelineItem[] {
  const states = ["cancelled", "over", "verified", "running", "asked"] as const;
  return states.flatMap((state, i) => [
    item(50 + 2 * i, ADA, NOW - (20 - 3 * i) * 60_000, { kind: "verification", to: ME, toName: "Robin Maas", state }),
    item(51 + 2 * i, "me", NOW - (19 - 3 * i) * 60_000, { kind: "verification", to: GRACE.userId, toName: GRACE.name, state }),
  ]);
}

/** Messages that wait for a decision about somebody. */
export function heldBack(): TimelineItem[] {
  const failed = { state: "failed", error: "verified-identity-changed" } as const;
  return [
    item(33, "me", NOW - 50_000, text("Mikael, can you send me the log?"), { eventId: null, send: failed }),
    item(34, "me", NOW - 30_000, text("And the readings, Ada."), {
      eventId: null,
      send: { state: "failed", error: "verified-user-unsigned-device" },
    }),
  ];
}

const UTDS: readonly Utd[] = [
  { code: "MissingMegolmSession", cause: "waiting" },
  { code: "MissingMegolmSession", cause: "sent-before-we-joined" },
  { code: "UnknownMegolmMessageIndex", cause: "historical" },
  { code: "MissingMegolmSession", withheldCode: "m.blacklisted", cause: "withheld" },
  { code: "MissingMegolmSession", withheldCode: "m.unverified", cause: "withheld-unverified" },
  { code: "MissingMegolmSession", withheldCode: "m.no_olm", cause: "withheld" },
  { code: "SenderIdentityNotTrusted", cause: "untrusted-sender" },
  { code: "ReplayedMessage", cause: "replayed" },
  { code: "MalformedEncryptedEvent", cause: "damaged" },
  { code: "Unknown", cause: "unknown" },
];

/** Every way in which a message cannot be read, and every mark. */
export function troubles(): TimelineItem[] {
  const t = NOW - 3 * HOUR;
  const items = UTDS.map((utd, i) => item(i + 1, at(PEOPLE, i), t + i * 7 * 60_000, { kind: "undecryptable", utd }));
  const shields: readonly NonNullable<TimelineItem["shield"]>[] = [
    { color: "grey", code: "AuthenticityNotGuaranteed" },
    { color: "grey", code: "UnknownDevice" },
    { color: "red", code: "UnsignedDevice" },
    { color: "red", code: "VerificationViolation" },
    { color: "red", code: "MismatchedSender" },
    { color: "red", code: "SentInClear" },
  ];
  shields.forEach((shield, i) =>
    items.push(item(20 + i, at(PEOPLE, i + 2), t + 90 * 60_000 + i * 6 * 60_000, text(at(LINES, i)), { shield })),
  );
  // Keys that came with an invitation.
  const keySharedBy = { userId: ADA.userId, displayName: ADA.name };
  for (const [i, by] of [at(PEOPLE, 1), ADA].entries()) {
    const shield = { color: "grey", code: "AuthenticityNotGuaranteed" } as const;
    items.push(item(27 + i, by, t + 136 * 60_000 + i, text(at(LINES, 4 + i)), { shield, keySharedBy }));
  }
  items.push(item(30, "me", t + 140 * 60_000, { kind: "undecryptable", utd: { code: "MissingMegolmSession", cause: "waiting" } }));
  items.push(item(31, "me", t + 141 * 60_000, text(at(LINES, 3)), { shield: { color: "red", code: "UnsignedDevice" } }));
  items.push(item(40, ADA, NOW - 60_000, { kind: "redacted", by: ADA.userId, byName: ADA.name, reason: null }));
  items.push(item(41, ADA, NOW - 55_000, { kind: "unsupported", type: "org.example.poll.start" }));
  items.push(item(42, ADA, NOW - 50_000, text("waves from the pier", { msgtype: "emote" })));
  return items;
}

/** A long history: `count` items that end two hours ago, positions falling below 1. */
export function history(count: number, end: number = NOW - 60 * HOUR): TimelineItem[] {
  const items: TimelineItem[] = [];
  for (let i = count; i > 0; i--) {
    const who = at(PEOPLE, Math.floor(i / 3) * 5 + 1);
    const when = end - i * 9 * 60_000;
    const line = `${at(LINES, i * 5)} ${i % 7 === 0 ? at(LINES, i + 3) : ""}`.trim();
    items.push(
      item(1 - i - 1000, i % 9 === 0 ? "me" : who, when, text(i % 11 === 0 ? `${line}\n${at(LINES, i + 1)}\n${at(LINES, i + 2)}` : line)),
    );
  }
  return items;
}

export function members(count: number): Member[] {
  const named = PEOPLE.map(({ userId, name }, i): Member => ({
    userId,
    displayName: name,
    avatar: i === 1 ? "mxc://harbour.example/grace" : null,
    membership: i === 9 ? "invite" : "join",
    powerLevel: i === 0 ? 100 : i === 2 ? 50 : 0,
  }));
  const me: Member = { userId: ME, displayName: "You", avatar: null, membership: "join", powerLevel: 100 };
  const rest = Array.from({ length: Math.max(0, count - named.length - 1) }, (_, i): Member => ({
    userId: `@member${i}:harbour.example`,
    displayName: `Member ${i + 1}`,
    avatar: null,
    membership: "join",
    powerLevel: 0,
  }));
  return [me, ...named, ...rest];
}

export function devices(userId: string, query: URLSearchParams): DeviceView[] {
  const own = userId === ME;
  const verified = own || userId === ADA.userId;
  const base = {
    userId,
    own,
    blacklisted: false,
    ed25519: "Sv3pXJ0e3V7b2mHqWz8LrTgNfCkYd1oAuPiE5sBx9Qw",
    curve25519: "h7Wk2nQx9BvRjF4mLpTzYcDsEaGuNoXi3q5w8rKtb0M",
    firstSeen: NOW - 90 * 24 * HOUR,
    lastSeen: own ? NOW - 2 * HOUR : null,
  };
  const here = { ...base, deviceId: "BULKHEAD01", displayName: "Bulkhead on Linux", verified, crossSigned: true };
  const phone = { ...base, deviceId: "PHONEABCDE", displayName: "Phone", verified, crossSigned: true, firstSeen: NOW - 20 * 24 * HOUR };
  const laptop = {
    ...base,
    deviceId: "OLDLAPTOPX",
    displayName: "Old laptop",
    verified: false,
    crossSigned: false,
    firstSeen: NOW - 400 * 24 * HOUR,
  };
  if (own && query.has("alone")) return [here];
  if (!own) return [here, phone, laptop];
  const tablet = {
    ...phone,
    deviceId: "TABLETQRST",
    displayName: "A tablet with a name that somebody made far too long to fit",
    lastSeen: NOW - 40 * 24 * HOUR,
  };
  const stranger = { ...laptop, deviceId: "XKQPWZLVBN", displayName: null, firstSeen: NOW - HOUR, lastSeen: NOW - 1_200_000 };
  const strange = query.get("safety") === "strange-devices" ? [{ ...laptop, lastSeen: NOW - 200 * 24 * HOUR }, stranger] : [];
  return [here, phone, tablet, ...strange];
}

export const DIAGNOSTICS = [
  "Bulkhead: 0.1.0",
  "commit: 5487b1e0c4a1d0f3b2a19c7d8e6f5a4b3c2d1e0f of 2026-11-20T09:00:00+00:00",
  "system: linux x64",
  "runtime: electron 45.4.1, chrome 150, node 24.21.0",
  "store: passphrase",
  "",
  '{"at":"2026-11-20T09:12:01.000Z","level":"info","source":"main","event":"app.start","version":"0.1.0"}',
  '{"at":"2026-11-20T09:12:01.310Z","level":"info","source":"main","event":"worker.up","ms":280,"count":1}',
  '{"at":"2026-11-20T09:12:02.120Z","level":"info","source":"main","event":"sync.caught-up","ms":212,"bytes":20480,"commitMs":9}',
  "",
].join("\n");
