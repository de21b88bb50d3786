import { parseMatrixLink } from "../../../protocol/matrix-link.ts";

/**
 * What of a sender's org.matrix.custom.html is shown (client-server API, 11.3.1 "m.room.message msgtypes"). Tighter than the spec allows:
 * no images (nothing remote is loaded for a message), no colours (they break contrast), no ftp or magnet links.
 */
export const ALLOWED_TAGS: readonly string[] = [
  "del",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "blockquote",
  "p",
  "a",
  "ul",
  "ol",
  "sup",
  "sub",
  "li",
  "b",
  "i",
  "u",
  "strong",
  "em",
  "s",
  "code",
  "hr",
  "br",
  "div",
  "table",
  "thead",
  "tbody",
  "tr",
  "th",
  "td",
  "caption",
  "pre",
  "span",
  "details",
  "summary",
];

export const ALLOWED_ATTRIBUTES: readonly string[] = ["href", "start", "data-mx-spoiler"];

/** The spec asks clients to limit how deep they follow nested tags. */
export const MAX_DEPTH = 100;

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** The normalised address of a link that may be opened, or followed within the app; null for every other. */
export function parseLink(href: string): string | null {
  if (href.length > 4096 || !/^[a-z][a-z0-9+.-]*:/i.test(href)) return null;
  const url = URL.parse(href);
  if (url?.protocol === "matrix:") return parseMatrixLink(url.href) === undefined ? null : url.href;
  return url !== null && SCHEMES.has(url.protocol) ? url.href : null;
}

export type TextPart = { readonly text: string; readonly href: string | null };

const URL_IN_TEXT = /\b(?:https?:\/\/|matrix:(?:u|r|roomid)\/)[^\s<>"'`]+/giu;

/** Finds web addresses and Matrix links in plain text. Punctuation at the end belongs to the sentence, and so does a bracket that the address did not open. */
export function splitLinks(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(URL_IN_TEXT)) {
    const address = trimAddress(match[0]);
    const href = parseLink(address);
    if (href === null) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), href: null });
    parts.push({ text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), href: null });
  return parts;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const EMOJI = /\p{Extended_Pictographic}|[\u{1F1E6}-\u{1F1FF}]/u;

/** Messages of a few emoji and nothing else are shown larger. */
export function isEmojiOnly(text: string): boolean {
  const trimmed = text.replace(/\s+/gu, "");
  // Cheap tests first: nearly every message is words.
  if (trimmed === "" || trimmed.length > 32 || /[\p{L}\p{N}]/u.test(trimmed)) return false;
  const parts = Array.from(graphemes.segment(trimmed), ({ segment }) => segment);
  return parts.length <= 3 && parts.every((part) => EMOJI.test(part));
}

/** Without the punctuation that ends a sentence, and without brackets that were opened before it. One look at each character: the text may be a stranger's. */
function trimAddress(address: string): string {
  const surplus = { ")": count(address, ")") - count(address, "("), "]": count(address, "]") - count(address, "[") };
  let end = address.length;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    if (last === ")" || last === "]") {
      if (surplus[last] <= 0) break;
      surplus[last] -= 1;
    } else if (!/[.,;:!?…*_~]/.test(last)) break;
  }
  return address.slice(0, end);
}

const count = (text: string, character: string): number => text.split(character).length - 1;
