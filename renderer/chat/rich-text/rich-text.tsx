import { Fragment, memo, useContext, useMemo, useState, type ReactNode } from "react";
import { parseMatrixLink } from "../../../protocol/matrix-link.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { useSay } from "../../ui/text.tsx";
import { LinkContext } from "../links/link-actions.ts";
import { MAX_DEPTH, isEmojiOnly, splitLinks } from "./policy.ts";
import "./rich-text.css";
import { sanitise } from "./sanitise.ts";

type RichTextProps = { readonly body: string; readonly html: string | null };

/** A message's text: its HTML when it has some, else the plain body with its addresses made into links. */
export const RichText = memo(function RichText({ body, html }: RichTextProps): ReactNode {
  const drawn = useMemo(() => (html === null ? null : drawMessage(html)), [html]);
  if (drawn !== null) return <div className={drawn.oneParagraph ? "rich rich--inline" : "rich"}>{drawn.nodes}</div>;
  return (
    <div className={isEmojiOnly(body) ? "rich rich--plain rich--emoji" : "rich rich--plain"}>
      <PlainText text={body} />
    </div>
  );
});

/** Whether all of it is one paragraph decides whether something can stand behind it in the same line. */
function drawMessage(html: string): { readonly nodes: ReactNode; readonly oneParagraph: boolean } {
  const root = sanitise(html);
  return {
    nodes: children(root, 0, false),
    oneParagraph: [...root.childNodes].every(({ nodeName }) => INLINE.has(nodeName.toLowerCase())),
  };
}

const INLINE: ReadonlySet<string> = new Set("#text del a sup sub b i u strong em s code span br".split(" "));

function PlainText({ text }: { readonly text: string }): ReactNode {
  return splitLinks(text).map((part, index) =>
    part.href === null ? (
      <Fragment key={index}>{part.text}</Fragment>
    ) : (
      <Link key={index} href={part.href}>
        {part.text}
      </Link>
    ),
  );
}

function children(parent: Node, depth: number, literal: boolean): ReactNode {
  if (depth > MAX_DEPTH) return parent.textContent;
  return [...parent.childNodes].map((node, index) => <Fragment key={index}>{draw(node, depth, literal)}</Fragment>);
}

/** Draws one node of the sanitised tree. Only what is listed here ever becomes an element. */
function draw(node: Node, depth: number, literal: boolean): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) {
    const text = node.textContent ?? "";
    return literal ? text : <PlainText text={text} />;
  }
  if (!(node instanceof Element) && node.nodeType !== Node.ELEMENT_NODE) return null;
  const element = node as Element;
  const inside = (asIs = literal): ReactNode => children(element, depth + 1, asIs);
  switch (element.localName) {
    case "a": {
      const href = element.getAttribute("href");
      return href === null ? <span>{inside()}</span> : <Link href={href}>{inside(true)}</Link>;
    }
    case "span":
      return element.hasAttribute("data-mx-spoiler") ? (
        <Spoiler reason={element.getAttribute("data-mx-spoiler") ?? ""}>{inside()}</Spoiler>
      ) : (
        <span>{inside()}</span>
      );
    case "ol": {
      const start = Number.parseInt(element.getAttribute("start") ?? "1", 10);
      return <ol start={Number.isFinite(start) ? start : 1}>{inside()}</ol>;
    }
    case "pre":
      return <CodeBlock code={element.textContent}>{inside(true)}</CodeBlock>;
    case "code":
      return <code>{inside(true)}</code>;
    // Headings of a message are not headings of the page.
    case "h1":
    case "h2":
    case "h3":
    case "h4":
    case "h5":
    case "h6":
      return <p className={`rich__heading rich__heading--${element.localName}`}>{inside()}</p>;
    case "table":
      return (
        <div className="rich__table" tabIndex={0}>
          <table>{inside()}</table>
        </div>
      );
    case "hr":
      return <hr />;
    case "br":
      return <br />;
    case "del":
    case "blockquote":
    case "p":
    case "ul":
    case "sup":
    case "sub":
    case "li":
    case "b":
    case "i":
    case "u":
    case "strong":
    case "em":
    case "s":
    case "div":
    case "thead":
    case "tbody":
    case "tr":
    case "th":
    case "td":
    case "caption":
    case "details":
    case "summary": {
      const Tag = element.localName;
      return <Tag>{inside()}</Tag>;
    }
    default:
      return inside();
  }
}

function Link({ href, children: inside }: { readonly href: string; readonly children: ReactNode }): ReactNode {
  const actions = useContext(LinkContext);
  const target = parseMatrixLink(href);
  const open = (event: React.MouseEvent): void => {
    event.preventDefault();
    if (target === undefined) actions.openLink(href);
    else actions.openTarget(target);
  };
  return (
    <a
      href={href}
      rel="noreferrer noopener"
      title={target === undefined ? href : target.kind === "user" ? target.userId : target.room}
      className={target === undefined ? "link" : "pill"}
      onClick={open}
      onAuxClick={open}
    >
      {inside}
    </a>
  );
}

function CodeBlock({ code, children: inside }: { readonly code: string; readonly children: ReactNode }): ReactNode {
  const say = useSay();
  return (
    <div className="rich__code">
      <pre tabIndex={0}>{inside}</pre>
      <span className="rich__copy">
        <CopyButton label={say("item.copyCode")} value={code.replace(/\n$/, "")} />
      </span>
    </div>
  );
}

function Spoiler({ reason, children: inside }: { readonly reason: string; readonly children: ReactNode }): ReactNode {
  const [open, setOpen] = useState(false);
  if (open) return <span className="spoiler spoiler--open">{inside}</span>;
  return (
    <button type="button" className="spoiler" aria-expanded={false} onClick={() => setOpen(true)}>
      {reason === "" ? "•••••" : reason}
    </button>
  );
}
