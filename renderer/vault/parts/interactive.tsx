import { ExternalLink } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { ErrorCode, RpcError } from "../../../protocol/errors.ts";
import type { Auth, AuthNeeded } from "../../../protocol/messages/interactive-auth.ts";
import type { Result } from "../../../protocol/result.ts";
import { Button } from "../../ui/button.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { SecretField } from "../../ui/text-field.tsx";
import { useSay } from "../../ui/text.tsx";
import { useAct } from "../state/use-act.ts";
import { useHold, useStay } from "../state/use-hold.ts";
import { useVault } from "../state/vault.ts";
import { CapsLockHint } from "./new-passphrase.tsx";
import { ArmedButton, Step } from "./step.tsx";

export type Interactive = {
  readonly busy: boolean;
  readonly error: ErrorCode | null;
  /** What the server wants, once it has said so. */
  readonly needed: AuthNeeded | null;
  readonly begin: () => void;
  readonly give: (auth: Auth) => void;
  /** Back to before the first attempt. */
  readonly giveUp: () => void;
};

/** An act that the server may want confirmed: tried without a proof first, then with the one that a person gives. */
export function useInteractive<T extends { readonly state: "done" }>(
  act: (auth: Auth) => Promise<Result<T | AuthNeeded, RpcError>>,
  onDone: (value: T) => void,
): Interactive {
  const { busy, error, run, forget } = useAct();
  const [needed, setNeeded] = useState<AuthNeeded | null>(null);
  const attempt = async (auth: Auth): Promise<void> => {
    const value = await run(() => act(auth));
    if (value === undefined) return;
    if (value.state === "auth-needed") return setNeeded(value);
    setNeeded(null);
    onDone(value);
  };
  useStay(busy);
  useHold(needed !== null);
  return {
    busy,
    error,
    needed,
    begin: () => void attempt({ kind: "none" }),
    give: (auth) => void attempt(auth),
    giveUp: () => {
      setNeeded(null);
      forget();
    },
  };
}

type AuthStepProps = { readonly act: Interactive; readonly needed: AuthNeeded };

/** The step in which a person proves to the server that it is them: by password, or on a page of the server's. */
export function AuthStep({ act, needed }: AuthStepProps): ReactNode {
  const [browser, setBrowser] = useState(!needed.password);
  if (needed.browser !== null && browser)
    return (
      <BrowserStep key={needed.browser.session} act={act} needed={needed} browser={needed.browser} onPassword={() => setBrowser(false)} />
    );
  return <PasswordStep act={act} needed={needed} onBrowser={() => setBrowser(true)} />;
}

function PasswordStep({ act, needed, onBrowser }: AuthStepProps & { readonly onBrowser: () => void }): ReactNode {
  const say = useSay();
  const [password, setPassword] = useState("");
  const back = { label: say("vault.goBack"), go: act.giveUp };
  if (!needed.password)
    return (
      <Step key="neither" title={say("vault.auth.title")} back={back}>
        <ErrorNote code="interactive-auth-required" />
      </Step>
    );
  const submit = (): void => {
    if (password === "" || act.busy) return;
    act.give({ kind: "password", password });
    setPassword("");
  };
  return (
    <Step
      key="password"
      title={say("vault.auth.title")}
      lead={say("vault.auth.text")}
      back={back}
      focus="field"
      onSubmit={submit}
      actions={
        <ArmedButton look="primary" type="submit" isDisabled={password === "" || act.busy}>
          {say(act.busy ? "vault.auth.working" : "vault.auth.submit")}
        </ArmedButton>
      }
    >
      <SecretField
        label={say("vault.auth.password")}
        showLabel={say("vault.auth.showPassword")}
        hideLabel={say("vault.auth.hidePassword")}
        hint={say("vault.auth.passwordHint")}
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        maxLength={4096}
        autoFocus
      />
      <CapsLockHint />
      {needed.refused && !act.busy && act.error === null && (
        <Note tone="danger" live>
          {say("vault.auth.refusedPassword")}
        </Note>
      )}
      {act.error !== null && <ErrorNote code={act.error} />}
      {needed.browser !== null && (
        <div>
          <Button look="quiet" size="small" icon={ExternalLink} onPress={onBrowser}>
            {say("vault.auth.orBrowser")}
          </Button>
        </div>
      )}
    </Step>
  );
}

type BrowserStepProps = AuthStepProps & { readonly browser: NonNullable<AuthNeeded["browser"]>; readonly onPassword: () => void };

function BrowserStep({ act, needed, browser, onPassword }: BrowserStepProps): ReactNode {
  const say = useSay();
  const vault = useVault();
  const [opened, setOpened] = useState<boolean | null>(null);
  const open = async (): Promise<void> => {
    const answer = await vault.shell.call("openExternal", { url: browser.url });
    setOpened(answer.ok && answer.value.opened);
  };
  return (
    <Step
      key="browser"
      title={say("vault.auth.title")}
      lead={say("vault.auth.browserText")}
      back={{ label: say("vault.goBack"), go: act.giveUp }}
      actions={
        opened === true ? (
          <>
            <Button onPress={() => void open()}>{say("vault.auth.opened")}</Button>
            <ArmedButton look="primary" isDisabled={act.busy} onPress={() => act.give({ kind: "browser", session: browser.session })}>
              {say(act.busy ? "vault.auth.working" : "vault.auth.haveDone")}
            </ArmedButton>
          </>
        ) : (
          <ArmedButton look="primary" icon={ExternalLink} onPress={() => void open()}>
            {say("vault.auth.open")}
          </ArmedButton>
        )
      }
    >
      {opened === false && (
        <Note tone="warn" live>
          {say("vault.auth.notOpened")}
        </Note>
      )}
      {needed.refused && !act.busy && act.error === null && (
        <Note tone="warn" live>
          {say("vault.auth.refusedBrowser")}
        </Note>
      )}
      {act.error !== null && <ErrorNote code={act.error} />}
      {needed.password && (
        <div>
          <Button look="quiet" size="small" onPress={onPassword}>
            {say("vault.auth.orPassword")}
          </Button>
        </div>
      )}
    </Step>
  );
}
