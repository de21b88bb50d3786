import { Check, CircleAlert, Globe, LoaderCircle } from "lucide-react";
import { useState, type FormEvent, type ReactNode } from "react";
import type { RpcError } from "../../../protocol/errors.ts";
import type { Result } from "../../../protocol/result.ts";
import { Button } from "../../ui/button.tsx";
import { errorLine } from "../../ui/error-sentence.ts";
import { Mark } from "../../ui/mark.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { SecretField, TextField } from "../../ui/text-field.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { useSession } from "../state/session.ts";
import "./sign-in.css";
import { serverOfUser, useDiscovery, type Discovery, type Found } from "./use-discovery.ts";

/** Offered to whoever has no server yet; asked for nothing before a person chooses it. */
const PUBLIC_SERVER = "matrix.org";

/** Signing in or creating an account: the server first, then what it offers. */
export function SignIn(): ReactNode {
  const say = useSay();
  const session = useSession();
  const aside = useValue(session.setAsideIn);
  const suggested = useStore(session.about, (about) => about?.suggestedHomeserver ?? null);
  const [mode, setMode] = useState<"login" | "register">("login");
  const [typedServer, setServer] = useState<string | null>(null);
  const server = typedServer ?? suggested ?? "";
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [attempt, setAttempt] = useState(0);
  const [waiting, setWaiting] = useState(false);
  const task = useTask();

  const discovery = useDiscovery(server, attempt);
  const found = discovery.state === "found" ? discovery.found : null;
  const registering = mode === "register";
  const asksPassword = registering ? found?.registration === true : found?.password !== false;
  const browserOnly = found !== null && (registering ? !found.registration : !found.password);
  const differ = registering && again !== "" && again !== password;
  const ready =
    found !== null && asksPassword && user.trim() !== "" && password !== "" && (!registering || again === password) && !task.busy;

  const changeUser = (value: string): void => {
    setUser(value);
    task.clear();
    const fromUser = serverOfUser(value);
    if (fromUser !== null && /\.\w{2,}$|:\d+$|^localhost$/.test(fromUser) && !registering) {
      setServer(fromUser);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!ready) return;
    const credentials = { server: server.trim(), user: user.trim(), password };
    void task.run((): Promise<Result<unknown, RpcError>> => session.shell.call(registering ? "register" : "loginPassword", credentials));
  };
  const sso = (idpId: string | null): void => {
    setWaiting(true);
    void task.run(() => session.shell.call("loginSso", { server: server.trim(), idpId })).then(() => setWaiting(false));
  };
  const switchMode = (next: "login" | "register"): void => {
    setMode(next);
    setAgain("");
    task.clear();
  };

  return (
    <main className="sign-in">
      <div className="sign-in__card">
        <header className="sign-in__head">
          <Mark size={52} />
          <h1>{say(registering ? "signIn.registerTitle" : "signIn.title")}</h1>
          <p className="muted">
            {!registering
              ? say("signIn.subtitle")
              : found?.registration === true
                ? say("signIn.registerSubtitle", { server: server.trim() })
                : say("signIn.registerWhere")}
          </p>
        </header>
        {aside !== null && (
          <Note live title={say("failed.setAsideDone")}>
            {say("failed.setAsideNext", { folder: aside })}
          </Note>
        )}
        {/* Another form, so that the focus moves to its first field. */}
        <form key={mode} className="sign-in__form" onSubmit={submit} noValidate>
          <TextField
            label={say("signIn.server")}
            placeholder={say("signIn.serverPlaceholder")}
            icon={Globe}
            value={server}
            onChange={(value) => {
              setServer(value);
              task.clear();
            }}
            hint={<ServerHint discovery={discovery} registering={registering} onRetry={() => setAttempt((count) => count + 1)} />}
            spellCheck="false"
            autoCorrect="off"
            autoFocus={registering || suggested === null}
          />
          {registering && server.trim() === "" && (
            <Button size="wide" onPress={() => setServer(PUBLIC_SERVER)}>
              {say("signIn.usePublic", { server: PUBLIC_SERVER })}
            </Button>
          )}
          {browserOnly &&
            (registering ? (
              <Note title={say("signIn.noAccounts")}>
                {say(found.sso.length > 0 ? "signIn.noAccountsBrowser" : "signIn.noAccountsAsk")}
              </Note>
            ) : (
              found.sso.length === 0 && (
                <Note tone="warn" title={say("signIn.noWay")}>
                  {say("signIn.noWayNext")}
                </Note>
              )
            ))}
          {asksPassword && (
            <>
              <TextField
                label={say(registering ? "signIn.newUser" : "signIn.user")}
                placeholder={registering ? "" : say("signIn.userPlaceholder")}
                value={user}
                onChange={changeUser}
                autoComplete="username"
                spellCheck="false"
                autoFocus={!registering && suggested !== null}
              />
              <SecretField
                label={say("signIn.password")}
                showLabel={say("signIn.showPassword")}
                hideLabel={say("signIn.hidePassword")}
                value={password}
                onChange={(value) => {
                  setPassword(value);
                  task.clear();
                }}
                autoComplete={registering ? "new-password" : "current-password"}
              />
              {registering && (
                <>
                  <SecretField
                    label={say("signIn.passwordAgain")}
                    showLabel={say("signIn.showPassword")}
                    hideLabel={say("signIn.hidePassword")}
                    value={again}
                    onChange={setAgain}
                    autoComplete="new-password"
                    error={differ ? say("signIn.passwordsDiffer") : null}
                  />
                  <p className="field__hint">{say("signIn.passwordWarning")}</p>
                </>
              )}
              {task.error !== null && !waiting && <ErrorNote code={task.error} />}
              <Button look="primary" size="wide" type="submit" isDisabled={!ready}>
                {task.busy && !waiting && <LoaderCircle className="icon spinner" size={16} aria-hidden />}
                {say(
                  registering
                    ? task.busy
                      ? "signIn.registerSubmitting"
                      : "signIn.registerSubmit"
                    : task.busy && !waiting
                      ? "signIn.submitting"
                      : "signIn.submit",
                )}
              </Button>
            </>
          )}
          {found !== null && found.sso.length > 0 && (!registering || browserOnly) && (
            <Sso
              found={found}
              alone={browserOnly}
              waiting={waiting}
              busy={task.busy}
              onPick={sso}
              onStop={() => session.shell.cancel("loginSso")}
            />
          )}
          {browserOnly && task.error !== null && <ErrorNote code={task.error} />}
        </form>
        <Button look="quiet" onPress={() => switchMode(registering ? "login" : "register")}>
          {say(registering ? "signIn.haveAccount" : "signIn.register")}
        </Button>
      </div>
    </main>
  );
}

type ServerHintProps = { readonly discovery: Discovery; readonly registering: boolean; readonly onRetry: () => void };

function ServerHint({ discovery, registering, onRetry }: ServerHintProps): ReactNode {
  const say = useSay();
  switch (discovery.state) {
    case "empty":
      return say(registering ? "signIn.registerServerHint" : "signIn.serverHint");
    case "checking":
      return (
        <span className="field__hint" role="status">
          <LoaderCircle className="icon spinner" size={14} aria-hidden />
          {say("signIn.checking")}
        </span>
      );
    case "found":
      return (
        <span className="field__hint field__hint--good" role="status">
          <Check className="icon" size={14} aria-hidden />
          {say("signIn.found", { address: discovery.found.baseUrl })}
        </span>
      );
    case "failed":
      return (
        <span className="sign-in__failed" role="alert">
          <span className="field__hint field__hint--bad">
            <CircleAlert className="icon" size={14} aria-hidden />
            <span>{errorLine(say, discovery.code)}</span>
          </span>
          <Button look="quiet" size="small" onPress={onRetry}>
            {say("common.retry")}
          </Button>
        </span>
      );
  }
}

type SsoProps = {
  readonly found: Found;
  /** There is no form beside it. */
  readonly alone: boolean;
  readonly waiting: boolean;
  readonly busy: boolean;
  readonly onPick: (idpId: string | null) => void;
  readonly onStop: () => void;
};

/** The ways of signing in that go through the browser. */
export function Sso({ found, alone, waiting, busy, onPick, onStop }: SsoProps): ReactNode {
  const say = useSay();
  return (
    <div className="sign-in__sso">
      {!alone && <div className="sign-in__or">{say("signIn.or")}</div>}
      {waiting ? (
        <Note
          actions={
            <Button size="small" onPress={onStop}>
              {say("signIn.ssoCancel")}
            </Button>
          }
        >
          {say("signIn.ssoWaiting")}
        </Note>
      ) : (
        found.sso.map(({ id, name }) => (
          <Button key={id ?? ""} size="wide" look={alone ? "primary" : "secondary"} isDisabled={busy} onPress={() => onPick(id)}>
            {id === null ? say("signIn.ssoPlain") : say("signIn.sso", { name })}
          </Button>
        ))
      )}
    </div>
  );
}
