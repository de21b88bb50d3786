import { MAX_BODY_CHARS } from "../../../protocol/messages/text.ts";
import { integerField, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { repliedTo } from "./relation.ts";

export type MessageText =
  | { readonly kind: "message"; readonly msgtype: "text" | "notice" | "emote"; readonly body: string; readonly html: string | null }
  | {
      readonly kind: "media";
      readonly msgtype: "image" | "video" | "audio" | "file";
      readonly body: string;
      readonly size: number | null;
      readonly mimetype: string | null;
    };

/** What an m.room.message says. Undefined where it has no body, and for types that have a life of their own. */
export function messageText(content: JsonObject): MessageText | undefined {
  const body = stringField(content, "body");
  const msgtype = stringField(content, "msgtype");
  if (body === undefined || msgtype === undefined || msgtype.startsWith("m.key.verification.")) return undefined;
  switch (msgtype) {
    case "m.image":
    case "m.video":
    case "m.audio":
    case "m.file": {
      const info = objectField(content, "info") ?? {};
      const size = integerField(info, "size");
      return {
        kind: "media",
        msgtype: mediaTypes[msgtype],
        body: clip(stringField(content, "filename") ?? body),
        size: size !== undefined && size >= 0 ? size : null,
        mimetype: stringField(info, "mimetype")?.slice(0, 255) ?? null,
      };
    }
    default: {
      const reply = repliedTo(content) !== undefined;
      const html = stringField(content, "format") === "org.matrix.custom.html" ? stringField(content, "formatted_body") : undefined;
      return {
        kind: "message",
        msgtype: msgtype === "m.notice" ? "notice" : msgtype === "m.emote" ? "emote" : "text",
        body: clip(reply ? withoutReplyFallback(body) : body),
        html: html === undefined || html.length > MAX_BODY_CHARS ? null : reply ? withoutHtmlReplyFallback(html) : html,
      };
    }
  }
}

const mediaTypes = { "m.image": "image", "m.video": "video", "m.audio": "audio", "m.file": "file" } as const;

/** Replies used to begin with the quoted message (removed in spec v1.13); older clients still send it. */
function withoutReplyFallback(body: string): string {
  if (!body.startsWith("> ")) return body;
  const lines = body.split("\n");
  const end = lines.findIndex((line) => !line.startsWith(">"));
  if (end < 0) return body;
  return lines.slice(lines[end] === "" ? end + 1 : end).join("\n");
}

function withoutHtmlReplyFallback(html: string): string {
  const end = html.indexOf("</mx-reply>");
  return html.startsWith("<mx-reply>") && end > 0 ? html.slice(end + "</mx-reply>".length) : html;
}

const clip = (text: string): string => text.slice(0, MAX_BODY_CHARS);

/** One line of at most `max` characters. */
export function oneLine(text: string, max = 300): string {
  const line = text
    .slice(0, max * 4)
    .replace(/\s+/g, " ")
    .trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}
