import { MAX_BODY_CHARS } from "../../../protocol/messages/text.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { cleanFileName, mediaClaims, type MediaClaims } from "../media/media-content.ts";
import { repliedTo } from "./relation.ts";

export type MessageText =
  | { readonly kind: "message"; readonly msgtype: "text" | "notice" | "emote"; readonly body: string; readonly html: string | null }
  | ({
      readonly kind: "media";
      readonly msgtype: "image" | "video" | "audio" | "file";
      /** The caption, or else the name. */
      readonly body: string;
      readonly name: string;
      readonly caption: string | null;
      readonly html: string | null;
    } & MediaClaims);

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
      const filename = stringField(content, "filename");
      const name = cleanFileName(filename ?? body);
      // Without a file name beside it the text is the name (spec v1.10, "Media captions").
      const caption = filename === undefined || filename === body || body === "" ? null : clip(body);
      return {
        kind: "media",
        msgtype: mediaTypes[msgtype],
        body: caption ?? name,
        name,
        caption,
        html: caption === null ? null : (formattedBody(content) ?? null),
        ...mediaClaims(objectField(content, "info") ?? {}),
      };
    }
    default: {
      const reply = repliedTo(content) !== undefined;
      const html = formattedBody(content);
      return {
        kind: "message",
        msgtype: msgtype === "m.notice" ? "notice" : msgtype === "m.emote" ? "emote" : "text",
        body: clip(reply ? withoutReplyFallback(body) : body),
        html: html === undefined ? null : reply ? withoutHtmlReplyFallback(html) : html,
      };
    }
  }
}

function formattedBody(content: JsonObject): string | undefined {
  if (stringField(content, "format") !== "org.matrix.custom.html") return undefined;
  const html = stringField(content, "formatted_body");
  return html === undefined || html.length > MAX_BODY_CHARS ? undefined : html;
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
