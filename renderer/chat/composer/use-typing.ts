import { useEffect, useMemo } from "react";
import { useSession, type Session } from "../state/session.ts";

const REPEAT_MS = 4000;

export interface Typing {
  typed(hasText: boolean): void;
  stop(): void;
}

/** Tells the room that one is typing, at most every few seconds, if the settings allow it. */
export function useTyping(roomId: string): Typing {
  const session = useSession();
  const typing = useMemo(() => typingNotices(session, roomId), [session, roomId]);
  useEffect(() => typing.stop, [typing]);
  return typing;
}

function typingNotices(session: Session, roomId: string): Typing {
  let last = 0;
  const stop = (): void => {
    if (last === 0) return;
    last = 0;
    void session.link.call("typing", { roomId, typing: false });
  };
  return {
    stop,
    typed(hasText) {
      if (!session.settings.value.sendTyping) return;
      if (!hasText) return stop();
      if (Date.now() - last < REPEAT_MS) return;
      last = Date.now();
      void session.link.call("typing", { roomId, typing: true });
    },
  };
}
