import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";

/** Made-up people, rooms and messages; the same with every load. */
export const ME = "@you:harbour.example";
export const HOUR = 3_600_000;
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
export const at = <T>(list: readonly T[], index: number): T => {
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
export const LINES = [
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
    favourite: index === 2 || index === 7,
    markedUnread: index === 3,
    notify: index === 5 ? "none" : index === 8 ? "mentions" : "all",
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
