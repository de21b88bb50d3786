import { describe, expect, test } from "vitest";
import { parseEventId, parseRoomId, parseUserId, type EventId, type UserId } from "../../protocol/ids.ts";
import { systemEnv } from "../primitives/system-env.ts";
import { Secret } from "../primitives/secret.ts";
import { openMemoryStore } from "../store/store.ts";
import { createLog, describeError } from "../log.ts";
import { pictureType } from "./avatars.ts";
import { isWeakPassphrase } from "./keys/passphrase-policy.ts";
import { unwrapStoreKey, wrapStoreKey } from "./keys/wrapped-key.ts";
import { cleanName } from "./rooms/names.ts";
import { PowerLevels } from "./rooms/power-levels.ts";
import { decideNotify, type PushFacts } from "./rooms/push-rules.ts";
import { snippetAround } from "./search.ts";
import { composeEdit, composeMessage } from "./send-queue/compose.ts";
import { messageText } from "./timeline/message-text.ts";
import { decideUtdCause } from "./timeline/utd-cause.ts";

const user = (text: string): UserId => required(parseUserId(text));
const eventId = (text: string): EventId => required(parseEventId(text));
function required<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe("composing", () => {
  const compose = (markdown: string) => composeMessage({ msgtype: "text", markdown, mentions: [], mentioned: new Map() });

  test.each(["plain", "two\nlines", "2 < 3 & 4 > 1", "https://example.org/a_b_c?x=1", "me@example.org", "snake_case_name", "a\n\nb"])(
    "%j stays plain text",
    (text) => expect(compose(text)).toEqual({ msgtype: "m.text", body: text, "m.mentions": {} }),
  );
  test.each([
    ["**bold**", "<strong>bold</strong>"],
    ["`code`", "<code>code</code>"],
    ["[x](https://example.org)", '<a href="https://example.org">x</a>'],
    ["- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"],
    ["\\*not bold\\*", "*not bold*"],
    ["*a* <script>alert(1)</script>", "<em>a</em> &lt;script&gt;alert(1)&lt;/script&gt;"],
    ["it is ||the *butler*||", 'it is <span data-mx-spoiler="">the <em>butler</em></span>'],
    ["a || b || **c**", "a || b || <strong>c</strong>"],
    ["[x](javascript:alert(1)) *y*", "[x](javascript:alert(1)) <em>y</em>"],
  ])("%j is formatted", (text, html) => expect(compose(text)).toMatchObject({ body: text, formatted_body: html }));

  test("who is mentioned is linked where the text names them, the longer of two names first, and not within a link or code", () => {
    const mentioned = new Map([
      ["@Ada", user("@ada:x.org")],
      ["@Ada Lovelace", user("@lovelace:x.org")],
    ]);
    const html = (markdown: string) => composeMessage({ msgtype: "text", markdown, mentions: [], mentioned })["formatted_body"];
    const ada = '<a href="https://matrix.to/#/@ada:x.org">@Ada</a>';
    expect(html("hi @Ada, @Ada Lovelace!")).toBe(`hi ${ada}, <a href="https://matrix.to/#/@lovelace:x.org">@Ada Lovelace</a>!`);
    expect(html("**@Ada**")).toBe(`<strong>${ada}</strong>`);
    expect(html("[@Ada](https://example.org) `@Ada`")).toBe('<a href="https://example.org">@Ada</a> <code>@Ada</code>');
  });

  test("mentions are stated once each, and an edit mentions nobody anew", () => {
    const ada = user("@ada:x.org");
    expect(composeMessage({ msgtype: "text", markdown: "hi", mentions: [ada, ada], mentioned: new Map() })).toMatchObject({
      "m.mentions": { user_ids: [ada] },
    });
    const edit = composeEdit(eventId("$1"), { msgtype: "text", markdown: "*hi*", mentions: [ada], mentioned: new Map() });
    expect(edit).toMatchObject({
      body: "* *hi*",
      "m.mentions": {},
      "m.new_content": { body: "*hi*", "m.mentions": { user_ids: [ada] } },
      "m.relates_to": { rel_type: "m.replace", event_id: "$1" },
    });
  });
});

describe("reading", () => {
  test("the fallback of a reply is taken off, a quote of one's own is not", () => {
    const body = "> <@ada:x.org> hello\n> more\n\nanswer";
    const html = "<mx-reply><blockquote>hello</blockquote></mx-reply>answer";
    const reply = { "m.relates_to": { "m.in_reply_to": { event_id: "$1" } } };
    const content = { msgtype: "m.text", body, format: "org.matrix.custom.html", formatted_body: html };
    expect(messageText({ ...content, ...reply })).toMatchObject({ body: "answer", html: "answer" });
    expect(messageText(content)).toMatchObject({ body, html });
  });

  test("names lose what makes them look like others", () => {
    expect(cleanName("Ada\u202eevil\u0000")).toBe("Adaevil");
    expect(cleanName(" \u200b ")).toBeUndefined();
  });

  test("pictures are told by their bytes", () => {
    expect(pictureType(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1))).toBe("image/png");
    expect(pictureType(Buffer.from("RIFF1234WEBPVP8 "))).toBe("image/webp");
    expect(pictureType(Buffer.from("<svg xmlns='x'/>"))).toBeUndefined();
    expect(pictureType(new Uint8Array(0))).toBeUndefined();
  });

  test("a snippet is one line around the match", () => {
    expect(snippetAround("short\nbody", "body")).toBe("short body");
    const snippet = snippetAround(`${"x ".repeat(500)}needle${" y".repeat(500)}`, "needle");
    expect(snippet).toContain("needle");
    expect(snippet.length).toBeLessThanOrEqual(202);
  });
});

describe("why a message cannot be read", () => {
  const facts = { code: "MissingMegolmSession", withheldCode: undefined, membership: "join", sentAt: 200, deviceCreatedAt: 100 };
  test.each([
    [{}, "waiting"],
    [{ membership: undefined }, "waiting"],
    [{ membership: "leave" }, "sent-before-we-joined"],
    [{ membership: "invite" }, "waiting"],
    [{ sentAt: 50 }, "historical"],
    [{ sentAt: 50, membership: "leave" }, "sent-before-we-joined"],
    [{ withheldCode: "m.blacklisted" }, "withheld"],
    [{ withheldCode: "m.unverified" }, "withheld-unverified"],
    [{ withheldCode: "m.history_not_shared" }, "sent-before-we-joined"],
    [{ code: "MismatchedSender" }, "untrusted-sender"],
    [{ code: "ReplayedMessage" }, "replayed"],
    [{ code: "MegolmDecryptionFailure" }, "damaged"],
    [{ code: "SomethingNew" }, "unknown"],
  ] as const)("%j: %s", (change, cause) => expect(decideUtdCause({ ...facts, ...change })).toBe(cause));
});

describe("push rules", () => {
  const facts = (content: Record<string, string | object>, more: Partial<PushFacts> = {}): PushFacts => ({
    event: { type: "m.room.message", sender: "@ada:x.org", room_id: "!r", content: JSON.parse(JSON.stringify(content)) },
    userId: "@me:x.org",
    displayName: "Me Myself",
    memberCount: 5,
    senderMayNotifyRoom: false,
    ...more,
  });

  test("the predefined ones", () => {
    expect(decideNotify(undefined, facts({ msgtype: "m.text", body: "hi" }))).toBe(1);
    expect(decideNotify(undefined, facts({ msgtype: "m.notice", body: "hi" }))).toBe(0);
    expect(decideNotify(undefined, facts({ body: "hi", "m.mentions": { user_ids: ["@me:x.org"] } }))).toBe(2);
    expect(decideNotify(undefined, facts({ body: "oh Me Myself, hi" }))).toBe(2);
    expect(decideNotify(undefined, facts({ body: "oh Me Myself, hi", "m.mentions": {} }))).toBe(1);
    expect(decideNotify(undefined, facts({ body: "@room", "m.mentions": { room: true } }))).toBe(1);
    expect(decideNotify(undefined, facts({ body: "@room", "m.mentions": { room: true } }, { senderMayNotifyRoom: true }))).toBe(2);
  });

  test("the account's own: a muted room, a word, and what is malformed", () => {
    const rules = (global: object) => JSON.parse(JSON.stringify({ global }));
    const muted = rules({
      override: [{ rule_id: "m", conditions: [{ kind: "event_match", key: "room_id", pattern: "!r" }], actions: [] }],
    });
    expect(decideNotify(muted, facts({ body: "hi" }))).toBe(0);
    const word = rules({ content: [{ rule_id: "w", pattern: "ca*e", actions: ["notify", { set_tweak: "highlight" }] }] });
    expect(decideNotify(word, facts({ body: "some cake?" }))).toBe(2);
    expect(decideNotify(word, facts({ body: "scakes" }))).toBe(0);
    const odd = rules({
      override: [null, 7, { conditions: "x" }, { conditions: [{ kind: "new" }], actions: ["notify"] }],
      underride: "no",
    });
    expect(decideNotify(odd, facts({ body: "hi" }))).toBe(0);
  });

  test("a poll is told of as a message is, unless a rule is about polls", () => {
    for (const type of ["m.poll.start", "org.matrix.msc3381.poll.start"]) {
      const poll: PushFacts = { ...facts({}), event: { ...facts({}).event, type } };
      expect(decideNotify(undefined, poll)).toBe(1);
      const about = (pattern: string, actions: string[]) => ({ conditions: [{ kind: "event_match", key: "type", pattern }], actions });
      const rules = (...underride: object[]) => JSON.parse(JSON.stringify({ global: { underride } }));
      expect(decideNotify(rules(about("m.room.message", ["notify"]), about(type, [])), poll)).toBe(0);
      expect(decideNotify(rules(about("m.room.message", [])), poll)).toBe(0);
    }
  });

  test("a hostile pattern costs little", () => {
    const rules = JSON.parse(
      JSON.stringify({ global: { content: [{ rule_id: "w", pattern: `${"*a".repeat(120)}b`, actions: ["notify"] }] } }),
    );
    const start = performance.now();
    expect(decideNotify(rules, facts({ body: "a".repeat(60_000) }))).toBe(0);
    expect(performance.now() - start).toBeLessThan(2000);
    const whole = JSON.parse(JSON.stringify({ global: { room: [{ rule_id: "!r", actions: ["notify"] }] } }));
    expect(decideNotify(whole, facts({ body: "x" }))).toBe(1);
  });
});

describe("power levels", () => {
  test("are total on whatever a server sends", () => {
    const store = openMemoryStore();
    const roomId = required(parseRoomId("!r:x.org"));
    for (const content of [
      {},
      { users: 7 },
      { users: { "@me:x.org": "50" } },
      { users_default: 1e300 },
      { events: { "m.room.name": {} } },
    ]) {
      const sender = user("@ada:x.org");
      store.roomState.save(roomId, {
        type: "m.room.power_levels",
        stateKey: "",
        eventId: undefined,
        sender,
        content: JSON.parse(JSON.stringify(content)),
      });
      const levels = PowerLevels.load(store.roomState, roomId);
      for (const level of [levels.of(user("@me:x.org")), levels.of(user("@ada:x.org"))]) expect(Number.isSafeInteger(level)).toBe(true);
      expect(typeof levels.maySend(user("@me:x.org"), "m.room.message")).toBe("boolean");
    }
    store.close();
  });
});

describe("keys and logs", () => {
  test("weak passphrases are refused", () => {
    for (const weak of ["", "short", "aaaaaaaaaaaa", "        ", "abababab"]) expect(isWeakPassphrase(weak)).toBe(true);
    for (const strong of ["correct horse", "größer als 8"]) expect(isWeakPassphrase(strong)).toBe(false);
  });

  test("a wrapped key opens with its passphrase only, and not once it was changed", async () => {
    const bytes = systemEnv.randomBytes(32);
    const wrapped = await wrapStoreKey(Secret.from(bytes, "store-key"), "pässphrase", systemEnv);
    const opened = await unwrapStoreKey(wrapped, "pa\u0308ssphrase");
    expect(opened.ok && opened.value.use((key) => Buffer.from(key).equals(Buffer.from(bytes)))).toBe(true);
    expect(await unwrapStoreKey({ ...wrapped, n: 2 ** 14 }, "pässphrase")).toEqual({ ok: false, error: "wrong-passphrase" });
    expect(await unwrapStoreKey({ ...wrapped, ciphertext: "AAAA" }, "pässphrase")).toEqual({ ok: false, error: "malformed" });
    expect(await unwrapStoreKey({ ...wrapped, n: 2 ** 14 + 1 }, "x")).toEqual({ ok: false, error: "malformed" });
  });

  test("a log line holds words only", () => {
    const lines: string[] = [];
    const log = createLog(
      (line) => lines.push(line),
      () => 0,
    );
    log.error("bug", { ...describeError(new TypeError("secret: hunter2")), code: "a <b>" });
    expect(lines[0]).toContain('"error":"TypeError"');
    expect(lines[0]).not.toMatch(/hunter2|<b>/);
  });
});
