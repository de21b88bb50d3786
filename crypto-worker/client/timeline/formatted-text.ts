/** No more of a message is looked at for a line of it. */
const MAX_SCANNED = 4000;

/**
 * What a message's HTML says without its formatting, for lines about it; what is a spoiler stays hidden. It is text, never HTML again: nothing here
 * decides what is safe to show.
 */
export function formattedText(html: string): string {
  let hidden = 0;
  let text = "";
  const spans: boolean[] = [];
  for (const [piece] of html.slice(0, MAX_SCANNED).matchAll(/<[^<>]*>|[^<]+|</g)) {
    const tag = /^<(\/?)([a-z][a-z0-9]*)/i.exec(piece);
    if (tag === null) text += hidden > 0 ? "" : piece;
    else if (tag[2]?.toLowerCase() === "span") {
      if (tag[1] === "/") hidden -= spans.pop() === true ? 1 : 0;
      else {
        const spoiler = /\sdata-mx-spoiler/i.test(piece);
        spans.push(spoiler);
        if (spoiler && hidden++ === 0) text += "•••••";
      }
    } else if (BREAKS.has(tag[2]?.toLowerCase() ?? "")) text += " ";
  }
  return text.replaceAll(/&(?:amp|lt|gt|quot|nbsp|#39);/g, (entity) => ENTITIES[entity] ?? entity).trim();
}

const BREAKS: ReadonlySet<string> = new Set(
  "p br div li ul ol blockquote pre h1 h2 h3 h4 h5 h6 hr table tr td th summary details".split(" "),
);

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&nbsp;": " ",
  "&#39;": "'",
};
