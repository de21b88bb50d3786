import { isObject, objectOr, stringOr, type JsonObject } from "./json.ts";
import { invalidParam, notFound } from "./matrix-error.ts";

export type PushRule = {
  rule_id: string;
  default: boolean;
  enabled: boolean;
  actions: unknown[];
  conditions?: JsonObject[];
  pattern?: string;
};
export const ruleKinds = ["override", "content", "room", "sender", "underride"] as const;
export type RuleKind = (typeof ruleKinds)[number];
export type Ruleset = Record<RuleKind, PushRule[]>;

/** Every user's push rules, starting from the spec's predefined ones. */
export class PushRules {
  readonly #rulesets = new Map<string, Ruleset>();

  of(userId: string): Ruleset {
    const known = this.#rulesets.get(userId);
    if (known !== undefined) return known;
    const ruleset = defaultRuleset(userId);
    this.#rulesets.set(userId, ruleset);
    return ruleset;
  }

  find(userId: string, kind: string, ruleId: string): PushRule {
    const rule = this.of(userId)[parseKind(kind)].find((candidate) => candidate.rule_id === ruleId);
    if (rule === undefined) throw notFound("No such push rule");
    return rule;
  }

  put(userId: string, kind: string, ruleId: string, body: JsonObject): void {
    if (ruleId.startsWith(".")) throw invalidParam("Rule IDs of users don't start with a dot");
    const rules = this.of(userId)[parseKind(kind)];
    const rule: PushRule = {
      rule_id: ruleId,
      default: false,
      enabled: true,
      actions: Array.isArray(body["actions"]) ? body["actions"] : [],
    };
    if (Array.isArray(body["conditions"])) rule.conditions = body["conditions"].filter(isObject);
    if (typeof body["pattern"] === "string") rule.pattern = body["pattern"];
    const index = rules.findIndex((candidate) => candidate.rule_id === ruleId);
    if (index < 0) rules.unshift(rule);
    else rules[index] = rule;
  }

  remove(userId: string, kind: string, ruleId: string): void {
    const rules = this.of(userId)[parseKind(kind)];
    const rule = this.find(userId, kind, ruleId);
    if (rule.default) throw invalidParam("Predefined rules cannot be deleted");
    rules.splice(rules.indexOf(rule), 1);
  }
}

export type PushContext = {
  userId: string;
  displayName: string | undefined;
  memberCount: number;
  senderLevel: number;
  roomNotificationLevel: number;
};

/** What the rules make of an event for a user. */
export function decidePush(
  ruleset: Ruleset,
  event: { type: string; content: JsonObject; sender: string; room_id: string; state_key?: string },
  context: PushContext,
): { notify: boolean; highlight: boolean } {
  for (const kind of ruleKinds)
    for (const rule of ruleset[kind]) {
      if (!rule.enabled || !matches(kind, rule, event, context)) continue;
      const highlight = rule.actions.some((action) => isObject(action) && action["set_tweak"] === "highlight" && action["value"] !== false);
      return { notify: rule.actions.includes("notify"), highlight };
    }
  return { notify: false, highlight: false };
}

function matches(kind: RuleKind, rule: PushRule, event: JsonObject, context: PushContext): boolean {
  if (kind === "room") return event["room_id"] === rule.rule_id;
  if (kind === "sender") return event["sender"] === rule.rule_id;
  if (kind === "content") return matchesGlob(property(event, "content.body"), rule.pattern ?? "", true);
  return (rule.conditions ?? []).every((condition) => holds(condition, event, context));
}

function holds(condition: JsonObject, event: JsonObject, context: PushContext): boolean {
  const key = stringOr(condition["key"], "");
  switch (condition["kind"]) {
    case "event_match":
      return matchesGlob(property(event, key), stringOr(condition["pattern"], ""), key === "content.body");
    case "event_property_is":
      return property(event, key) === condition["value"];
    case "event_property_contains": {
      const values = property(event, key);
      return Array.isArray(values) && values.includes(condition["value"]);
    }
    case "contains_display_name":
      return context.displayName !== undefined && matchesGlob(property(event, "content.body"), context.displayName, true);
    case "room_member_count": {
      const [, comparison = "==", count] = /^(==|<=|>=|<|>)?(\d+)$/.exec(stringOr(condition["is"], "")) ?? [];
      return count !== undefined && compares(comparison, context.memberCount, Number(count));
    }
    case "sender_notification_permission":
      return context.senderLevel >= context.roomNotificationLevel;
    default:
      return false;
  }
}

function compares(comparison: string, left: number, right: number): boolean {
  switch (comparison) {
    case "<":
      return left < right;
    case ">":
      return left > right;
    case "<=":
      return left <= right;
    case ">=":
      return left >= right;
    default:
      return left === right;
  }
}

function matchesGlob(value: unknown, pattern: string, inWords: boolean): boolean {
  if (typeof value !== "string") return false;
  if (!inWords && !/[*?]/.test(pattern)) return value.toLowerCase() === pattern.toLowerCase();
  const glob = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(inWords ? String.raw`(^|\W)${glob}(\W|$)` : `^${glob}$`, "is").test(value);
}

/** A property by a dotted path, whose dots inside names are escaped. */
function property(event: JsonObject, path: string): unknown {
  const names = path.split(/(?<!\\)\./).map((name) => name.replaceAll(/\\(.)/g, "$1"));
  let value: unknown = event;
  for (const name of names) value = objectOr(value)[name];
  return value;
}

function parseKind(kind: string): RuleKind {
  const known = ruleKinds.find((candidate) => candidate === kind);
  if (known === undefined) throw invalidParam("Unknown kind of push rule");
  return known;
}

const sound = { set_tweak: "sound", value: "default" };
const ring = { set_tweak: "sound", value: "ring" };
const highlight = { set_tweak: "highlight" };
const match = (key: string, pattern: string): JsonObject => ({ kind: "event_match", key, pattern });
const predefined = (rule_id: string, conditions: JsonObject[], actions: unknown[], enabled = true): PushRule => ({
  rule_id,
  default: true,
  enabled,
  conditions,
  actions,
});

function defaultRuleset(userId: string): Ruleset {
  const localpart = userId.slice(1, userId.indexOf(":"));
  const twoMembers: JsonObject = { kind: "room_member_count", is: "2" };
  const mayNotifyRoom: JsonObject = { kind: "sender_notification_permission", key: "room" };
  return {
    override: [
      predefined(".m.rule.master", [], [], false),
      predefined(".m.rule.suppress_notices", [match("content.msgtype", "m.notice")], []),
      predefined(
        ".m.rule.invite_for_me",
        [match("type", "m.room.member"), match("content.membership", "invite"), match("state_key", userId)],
        ["notify", sound],
      ),
      predefined(".m.rule.member_event", [match("type", "m.room.member")], []),
      predefined(
        ".m.rule.is_user_mention",
        [{ kind: "event_property_contains", key: String.raw`content.m\.mentions.user_ids`, value: userId }],
        ["notify", sound, highlight],
      ),
      predefined(".m.rule.contains_display_name", [{ kind: "contains_display_name" }], ["notify", sound, highlight]),
      predefined(
        ".m.rule.is_room_mention",
        [{ kind: "event_property_is", key: String.raw`content.m\.mentions.room`, value: true }, mayNotifyRoom],
        ["notify", highlight],
      ),
      predefined(".m.rule.roomnotif", [mayNotifyRoom, match("content.body", "@room")], ["notify", highlight]),
      predefined(".m.rule.tombstone", [match("type", "m.room.tombstone"), match("state_key", "")], ["notify", highlight]),
      predefined(".m.rule.reaction", [match("type", "m.reaction")], []),
      predefined(".m.rule.room.server_acl", [match("type", "m.room.server_acl"), match("state_key", "")], []),
      predefined(
        ".m.rule.suppress_edits",
        [{ kind: "event_property_is", key: String.raw`content.m\.relates_to.rel_type`, value: "m.replace" }],
        [],
      ),
    ],
    content: [
      { rule_id: ".m.rule.contains_user_name", default: true, enabled: true, pattern: localpart, actions: ["notify", sound, highlight] },
    ],
    room: [],
    sender: [],
    underride: [
      predefined(".m.rule.call", [match("type", "m.call.invite")], ["notify", ring]),
      predefined(".m.rule.encrypted_room_one_to_one", [twoMembers, match("type", "m.room.encrypted")], ["notify", sound]),
      predefined(".m.rule.room_one_to_one", [twoMembers, match("type", "m.room.message")], ["notify", sound]),
      predefined(".m.rule.message", [match("type", "m.room.message")], ["notify"]),
      predefined(".m.rule.encrypted", [match("type", "m.room.encrypted")], ["notify"]),
    ],
  };
}
