import { FileAudio, FileImage, FileText, FileVideo, Trash2, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useIntl, type IntlShape } from "react-intl";
import type { TimelineContent, TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { useSay } from "../../ui/text.tsx";
import { RichText } from "../rich-text/rich-text.tsx";
import { itemText } from "./item-text.ts";
import { useActions } from "./timeline-actions.ts";
import { UtdLine } from "./utd-line.tsx";

/** The inside of a message. */
export function MessageBody({ item }: { readonly item: TimelineItem }): ReactNode {
  const say = useSay();
  const { content } = item;
  switch (content.kind) {
    case "message":
      return (
        <>
          {content.replyTo !== null && <Quote quote={content.replyTo} />}
          <div className={`body body--${content.msgtype}`}>
            {content.msgtype === "emote" && <span className="body__actor">{item.senderName} </span>}
            <RichText body={content.body} html={content.html} />
            {content.edited && <span className="body__edited">{say("item.edited")}</span>}
          </div>
        </>
      );
    case "media":
      return (
        <>
          {content.replyTo !== null && <Quote quote={content.replyTo} />}
          <Media content={content} />
        </>
      );
    case "undecryptable":
      return <UtdLine item={item} utd={content.utd} />;
    case "redacted":
      return (
        <div className="utd">
          <Trash2 className="icon" size={15} aria-hidden />
          <span>{itemText(say, item)}</span>
        </div>
      );
    case "unsupported":
      return <div className="utd">{itemText(say, item)}</div>;
    case "membership":
    case "created":
    case "encryption-enabled":
    case "name-changed":
    case "topic-changed":
    case "avatar-changed":
      return null;
  }
}

type ReplyQuote = NonNullable<Extract<TimelineContent, { kind: "message" }>["replyTo"]>;

function Quote({ quote }: { readonly quote: ReplyQuote }): ReactNode {
  const say = useSay();
  const actions = useActions();
  const name = quote.senderName;
  return (
    <AriaButton className="quote" onPress={() => actions.jumpTo(quote.eventId)}>
      <span className="visually-hidden">{say("item.jumpToReply")}</span>
      <span className="quote__name">{name ?? say("item.replyUnknown")}</span>
      {quote.preview !== null && <span className="quote__text ellipsis">{quote.preview}</span>}
    </AriaButton>
  );
}

const MEDIA_ICONS: Readonly<Record<"image" | "video" | "audio" | "file", LucideIcon>> = {
  image: FileImage,
  video: FileVideo,
  audio: FileAudio,
  file: FileText,
};

function Media({ content }: { readonly content: Extract<TimelineContent, { kind: "media" }> }): ReactNode {
  const say = useSay();
  const intl = useIntl();
  const Icon = MEDIA_ICONS[content.msgtype];
  const kind = say(`item.media.${content.msgtype}`);
  return (
    <div className="media">
      <span className="media__icon">
        <Icon className="icon" size={20} aria-hidden />
      </span>
      <span className="media__text">
        <span className="media__name ellipsis">{content.body}</span>
        <span className="media__kind">
          {content.size === null ? kind : say("item.size", { kind, size: formatBytes(intl.formatNumber, content.size) })}
        </span>
      </span>
    </div>
  );
}

function formatBytes(format: IntlShape["formatNumber"], bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return format(value, {
    style: "unit",
    unit: units[unit] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  });
}
