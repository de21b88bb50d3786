import { EyeOff, ShieldAlert, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { Button } from "../../ui/button.tsx";
import { errorLine } from "../../ui/error-sentence.ts";
import { useSay } from "../../ui/text.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { VaultButton } from "../shell/vault-button.tsx";
import { useLookup } from "../state/lookup.ts";
import { concernsOf, isOnlyVerified, leftOutOf, type Concern, type RoomSafety } from "../state/room-trust.ts";
import { useSession } from "../state/session.ts";
import { usePeopleText } from "./people-text.ts";
import { useMemberName } from "./use-member-name.ts";

/** Over the field, before the next message is written: who in the room is not who they were. One person at a time, the most serious first. */
export function SafetyBar({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  const session = useSession();
  const safety = useLookup(session.roomSafety, room.encrypted && room.membership === "join" ? room.roomId : null).value;
  const concerns = concernsOf(safety);
  const [first] = concerns;
  return (
    <section className="safety-bars" aria-label={say("concern.label")} aria-live="polite">
      {first === undefined && safety !== null && <LeftOut room={room} safety={safety} />}
      {first !== undefined && <Bar key={`${first.kind} ${first.userId}`} room={room} concern={first} others={concerns.length - 1} />}
    </section>
  );
}

/** Where keys go to verified devices only: who will not read what is written next. */
function LeftOut({ room, safety }: { readonly room: RoomSummary; readonly safety: RoomSafety }): ReactNode {
  const say = useSay();
  const session = useSession();
  const people = usePeopleText(room);
  const out = leftOutOf(safety, "all");
  if (!isOnlyVerified(safety) || out.length === 0) return null;
  return (
    <div className="safety-bar safety-bar--plain" role="group" aria-label={say("precaution.barLabel")}>
      <EyeOff className="icon" size={18} strokeWidth={1.8} aria-hidden />
      <div className="safety-bar__text">
        <p>{say("precaution.bar", { names: people(out) })}</p>
      </div>
      <div className="safety-bar__actions">
        <Button size="small" onPress={() => session.showPanel({ kind: "info" })}>
          {say("concern.more")}
        </Button>
      </div>
    </div>
  );
}

type BarProps = { readonly room: RoomSummary; readonly concern: Concern; readonly others: number };

function Bar({ room, concern, others }: BarProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const name = useMemberName(room, concern.userId);
  const alert = concern.kind !== "new-identity";
  const Icon = alert ? ShieldAlert : TriangleAlert;
  const details = (): void => session.showPanel({ kind: "person", userId: concern.userId, from: null });
  return (
    <div className={`safety-bar ${alert ? "safety-bar--alert" : ""}`}>
      <Icon className="icon" size={18} strokeWidth={1.8} aria-hidden />
      <div className="safety-bar__text">
        <strong>{say(`concern.${concern.kind}.title`, { name })}</strong>
        <p>{say(`concern.${concern.kind}.bar`, { name })}</p>
        {others > 0 && <p className="muted">{say("concern.others", { count: others })}</p>}
        {task.error !== null && (
          <p className="field__error" role="alert">
            {errorLine(say, task.error)}
          </p>
        )}
      </div>
      <div className="safety-bar__actions">
        <Button size="small" onPress={details}>
          {say("concern.more")}
        </Button>
        <Decide concern={concern} task={task} room={room} />
      </div>
    </div>
  );
}

/** The one thing that settles it, as far as that is this page's to do. */
function Decide({
  concern,
  task,
  room,
}: {
  readonly concern: Concern;
  readonly task: ReturnType<typeof useTask>;
  readonly room: RoomSummary;
}): ReactNode {
  const say = useSay();
  const session = useSession();
  const { userId } = concern;
  const settled = (): void => {
    session.roomSafety.refresh(room.roomId);
    session.identities.refresh(userId);
    session.devices.refresh(userId);
  };
  switch (concern.kind) {
    case "was-verified":
      return (
        <VaultButton look="primary" intent={{ kind: "identity-change", userId }}>
          {say("concern.decide")}
        </VaultButton>
      );
    case "new-identity":
      return (
        <Button
          size="small"
          isDisabled={task.busy}
          onPress={() => void task.run(() => session.link.call("acceptIdentity", { userId }), settled)}
        >
          {say("concern.accept")}
        </Button>
      );
    case "unsigned-devices":
      return (
        <Button
          size="small"
          look="primary"
          isDisabled={task.busy}
          onPress={() =>
            void task.run(async () => {
              for (const deviceId of concern.deviceIds) {
                const answer = await session.link.call("setBlacklisted", { userId, deviceId, blacklisted: true });
                if (!answer.ok) return answer;
              }
              return { ok: true, value: {} };
            }, settled)
          }
        >
          {say("concern.leaveOut", { count: concern.deviceIds.length })}
        </Button>
      );
  }
}
