import type { TimelineItem } from "../../protocol/messages/timeline-item.ts";

/** A message as the JSON-RPC surface shows it. */
export type MessageView = {
  readonly eventId: string;
  readonly sender: string;
  /** Absent while the event cannot be read, and for what has no text. */
  readonly body?: string;
  /** Whether it came encrypted and could be read. */
  readonly decrypted: boolean;
  /** Id of the event that this one answers. */
  readonly replyTo?: string;
  /** `cause` is what the client makes of it: which sentence a person is shown. */
  readonly utd?: { readonly code: string; readonly withheld?: string; readonly cause: string };
  readonly shield: TimelineItem["shield"];
  /** Who else gave us the key that reads it: who wrote it is then their word. */
  readonly keySharedBy?: string;
};

/** Undefined for what is no message of the server's timeline: state, and our own messages that the server does not have yet. */
export function messageView(item: TimelineItem): MessageView | undefined {
  if (item.eventId === null) return undefined;
  const common = {
    eventId: item.eventId,
    sender: item.sender,
    shield: item.shield,
    ...(item.keySharedBy === null ? {} : { keySharedBy: item.keySharedBy.userId }),
  };
  switch (item.content.kind) {
    case "message":
    case "media":
      return {
        ...common,
        body: item.content.body,
        decrypted: item.encrypted,
        ...(item.content.replyTo === null ? {} : { replyTo: item.content.replyTo.eventId }),
      };
    case "poll": {
      const { question, answers } = item.content.poll;
      return { ...common, body: [question, ...answers.map(({ text }) => `• ${text}`)].join("\n"), decrypted: item.encrypted };
    }
    case "undecryptable": {
      const { code, withheldCode, cause } = item.content.utd;
      return { ...common, decrypted: false, utd: { code, cause, ...(withheldCode === undefined ? {} : { withheld: withheldCode }) } };
    }
    case "redacted":
    case "unsupported":
      return { ...common, decrypted: item.encrypted };
    case "membership":
    case "created":
    case "encryption-enabled":
    case "name-changed":
    case "topic-changed":
    case "avatar-changed":
    case "pins-changed":
    case "verification":
      return undefined;
  }
}
