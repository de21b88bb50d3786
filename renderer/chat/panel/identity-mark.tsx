import { ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { VaultButton } from "../shell/vault-button.tsx";
import { useSession, type Identity } from "../state/session.ts";

type MarkProps = {
  readonly identity: NonNullable<Identity>;
  readonly userId: string;
  readonly name: string;
  readonly roomId: string;
};

/** What is known about who this really is, and the way to be sure. */
export function IdentityMark({ identity, userId, name, roomId }: MarkProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  if (identity.previouslyVerified && !identity.verified)
    return (
      <Note
        tone="danger"
        title={say("shield.VerificationViolation", { name })}
        actions={
          <VaultButton look="primary" intent={{ kind: "identity-change", userId }}>
            {say("concern.decide")}
          </VaultButton>
        }
      >
        {say("shield.VerificationViolationText", { name })}
      </Note>
    );
  const verify = <VaultButton intent={{ kind: "verify-user", userId }}>{say("person.verify", { name })}</VaultButton>;
  if (identity.verified)
    return (
      <p className="info__verified">
        <ShieldCheck className="icon" size={16} aria-hidden />
        {say("person.identityVerified")}
      </p>
    );
  if (identity.pinViolation)
    return (
      <>
        <Note
          tone="warn"
          title={say("concern.new-identity.title", { name })}
          actions={
            <>
              {verify}
              <Button
                size="small"
                isDisabled={task.busy}
                onPress={() =>
                  void task.run(
                    () => session.link.call("acceptIdentity", { userId }),
                    () => {
                      session.identities.refresh(userId);
                      session.roomSafety.refresh(roomId);
                    },
                  )
                }
              >
                {say("concern.accept")}
              </Button>
            </>
          }
        >
          {say("person.identityChangedText", { name })}
        </Note>
        {task.error !== null && <ErrorNote code={task.error} />}
      </>
    );
  return (
    <div className="info__verify">
      <p className="muted">{say("person.verifyText", { name })}</p>
      {verify}
    </div>
  );
}
