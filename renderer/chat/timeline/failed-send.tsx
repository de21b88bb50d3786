import { CircleAlert } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { errorSentence, parseErrorCode } from "../../ui/error-sentence.ts";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useLookup } from "../state/lookup.ts";
import { concernBehind, concernsOf, isHeldBack, type Concern } from "../state/room-trust.ts";
import { useSession } from "../state/session.ts";
import { useActions } from "./timeline-actions.ts";

/** Why a message of ours was not sent, and what can be done: decide first where somebody's identity holds it back, else send again or delete. */
export function FailedSend({ item }: { readonly item: TimelineItem }): ReactNode {
  const say = useSay();
  const actions = useActions();
  const code = parseErrorCode(item.send?.error ?? null);
  const concern = useConcernBehind(item);
  // Decided since: what is left is to send it again.
  const settled = concern === "settled";
  return (
    <div className={`failed-send ${settled ? "failed-send--settled" : ""}`} role="group" aria-label={say("send.failed")}>
      <CircleAlert className="icon" size={14} aria-hidden />
      <span>
        {say("send.failed")}. {settled ? say("send.settled") : `${say(errorSentence(code).what)}.`}
      </span>
      {concern === null || concern === "settled" ? (
        <AriaButton className="link-button" onPress={() => actions.retry(item)}>
          {say("send.retry")}
        </AriaButton>
      ) : (
        <Settle item={item} concern={concern} />
      )}
      <AriaButton className="link-button failed-send__delete" onPress={() => actions.cancelSend(item)}>
        {say("send.delete")}
      </AriaButton>
    </div>
  );
}

/** The person who holds the message back. Asked again for each such failure: it may be the first that is heard of the matter. */
function useConcernBehind(item: TimelineItem): Concern | "settled" | null {
  const session = useSession();
  const code = parseErrorCode(item.send?.error ?? null);
  const roomId = useStore(session.timeline.state, (state) => state.roomId);
  const asks = isHeldBack(code) ? roomId : null;
  const safety = useLookup(session.roomSafety, asks).value;
  useEffect(() => {
    if (asks !== null) session.roomSafety.refresh(asks);
  }, [session, asks]);
  if (asks === null || safety === null) return null;
  return concernBehind(code, concernsOf(safety)) ?? "settled";
}

/** What can be decided. Nothing is sent all the same to who may be somebody else. */
function Settle({ item, concern }: { readonly item: TimelineItem; readonly concern: Concern }): ReactNode {
  const say = useSay();
  const session = useSession();
  const actions = useActions();
  const roomId = useStore(session.timeline.state, (state) => state.roomId);
  const devices = useLookup(session.roomSafety, roomId).value?.unsignedDevices ?? [];
  return concern.kind === "was-verified" ? (
    <AriaButton className="link-button" onPress={() => void session.openVault({ kind: "identity-change", userId: concern.userId })}>
      {say("concern.decide")}
    </AriaButton>
  ) : (
    <>
      <AriaButton className="link-button" onPress={() => actions.openPerson(concern.userId)}>
        {say("concern.devices")}
      </AriaButton>
      {roomId !== null && (
        <AriaButton className="link-button" onPress={() => session.showDialog({ kind: "send-anyway", roomId, itemId: item.id, devices })}>
          {say("anyway.action")}
        </AriaButton>
      )}
    </>
  );
}
