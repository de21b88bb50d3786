import { useIntl } from "react-intl";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useSession } from "../state/session.ts";
import { useMemberNames } from "./use-member-name.ts";

const NAMED = 3;

/** People of a room in a sentence: the first by name, of the rest how many there are. */
export function usePeopleText(room: RoomSummary | undefined): (userIds: readonly string[]) => string {
  const say = useSay();
  const intl = useIntl();
  const ownId = useStore(useSession().account, (account) => account?.userId);
  const nameOf = useMemberNames(room);
  return (userIds) => {
    const names = userIds.slice(0, NAMED).map((userId) => (userId === ownId ? say("precaution.you") : nameOf(userId)));
    const more = userIds.length - names.length;
    return more === 0 ? intl.formatList(names) : say("precaution.people", { names: names.join(", "), count: more });
  };
}
