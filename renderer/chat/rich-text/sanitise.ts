import DOMPurify from "dompurify";
import { ALLOWED_ATTRIBUTES, ALLOWED_TAGS, parseLink } from "./policy.ts";

/**
 * Parses a sender's HTML into an inert tree that holds allowed elements and attributes only. It belongs to a document of its own: nothing in
 * it loads or runs, and the page never inserts it; `rich-text.tsx` reads it and draws elements of its own making.
 */
export function sanitise(html: string): Node {
  return DOMPurify.sanitize(withoutReply(html), {
    ALLOWED_TAGS: [...ALLOWED_TAGS],
    ALLOWED_ATTR: [...ALLOWED_ATTRIBUTES],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    FORBID_CONTENTS: [
      "mx-reply",
      "script",
      "style",
      "template",
      "noscript",
      "iframe",
      "object",
      "embed",
      "svg",
      "math",
      "textarea",
      "title",
    ],
    RETURN_DOM: true,
  });
}

DOMPurify.addHook("uponSanitizeAttribute", (_node, data) => {
  if (data.attrName !== "href") return;
  const href = parseLink(data.attrValue.trim());
  if (href === null) data.keepAttr = false;
  else data.attrValue = href;
});

/** The quoted fallback of a reply: the page draws the quote itself, from the event that was answered. */
function withoutReply(html: string): string {
  return html.replace(/^\s*<mx-reply>[\s\S]*?<\/mx-reply>/i, "");
}
