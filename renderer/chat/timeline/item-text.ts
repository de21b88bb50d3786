import type { Shield, TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import type { MessageId } from "../../ui/messages/en.ts";
import type { Say } from "../../ui/text.tsx";

/** What an item says, as plain text: for screen readers, announcements and copying. */
export function itemText(say: Say, item: TimelineItem): string {
  const { content } = item;
  const actor = item.senderName;
  switch (content.kind) {
    case "message":
      return content.msgtype === "emote" ? `${actor} ${content.body}` : content.body;
    case "media":
      return `${say(`item.media.${content.msgtype}`)}: ${content.body}`;
    case "poll":
      return say(content.poll.ended ? "poll.textEnded" : "poll.text", { question: content.poll.question });
    case "undecryptable":
      return utdSentence(say, item).what;
    case "redacted": {
      const text = content.by === item.sender ? say("item.redacted") : say("item.redactedBy", { name: content.byName });
      return content.reason === null ? text : say("item.redactedReason", { text, reason: content.reason });
    }
    case "membership":
      return membershipText(say, content, actor);
    case "created":
      return say("state.created", { actor });
    case "encryption-enabled":
      return say("state.encryption", { actor });
    case "name-changed":
      return say("state.name", { actor, name: content.name });
    case "topic-changed":
      return content.topic === "" ? say("state.topicCleared", { actor }) : say("state.topic", { actor, topic: content.topic });
    case "avatar-changed":
      return say("state.roomAvatar", { actor });
    case "pins-changed":
      return say(`state.pins.${content.change}`, { actor });
    case "verification": {
      const mine = item.mine ? "yes" : "no";
      return say("state.verification", { actor, to: content.toName, mine, state: say(`state.verification.${content.state}`, { mine }) });
    }
    case "unsupported":
      return say("item.unsupported", { type: content.type });
  }
}

export type UtdSentence = { readonly what: string; readonly next: string };

/** Why a message cannot be read, and what to do. */
export function utdSentence(say: Say, item: TimelineItem): UtdSentence {
  if (item.content.kind !== "undecryptable") return { what: "", next: "" };
  const { cause, withheldCode } = item.content.utd;
  const name = item.senderName;
  const pick = (id: MessageId, next: MessageId): UtdSentence => ({ what: say(id, { name }), next: say(next, { name }) });
  if (withheldCode === "m.no_olm") return pick("utd.noOlm", "utd.noOlmNext");
  if (cause === "waiting" && item.mine) return pick("utd.waitingOwn", "utd.waitingOwnNext");
  return pick(`utd.${cause}`, `utd.${cause}Next`);
}

/** What a sentence about a mark is made from. */
export type ShieldedItem = Pick<TimelineItem, "sender" | "senderName" | "mine" | "keySharedBy">;

/** What a mark on a message says, and what follows from it. Of our own devices it is said differently. */
export function shieldSentence(say: Say, item: ShieldedItem, { code }: Shield): { readonly what: string; readonly text: string } {
  const name = item.senderName;
  if (item.mine && code === "UnsignedDevice") return { what: say("shield.ownUnsigned"), text: say("shield.ownUnsignedText") };
  if (item.keySharedBy !== null && code === "AuthenticityNotGuaranteed") {
    const sharer = item.keySharedBy.displayName;
    const text = item.keySharedBy.userId === item.sender ? "shield.sharedOwnText" : "shield.sharedText";
    return { what: say("shield.shared", { sharer }), text: say(text, { sharer, name }) };
  }
  if (item.mine && code === "UnknownDevice") return { what: say("shield.ownUnknown"), text: say("shield.ownUnknownText") };
  return { what: say(`shield.${code}`, { name }), text: say(`shield.${code}Text`, { name }) };
}

function membershipText(say: Say, content: Extract<TimelineItem["content"], { kind: "membership" }>, actor: string): string {
  const name = content.targetName;
  const { reason } = content;
  switch (content.change) {
    case "left":
      return reason === null ? say("state.left", { name }) : say("state.leftReason", { name, reason });
    case "kicked":
      return reason === null ? say("state.kicked", { actor, name }) : say("state.kickedReason", { actor, name, reason });
    case "joined":
    case "invited":
    case "banned":
    case "unbanned":
    case "declined":
    case "withdrawn":
    case "knocked":
    case "renamed":
    case "avatar":
      return say(`state.${content.change}`, { actor, name });
  }
}
