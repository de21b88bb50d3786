import type { ReactNode } from "react";
import type { Member } from "../../../protocol/messages/room-summary.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { useSay } from "../../ui/text.tsx";
import { nameOf } from "../state/mention-query.ts";

type ListProps = {
  readonly id: string;
  readonly members: readonly Member[];
  readonly selected: number;
  readonly onPick: (member: Member) => void;
};

/** People to mention. The focus stays in the text; the field points at the chosen one. */
export function MentionList({ id, members, selected, onPick }: ListProps): ReactNode {
  const say = useSay();
  return (
    <div className="mentions" id={id} role="listbox" aria-label={say("composer.mentions")}>
      {members.map((member, index) => (
        <div
          key={member.userId}
          id={`${id}-${member.userId}`}
          role="option"
          aria-selected={index === selected}
          className={`mentions__option ${index === selected ? "mentions__option--selected" : ""}`}
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(member);
          }}
        >
          <Avatar id={member.userId} name={nameOf(member)} mxc={member.avatar} size={24} shape="person" />
          <span className="mentions__name">{nameOf(member)}</span>
          <span className="ellipsis muted">{member.userId}</span>
        </div>
      ))}
    </div>
  );
}
