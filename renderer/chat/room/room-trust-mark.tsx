import { LockKeyholeOpen, ShieldAlert, ShieldCheck, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { Button } from "../../ui/button.tsx";
import { Explain } from "../../ui/explain.tsx";
import { useSay } from "../../ui/text.tsx";
import { VaultButton } from "../shell/vault-button.tsx";
import { useLookup } from "../state/lookup.ts";
import { concernsOf, trustOf, type Concern } from "../state/room-trust.ts";
import { useSession } from "../state/session.ts";
import { useMemberName } from "./use-member-name.ts";

/** Nothing where all is normal; a quiet shield where everyone is verified; a word where something has to be looked at. */
export function RoomTrustMark({ room }: { readonly room: RoomSummary }): ReactNode {
  const session = useSession();
  const safety = useLookup(session.roomSafety, room.encrypted && room.membership === "join" ? room.roomId : null).value;
  if (!room.encrypted) return <NotEncrypted />;
  const [concern] = concernsOf(safety);
  if (concern !== undefined) return <Concerned room={room} concern={concern} />;
  return trustOf(safety, room.memberCount) === "verified" ? <Verified room={room} /> : null;
}

function Verified({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  return (
    <Explain
      label={say("room.verifiedTitle")}
      trigger={
        <AriaButton className="icon-button room-header__verified" aria-label={say("room.verifiedTitle")}>
          <ShieldCheck className="icon" size={18} strokeWidth={1.8} aria-hidden />
        </AriaButton>
      }
    >
      <h3>
        <ShieldCheck className="icon room-header__verified" size={18} aria-hidden />
        {say("room.verifiedTitle")}
      </h3>
      <p>{say(room.kind === "dm" ? "room.verifiedDmText" : "room.verifiedText")}</p>
      <p>{say("room.verifiedNext")}</p>
    </Explain>
  );
}

function Concerned({ room, concern }: { readonly room: RoomSummary; readonly concern: Concern }): ReactNode {
  const say = useSay();
  const session = useSession();
  const name = useMemberName(room, concern.userId);
  const alert = concern.kind !== "new-identity";
  const Icon = alert ? ShieldAlert : TriangleAlert;
  return (
    <Explain
      label={say(`concern.${concern.kind}.title`, { name })}
      trigger={
        <AriaButton className={`room-header__word ${alert ? "room-header__word--alert" : ""}`}>
          <Icon className="icon" size={14} aria-hidden />
          {say(`concern.${concern.kind}.word`)}
        </AriaButton>
      }
    >
      <h3>
        <Icon className="icon" size={18} aria-hidden />
        {say(`concern.${concern.kind}.title`, { name })}
      </h3>
      <p>{say(`concern.${concern.kind}.text`, { name })}</p>
      <div className="popover__actions">
        {concern.kind === "was-verified" && (
          <VaultButton look="primary" closes intent={{ kind: "identity-change", userId: concern.userId }}>
            {say("concern.decide")}
          </VaultButton>
        )}
        <Button size="small" slot="close" onPress={() => session.showPanel({ kind: "person", userId: concern.userId, from: null })}>
          {say("concern.details", { name })}
        </Button>
      </div>
    </Explain>
  );
}

function NotEncrypted(): ReactNode {
  const say = useSay();
  return (
    <Explain
      label={say("room.notEncryptedTitle")}
      trigger={
        <AriaButton className="room-header__word">
          <LockKeyholeOpen className="icon" size={14} aria-hidden />
          {say("room.notEncrypted")}
        </AriaButton>
      }
    >
      <h3>
        <TriangleAlert className="icon" size={18} aria-hidden />
        {say("room.notEncryptedTitle")}
      </h3>
      <p>{say("room.notEncryptedText")}</p>
      <p>{say("room.notEncryptedNext")}</p>
    </Explain>
  );
}
