import type { Notify } from "../../store/tables/events.ts";
import {
  arrayField,
  booleanField,
  field,
  isJsonObject,
  objectField,
  stringField,
  type JsonObject,
  type JsonValue,
} from "../../wire/json.ts";
import { isPollStart } from "../timeline/poll-content.ts";
import { globMatch } from "./glob-match.ts";

export type PushFacts = {
  /** The event with its decrypted type and content. */
  readonly event: JsonObject;
  readonly userId: string;
  readonly displayName: string | undefined;
  readonly memberCount: number;
  /** Whether the sender may notify the whole room. */
  readonly senderMayNotifyRoom: boolean;
};

/** What the account's push rules make of an event (spec, "Push Rules"); the predefined ones where the server sent none. */
export function decideNotify(rules: JsonObject | undefined, facts: PushFacts): Notify {
  const global = (rules === undefined ? undefined : objectField(rules, "global")) ?? DEFAULT_RULES;
  if (global === DEFAULT_RULES && mentions(facts)) return 2;
  const { event } = facts;
  // Where no rule is about polls, one is what a message is (MSC3930).
  const asMessage = isPollStart(stringField(event, "type") ?? "") ? { ...facts, event: { ...event, type: "m.room.message" } } : undefined;
  return judge(global, facts) ?? (asMessage === undefined ? undefined : judge(global, asMessage)) ?? 0;
}

/** What the first rule that matches says. */
function judge(global: JsonObject, facts: PushFacts): Notify | undefined {
  for (const kind of ["override", "content", "room", "sender", "underride"] as const) {
    for (const rule of arrayField(global, kind) ?? []) {
      if (!isJsonObject(rule) || booleanField(rule, "enabled") === false) continue;
      if (matches(kind, rule, facts)) return notifyOf(arrayField(rule, "actions") ?? []);
    }
  }
  return undefined;
}

function matches(kind: string, rule: JsonObject, facts: PushFacts): boolean {
  const id = stringField(rule, "rule_id") ?? "";
  if (LEGACY_MENTION_RULES.has(id) && hasMentions(facts.event)) return false;
  switch (kind) {
    case "content":
      return isText(rule, "pattern") && wordMatch(stringField(rule, "pattern") ?? "", stringAt(facts.event, "content.body"));
    case "room":
      return stringField(facts.event, "room_id") === id;
    case "sender":
      return stringField(facts.event, "sender") === id;
    default:
      return (arrayField(rule, "conditions") ?? []).every((condition) => isJsonObject(condition) && holds(condition, facts));
  }
}

function holds(condition: JsonObject, facts: PushFacts): boolean {
  const key = stringField(condition, "key") ?? "";
  switch (stringField(condition, "kind")) {
    case "event_match": {
      const pattern = stringField(condition, "pattern");
      const value = stringAt(facts.event, key);
      if (pattern === undefined || value === undefined) return false;
      return key === "content.body" ? wordMatch(pattern, value) : globMatch(pattern, value.slice(0, MAX_SCANNED), "^", "$");
    }
    case "event_property_is":
      return valueAt(facts.event, key) === field(condition, "value");
    case "event_property_contains": {
      const list = valueAt(facts.event, key);
      const value = field(condition, "value");
      return Array.isArray(list) && value !== undefined && list.includes(value);
    }
    case "contains_display_name":
      return facts.displayName !== undefined && wordMatch(facts.displayName, stringAt(facts.event, "content.body"), true);
    case "room_member_count":
      return countMatches(stringField(condition, "is") ?? "", facts.memberCount);
    case "sender_notification_permission":
      return key === "room" && facts.senderMayNotifyRoom;
    default:
      // The spec: an unknown condition never matches.
      return false;
  }
}

function notifyOf(actions: readonly JsonValue[]): Notify {
  if (!actions.includes("notify")) return 0;
  const highlight = actions.some(
    (action) => isJsonObject(action) && stringField(action, "set_tweak") === "highlight" && booleanField(action, "value") !== false,
  );
  return highlight ? 2 : 1;
}

function countMatches(is: string, count: number): boolean {
  const parts = /^(==|<=|>=|<|>)?([0-9]{1,9})$/.exec(is);
  if (parts === null) return false;
  const limit = Number(parts[2]);
  switch (parts[1]) {
    case "<":
      return count < limit;
    case ">":
      return count > limit;
    case "<=":
      return count <= limit;
    case ">=":
      return count >= limit;
    default:
      return count === limit;
  }
}

/** Dotted path; `\.` is a dot within a key and `\\` a backslash. */
function valueAt(event: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = event;
  for (const part of path.match(/(?:\\.|[^.\\])+/g) ?? []) {
    if (!isJsonObject(value)) return undefined;
    value = field(value, part.replace(/\\([.\\])/g, "$1"));
  }
  return value;
}

function stringAt(event: JsonObject, path: string): string | undefined {
  const value = valueAt(event, path);
  return typeof value === "string" ? value : undefined;
}

function mentions({ event, userId }: PushFacts): boolean {
  const users = valueAt(event, "content.m\\.mentions.user_ids");
  return Array.isArray(users) && users.includes(userId);
}

const isText = (object: JsonObject, key: string): boolean => stringField(object, key) !== undefined;
const hasMentions = (event: JsonObject): boolean => isJsonObject(valueAt(event, "content.m\\.mentions"));
const LEGACY_MENTION_RULES: ReadonlySet<string> = new Set([
  ".m.rule.contains_display_name",
  ".m.rule.contains_user_name",
  ".m.rule.roomnotif",
]);

const MAX_SCANNED = 20_000;

const WORD_START = "(?:^|[^\\p{L}\\p{N}_])";
const WORD_END = "(?:$|[^\\p{L}\\p{N}_])";

function wordMatch(pattern: string, text: string | undefined, literal = false): boolean {
  if (text === undefined || pattern === "" || pattern.length > 255) return false;
  return globMatch(pattern, text.slice(0, MAX_SCANNED), WORD_START, WORD_END, literal);
}

const notify = (rule_id: string, conditions: JsonValue[], highlight = false): JsonObject => ({
  rule_id,
  conditions,
  actions: highlight ? ["notify", { set_tweak: "highlight" }] : ["notify"],
});
const silent = (rule_id: string, conditions: JsonValue[]): JsonObject => ({ rule_id, conditions, actions: [] });
const typeIs = (pattern: string): JsonObject => ({ kind: "event_match", key: "type", pattern });

/** The predefined rules that matter here; a mention by user id is looked for in the code, as its rule would name the user. */
const DEFAULT_RULES: JsonObject = {
  override: [
    silent(".m.rule.suppress_notices", [{ kind: "event_match", key: "content.msgtype", pattern: "m.notice" }]),
    silent(".m.rule.member_event", [typeIs("m.room.member")]),
    notify(".m.rule.contains_display_name", [{ kind: "contains_display_name" }], true),
    notify(
      ".m.rule.is_room_mention",
      [
        { kind: "event_property_is", key: "content.m\\.mentions.room", value: true },
        { kind: "sender_notification_permission", key: "room" },
      ],
      true,
    ),
    silent(".m.rule.reaction", [typeIs("m.reaction")]),
    silent(".m.rule.suppress_edits", [{ kind: "event_property_is", key: "content.m\\.relates_to.rel_type", value: "m.replace" }]),
  ],
  underride: [notify(".m.rule.message", [typeIs("m.room.message")]), notify(".m.rule.encrypted", [typeIs("m.room.encrypted")])],
};
