import MarkdownIt, { type StateCore, type Token } from "markdown-it";
import type { UserId } from "../../../protocol/ids.ts";
import { encodeMatrixLink } from "../../../protocol/matrix-link.ts";

/** Whom a piece of text stands for, `@Ada` for `@ada:example.org`. */
export type MentionTexts = ReadonlyMap<string, UserId>;

/** Markdown as the HTML that others receive: what Markdown itself makes, `||spoilers||`, and a link to each person where they are mentioned. */
export function renderMarkdown(markdown: string, mentioned: MentionTexts): string {
  return renderer.render(markdown, { mentioned }).trim();
}

// HTML that somebody types is text; what others receive is only what Markdown itself makes. Their clients sanitise it all the same.
const renderer = new MarkdownIt({ html: false, linkify: true, breaks: true });
renderer.core.ruler.push("spoilers", hideSpoilers);
renderer.core.ruler.push("mentions", linkMentions);

const BARS = "||";

/** `||text||` (spec, "Spoiler messages"), whatever is formatted within. */
function hideSpoilers(state: StateCore): void {
  for (const block of state.tokens) if (block.children !== null) block.children = withSpoilers(state, block.children);
}

function withSpoilers(state: StateCore, tokens: readonly Token[]): Token[] {
  const parts = tokens.flatMap((token) =>
    token.type === "text" ? token.content.split(/(\|\|)/).flatMap((part) => (part === "" ? [] : [textToken(state, token, part)])) : [token],
  );
  const isBars = (token: Token | undefined): boolean => token?.type === "text" && token.content === BARS;
  for (let start = 0; start < parts.length; start++) {
    const first = parts[start];
    if (first === undefined || !isBars(first) || !touches(parts[start + 1], /^\s/)) continue;
    const end = parts.findIndex((token, index) => index > start + 1 && isBars(token) && token.level === first.level);
    if (end < 0 || !touches(parts[end - 1], /\s$/)) continue;
    const open = new state.Token("spoiler_open", "span", 1);
    open.attrSet("data-mx-spoiler", "");
    parts[start] = open;
    parts[end] = new state.Token("spoiler_close", "span", -1);
    start = end;
  }
  return parts;
}

/** As with stars, a space beside the bars makes them bars: `a || b || c` hides nothing. */
const touches = (token: Token | undefined, space: RegExp): boolean =>
  token !== undefined && !(token.type === "text" && space.test(token.content));

const textToken = (state: StateCore, { level }: Token, content: string): Token =>
  Object.assign(new state.Token("text", "", 0), { content, level });

function linkMentions(state: StateCore): void {
  const mentioned: unknown = state.env["mentioned"];
  if (!(mentioned instanceof Map) || mentioned.size === 0) return;
  for (const block of state.tokens) if (block.children !== null) block.children = withLinks(state, block.children, mentioned);
}

function withLinks(state: StateCore, tokens: readonly Token[], mentioned: MentionTexts): Token[] {
  let links = 0;
  return tokens.flatMap((token) => {
    if (token.type === "link_open") links++;
    else if (token.type === "link_close") links--;
    return token.type === "text" && links === 0 ? splitText(state, token, mentioned) : [token];
  });
}

function splitText(state: StateCore, token: Token, mentioned: MentionTexts): Token[] {
  const parts: Token[] = [];
  let rest = token.content;
  const text = (content: string): Token => textToken(state, token, content);
  for (;;) {
    const [first] = [...mentioned.keys()]
      .map((written) => ({ written, at: rest.indexOf(written) }))
      .filter(({ at }) => at >= 0)
      // Of two names at one place, the longer: Ada is the beginning of Ada Lovelace.
      .sort((a, b) => a.at - b.at || b.written.length - a.written.length);
    const userId = first === undefined ? undefined : mentioned.get(first.written);
    if (first === undefined || userId === undefined) break;
    if (first.at > 0) parts.push(text(rest.slice(0, first.at)));
    const open = new state.Token("link_open", "a", 1);
    open.attrSet("href", encodeMatrixLink({ kind: "user", userId }));
    parts.push(open, text(first.written), new state.Token("link_close", "a", -1));
    rest = rest.slice(first.at + first.written.length);
  }
  if (parts.length === 0) return [token];
  return rest === "" ? parts : [...parts, text(rest)];
}
