import type { TimelineItem, Utd } from "../../../protocol/messages/timeline-item.ts";
import { ADA, at, HOUR, LINES, ME, NOW, PEOPLE, type FakePerson } from "./fixture.ts";

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
const named = (...names: readonly string[]): { userId: string; displayName: string }[] =>
  names.map((displayName) => ({ userId: PEOPLE.find(({ name }) => name === displayName)?.userId ?? ME, displayName }));

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
          { key: "👍", count: 3, mine: null, senders: named("Grace Hopper", "Noor Haddad", "Ada Lovelace") },
          { key: "🚢", count: 1, mine: "$mine1", senders: named("You") },
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
      reactions: [
        { key: "🎉", count: 5, mine: "$mine2", senders: named("Grace Hopper", "Noor Haddad", "You", "Tomás Vieira", "Lena Brandt") },
      ],
    }),
    item(16, ADA, t + 100 * 60_000 + 20_000, text("🎉")),
    item(17, "me", t + 101 * 60_000, text("Wonderful. Photos for the log?"), {
      readBy: [ADA, GRACE, MIKAEL, NOOR].map((p) => ({ userId: p.userId, displayName: p.name })),
    }),
  ];
}

/** What an edited message has said before. */
export function versionsOf(now: TimelineItem): TimelineItem[] {
  const before = (index: number, content: Content, more: Partial<TimelineItem> = {}): TimelineItem => ({
    ...now,
    id: `${now.id}v${index}`,
    eventId: `${now.eventId}v${index}`,
    position: index,
    at: now.at - (4 - index) * 25 * 60_000,
    reactions: [],
    content,
    ...more,
  });
  return [
    before(0, text("Checked: wet, and it holds.")),
    before(
      1,
      text("Checked: **dry**, and it holds.\n\nSee https://harbour.example/log.", {
        html: "<p>Checked: <strong>dry</strong>, and it holds.</p><p>See https://harbour.example/log.</p>",
      }),
      { shield: { color: "red", code: "UnsignedDevice" } },
    ),
    before(2, { kind: "undecryptable", utd: { code: "MissingMegolmSession", cause: "waiting" } }),
    before(3, now.content),
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
