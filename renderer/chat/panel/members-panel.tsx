import { Search, ShieldAlert, TriangleAlert, UserPlus } from "lucide-react";
import { useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { Member, RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useStore } from "../../ui/store.ts";
import { useSay, type Say } from "../../ui/text.tsx";
import { SearchField } from "../../ui/text-field.tsx";
import { ListSkeleton } from "../sidebar/list-skeleton.tsx";
import { useLookup } from "../state/lookup.ts";
import { arrangeMembers } from "../state/member-order.ts";
import { nameOf } from "../state/mention-query.ts";
import { concernsByPerson, concernsOf, type Concern } from "../state/room-trust.ts";
import { useSession } from "../state/session.ts";

export function MembersPanel({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  const session = useSession();
  const { value, error } = useLookup(session.members, room.roomId);
  const canInvite = useLookup(session.details, room.roomId).value?.can.invite ?? false;
  const [term, setTerm] = useState("");
  const safety = useLookup(session.roomSafety, room.encrypted ? room.roomId : null).value;
  const concerns = useMemo(() => concernsByPerson(concernsOf(safety)), [safety]);
  const members = useMemo(() => (value === null ? null : arrangeMembers(value, term, concerns)), [value, term, concerns]);
  return (
    <div className="panel__fill">
      <div className="panel__tools">
        <SearchField
          icon={Search}
          label={say("members.filter")}
          placeholder={say("members.filter")}
          clearLabel={say("common.clear")}
          value={term}
          onChange={setTerm}
        />
        {canInvite && (
          <Button icon={UserPlus} onPress={() => session.showDialog({ kind: "invite", roomId: room.roomId })}>
            {say("info.invitePeople")}
          </Button>
        )}
      </div>
      {members === null ? (
        error === null ? (
          <Delayed>
            <ListSkeleton />
          </Delayed>
        ) : (
          <div className="panel__body">
            <ErrorNote code={error} actions={<Button onPress={() => session.members.refresh(room.roomId)}>{say("common.retry")}</Button>} />
          </div>
        )
      ) : members.length === 0 ? (
        <div className="empty" role="status">
          <p>{say("members.none")}</p>
        </div>
      ) : (
        <MemberList members={members} concerns={concerns} />
      )}
    </div>
  );
}

type MemberListProps = { readonly members: readonly Member[]; readonly concerns: ReadonlyMap<string, Concern> };

function MemberList({ members, concerns }: MemberListProps): ReactNode {
  const say = useSay();
  const id = useId();
  const session = useSession();
  const own = useStore(session.account, (account) => account?.userId);
  const list = useRef<HTMLDivElement>(null);
  const virtual = useRef<VirtualizerHandle>(null);
  const [active, setActive] = useState(0);
  const index = Math.min(active, members.length - 1);
  const open = (member: Member): void => session.showPanel({ kind: "person", userId: member.userId, from: "members" });
  const onKeyDown = (event: KeyboardEvent): void => {
    const member = members[index];
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 8,
      PageUp: -8,
      Home: -members.length,
      End: members.length,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      const to = Math.max(0, Math.min(members.length - 1, index + step));
      setActive(to);
      virtual.current?.scrollToIndex(to, { align: "nearest" });
    } else if ((event.key === "Enter" || event.key === " ") && member !== undefined) open(member);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={list}
      className="members"
      role="listbox"
      tabIndex={0}
      aria-label={say("members.list")}
      aria-activedescendant={`${id}-${index}`}
      onKeyDown={onKeyDown}
    >
      <Virtualizer ref={virtual} scrollRef={list} data={members} itemSize={48} keepMounted={[index]}>
        {(member, at) => {
          const role = roleText(say, member);
          const name = nameOf(member);
          const concern = concerns.get(member.userId);
          return (
            <div
              key={member.userId}
              id={`${id}-${at}`}
              role="option"
              aria-selected={at === index}
              aria-posinset={at + 1}
              aria-setsize={members.length}
              className={`member ${at === index ? "member--active" : ""} ${member.membership === "invite" ? "member--invited" : ""}`}
              onClick={() => open(member)}
            >
              <Avatar id={member.userId} name={name} mxc={member.avatar} size={28} shape="person" />
              <span className="member__names">
                <span className="member__name ellipsis">
                  {name}
                  {member.userId === own && <span className="muted"> ({say("members.you")})</span>}
                </span>
                {concern !== undefined && <MemberMark concern={concern} />}
              </span>
              {role !== null && <span className="member__role">{role}</span>}
            </div>
          );
        }}
      </Virtualizer>
    </div>
  );
}

/** Says in the list what is not normal; the person's own page explains it and has the next step. */
function MemberMark({ concern }: { readonly concern: Concern }): ReactNode {
  const say = useSay();
  const alert = concern.kind !== "new-identity";
  const Icon = alert ? ShieldAlert : TriangleAlert;
  return (
    <span className={`member__mark ${alert ? "member__mark--alert" : ""}`}>
      <Icon className="icon" size={13} aria-hidden />
      {say(`concern.${concern.kind}.word`)}
    </span>
  );
}

export function roleText(say: Say, member: Member): string | null {
  if (member.membership === "invite") return say("members.invited");
  if (member.powerLevel >= 100) return say("members.admin");
  if (member.powerLevel >= 50) return say("members.moderator");
  return null;
}
