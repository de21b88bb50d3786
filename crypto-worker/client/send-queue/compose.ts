import type { EventId, UserId } from "../../../protocol/ids.ts";
import { stringField, type JsonObject } from "../../wire/json.ts";
import { renderMarkdown, type MentionTexts } from "./markdown.ts";

export type Composition = {
  readonly msgtype: "text" | "notice" | "emote";
  readonly markdown: string;
  readonly mentions: readonly UserId[];
  /** How those who are mentioned are written in the text. */
  readonly mentioned: MentionTexts;
  readonly replyTo?: EventId;
};

const MAX_MENTIONS = 50;

/** The content of a message: formatted only where there is formatting, mentions always stated, so that old rules do not guess them (MSC3952). */
export function composeMessage({ msgtype, markdown, mentions, mentioned, replyTo }: Composition): JsonObject {
  return {
    ...textContent(msgtype, markdown, mentioned),
    "m.mentions": mentionsOf(mentions),
    ...(replyTo === undefined ? {} : { "m.relates_to": { "m.in_reply_to": { event_id: replyTo } } }),
  };
}

/**
 * The content of a message about a file, `about` being what the file is. Without a caption its text is the name; with one, the name is beside it
 * (https://spec.matrix.org/v1.16/client-server-api/#media-captions).
 */
export function composeAttachment(
  about: JsonObject,
  { caption, ...rest }: Omit<Composition, "markdown" | "msgtype"> & { caption: string | null },
): JsonObject {
  const name = stringField(about, "filename") ?? "";
  const message = composeMessage({ ...rest, msgtype: "text", markdown: caption ?? "" });
  // Names are no Markdown.
  return { ...message, ...(caption === null ? { body: name } : {}), ...about };
}

/** An edit: the new content, and a fallback for clients that do not know edits. It mentions nobody again. */
export function composeEdit(target: EventId, { msgtype, markdown, mentions, mentioned }: Omit<Composition, "replyTo">): JsonObject {
  const content = textContent(msgtype, markdown, mentioned);
  const fallback: Record<string, string> = { ...content, body: `* ${content.body}` };
  if (content.formatted_body !== undefined) fallback["formatted_body"] = `* ${content.formatted_body}`;
  return {
    ...fallback,
    "m.mentions": {},
    "m.new_content": { ...content, "m.mentions": mentionsOf(mentions) },
    "m.relates_to": { rel_type: "m.replace", event_id: target },
  };
}

export function composeReaction(target: EventId, key: string): JsonObject {
  return { "m.relates_to": { rel_type: "m.annotation", event_id: target, key } };
}

type TextContent = { readonly msgtype: string; readonly body: string; readonly format?: string; readonly formatted_body?: string };

function textContent(msgtype: Composition["msgtype"], markdown: string, mentioned: MentionTexts): TextContent {
  const body = markdown.trim();
  const html = renderMarkdown(body, mentioned);
  const base = { msgtype: `m.${msgtype}`, body };
  return isPlain(html) && !ESCAPED.test(body) ? base : { ...base, format: "org.matrix.custom.html", formatted_body: unwrap(html) };
}

/** Escapes and entities read differently once Markdown is done with them. */
const ESCAPED = /\\[!-/:-@[-`{-~]|&#?[0-9a-zA-Z]{2,32};/;

/** Paragraphs, line breaks, bare links and escapes say nothing that the plain text does not. */
function isPlain(html: string): boolean {
  const rest = html.replace(/<a href="([^"]*)">([^<]*)<\/a>/g, (whole: string, href: string, text: string) =>
    isBareLink(href, text) ? "" : whole,
  );
  return !/<(?!\/?p>|br>|br \/>)/.test(rest);
}

function isBareLink(href: string, text: string): boolean {
  const bare = (link: string): string => decodeSafely(link.replace(/^(?:https?:\/\/|mailto:)/, "").replace(/\/$/, ""));
  return bare(href) === bare(text);
}

function decodeSafely(text: string): string {
  try {
    return decodeURI(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

/** One paragraph needs no paragraph around it. */
function unwrap(html: string): string {
  const inner = /^<p>([\s\S]*)<\/p>$/.exec(html)?.[1];
  return inner !== undefined && !inner.includes("<p>") ? inner : html;
}

function mentionsOf(userIds: readonly UserId[]): JsonObject {
  const unique = [...new Set(userIds)].slice(0, MAX_MENTIONS);
  return unique.length === 0 ? {} : { user_ids: unique };
}
