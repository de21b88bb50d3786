import { Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { TimelineContent, TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { useSay } from "../../ui/text.tsx";
import { MediaBody } from "../attachments/media-body.tsx";
import { isMediaItem } from "../attachments/media-item.ts";
import { PollBody } from "../polls/poll-body.tsx";
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
          {isMediaItem(item) && <MediaBody item={item} />}
        </>
      );
    case "poll":
      return (
        <>
          {content.replyTo !== null && <Quote quote={content.replyTo} />}
          <PollBody poll={content.poll} item={item} />
          {content.edited && <span className="body__edited">{say("item.edited")}</span>}
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
    case "pins-changed":
    case "verification":
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
