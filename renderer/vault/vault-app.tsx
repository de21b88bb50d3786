import { LockKeyhole } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useState, type ReactNode } from "react";
import type { VaultTask } from "../../protocol/vault.ts";
import { Delayed } from "../ui/delayed.tsx";
import { useValue } from "../ui/store.ts";
import { useSay } from "../ui/text.tsx";
import { ChangePassphrase } from "./app-lock/change-passphrase.tsx";
import { CreatePassphrase } from "./app-lock/create-passphrase.tsx";
import { Unlock } from "./app-lock/unlock.tsx";
import { Unlocked } from "./app-lock/unlocked.tsx";
import { SealView } from "./seal-view.tsx";
import { useVault, VaultContext, type Vault } from "./state/vault.ts";
import { WaitingBar } from "./waiting-bar.tsx";
import "./vault.css";

/** Everything but the questions for the app lock, which come at every start and must not wait for it. */
const CurrentScreen = lazy(async () => ({ default: (await import("./current-screen.tsx")).CurrentScreen }));

/** The vault's one page: a framed surface with the seal, and the task of the moment or the screen that was asked for. */
export function VaultApp({ vault }: { readonly vault: Vault }): ReactNode {
  const say = useSay();
  const seal = useValue(vault.seal);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      vault.escape();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [vault]);
  return (
    <VaultContext value={vault}>
      <div className="vault">
        <div className="vault__frame">
          <header className="vault__head">
            <span className="vault__lock">
              <LockKeyhole className="icon" size={20} strokeWidth={2} aria-hidden />
            </span>
            <span className="vault__words">
              <span className="vault__word">{say("vault.name")}</span>
              <span className="vault__apart">{say("vault.account")}</span>
            </span>
            <SealView seal={seal} />
          </header>
          <main className="vault__main">
            <div className="vault__body">
              <Body />
            </div>
          </main>
        </div>
      </div>
    </VaultContext>
  );
}

type Done = "created" | "unlocked";

/** What the store key needs comes first: without it there is nothing else to do here. */
function Body(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const task = useValue(vault.task);
  const app = useValue(vault.app);
  const { screen } = useValue(vault.place);
  const settled = useValue(vault.settled);
  const [done, setDone] = useState<Done | null>(null);
  const open = app.phase === "ready";
  const wanted = screen.kind !== "home";
  // Who was asked for something goes on with that; who was not wanted nothing but this.
  const goOn = useCallback((): void => {
    if (wanted) setDone(null);
    else vault.close();
  }, [vault, wanted]);
  const finish = (how: Done): void => {
    vault.askSeal();
    setDone(how === "unlocked" && wanted ? null : how);
  };
  if (done !== null && (task === null || task.kind === "idle")) return <Unlocked how={done} onGoOn={goOn} />;
  if (task === null || (task.kind === "idle" && !settled))
    return (
      <Delayed>
        <p className="vault__loading" role="status">
          {say("vault.loading")}
        </p>
      </Delayed>
    );
  if (task.kind === "idle")
    return (
      <>
        <WaitingBar />
        <Suspense>
          <CurrentScreen />
        </Suspense>
      </>
    );
  return <KeyTask task={task} open={open} onDone={finish} />;
}

type KeyTaskProps = {
  readonly task: Exclude<VaultTask, { readonly kind: "idle" }>;
  /** The account is open: then it is about the app lock, whose own screen tells how it went. */
  readonly open: boolean;
  readonly onDone: (how: Done) => void;
};

function KeyTask({ task, open, onDone }: KeyTaskProps): ReactNode {
  switch (task.kind) {
    case "create-passphrase":
      return <CreatePassphrase first={!open} onDone={() => open || onDone("created")} />;
    case "unlock":
      return <Unlock failures={task.failures} onDone={() => onDone("unlocked")} />;
    case "change-passphrase":
      return <ChangePassphrase next={task.next} failures={task.failures} />;
  }
}
