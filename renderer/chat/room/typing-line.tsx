import type { ReactNode } from "react";
import { useStore } from "../../ui/store.ts";
import { useSay, type Say } from "../../ui/text.tsx";
import { useLookup } from "../state/lookup.ts";
import { localpart, nameOf } from "../state/mention-query.ts";
import { useSession } from "../state/session.ts";

/** Who is typing. Its place is always kept, so nothing moves. */
export function TypingLine({ roomId }: { readonly roomId: string }): ReactNode {
  const say = useSay();
  const session = useSession();
  const userIds = useStore(session.typing, (typing) => typing.get(roomId)) ?? [];
  const members = useLookup(session.members, userIds.length > 0 ? roomId : null).value;
  const name = (userId: string): string => {
    const member = members?.find((candidate) => candidate.userId === userId);
    return member === undefined ? localpart(userId) : nameOf(member);
  };
  return (
    <div className="typing">
      <span className="ellipsis">{typingText(say, userIds.map(name))}</span>
    </div>
  );
}

function typingText(say: Say, names: readonly string[]): string {
  const [a, b] = names;
  if (a === undefined) return "";
  if (b === undefined) return say("room.typing.one", { a });
  return names.length === 2 ? say("room.typing.two", { a, b }) : say("room.typing.many");
}
