import { LockKeyhole } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import type { Seal, VaultContract, VaultTask } from "../../protocol/vault.ts";
import { Button } from "../ui/button.tsx";
import { Delayed } from "../ui/delayed.tsx";
import type { Shell } from "../ui/shell.ts";
import { useSay } from "../ui/text.tsx";
import type { WorkerLink } from "../ui/worker-link.ts";
import { CreatePassphrase } from "./create-passphrase.tsx";
import { SealView } from "./seal-view.tsx";
import { Unlock } from "./unlock.tsx";
import "./vault.css";

type VaultProps = { readonly link: WorkerLink<VaultContract>; readonly shell: Shell };

type Done = "created" | "unlocked";

/** The vault's one page: a framed surface with the seal, and the task of the moment. */
export function VaultApp({ link, shell }: VaultProps): ReactNode {
  const say = useSay();
  const [task, setTask] = useState<VaultTask | null>(null);
  const [seal, setSeal] = useState<Seal | null>(null);
  const [done, setDone] = useState<Done | null>(null);

  useEffect(() => {
    const ask = (): void => {
      void link.call("task", {}).then((answer) => answer.ok && setTask(answer.value));
      void link.call("seal", {}).then((answer) => answer.ok && setSeal(answer.value));
    };
    ask();
    const stops = [
      link.onAttach(ask),
      link.on("taskChanged", (next) => {
        setTask(next);
        if (next.kind !== "idle") setDone(null);
        void link.call("seal", {}).then((answer) => answer.ok && setSeal(answer.value));
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }, [link]);

  const finish = (how: Done): void => {
    setDone(how);
    void link.call("seal", {}).then((answer) => answer.ok && setSeal(answer.value));
  };
  const close = (): void => void shell.call("closeVault", {});

  return (
    <div className="vault">
      <div className="vault__frame">
        <header className="vault__head">
          <span className="vault__lock">
            <LockKeyhole className="icon" size={20} strokeWidth={2} aria-hidden />
          </span>
          <span className="vault__word">{say("vault.name")}</span>
          <span className="vault__apart">{say("vault.account")}</span>
        </header>
        <SealView seal={seal} text={sealText(seal, done, task)} />
        <main className="vault__body">
          {done !== null ? (
            <DoneView how={done} onClose={close} />
          ) : task === null ? (
            <Delayed>
              <p role="status">{say("vault.loading")}</p>
            </Delayed>
          ) : task.kind === "create-passphrase" ? (
            <CreatePassphrase link={link} onDone={() => finish("created")} />
          ) : task.kind === "unlock" ? (
            <Unlock link={link} failures={task.failures} onDone={() => finish("unlocked")} />
          ) : (
            <>
              <h1>{say("vault.idle.title")}</h1>
              <p>{say("vault.idle.text")}</p>
              <Button look="primary" onPress={close}>
                {say("common.close")}
              </Button>
            </>
          )}
        </main>
      </div>
    </div>
  );

  function sealText(shown: Seal | null, how: Done | null, now: VaultTask | null): string {
    if (shown !== null) return say("vault.sealExplain");
    if (how === "created" || now?.kind === "create-passphrase") return say("vault.sealFirst");
    return say("vault.sealLocked");
  }
}

const CLOSE_AFTER_MS = 1500;

function DoneView({ how, onClose }: { readonly how: Done; readonly onClose: () => void }): ReactNode {
  const say = useSay();
  useEffect(() => {
    // Who has only unlocked wants to go on; who has just got a seal should take a look at it.
    if (how !== "unlocked") return undefined;
    const timer = setTimeout(onClose, CLOSE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [how, onClose]);
  return (
    <div className="vault__done" role="status">
      <h1>{say(`vault.done.${how}`)}</h1>
      <p>{say(`vault.done.${how}Text`)}</p>
      <Button look="primary" size="wide" onPress={onClose} autoFocus>
        {say("vault.done.close")}
      </Button>
    </div>
  );
}
