import type { ReactNode } from "react";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { useAct } from "../state/use-act.ts";
import { useVault } from "../state/vault.ts";
import { emojiName } from "./emoji-names.ts";
import { nameOf } from "./names.ts";
import { TimeLeft } from "./time-left.tsx";

type Emoji = NonNullable<VerificationView["emoji"]>;
type Decimals = NonNullable<VerificationView["decimals"]>;

/** The seven emoji, or three numbers, and whether they are the same on both sides. Leaving this says neither. */
export function Compare({ view }: { readonly view: VerificationView }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const { busy, error, run } = useAct();
  const { flowId, emoji, decimals } = view;
  const byEmoji = emoji !== null;
  return (
    <Step
      title={say(byEmoji ? "verify.emoji.title" : "verify.decimals.title")}
      lead={
        byEmoji ? (view.own ? say("verify.emoji.textOwn") : say("verify.emoji.text", { name: nameOf(view) })) : say("verify.decimals.text")
      }
      aside={<TimeLeft until={view.expiresAt} />}
      actions={
        <>
          <ArmedButton look="danger-quiet" isDisabled={busy} onPress={() => void run(() => vault.link.call("mismatchSas", { flowId }))}>
            {say("verify.mismatch")}
          </ArmedButton>
          <ArmedButton look="primary" isDisabled={busy} onPress={() => void run(() => vault.link.call("confirmSas", { flowId }))}>
            {say("verify.match")}
          </ArmedButton>
        </>
      }
    >
      {/* A name is chosen by its owner, and two may have the same. */}
      {!view.own && <p className="compare__who mono">{view.userId}</p>}
      {emoji !== null ? <EmojiList emoji={emoji} /> : decimals !== null ? <DecimalList decimals={decimals} /> : null}
      {error !== null && <ErrorNote code={error} />}
    </Step>
  );
}

function EmojiList({ emoji }: { readonly emoji: Emoji }): ReactNode {
  const say = useSay();
  return (
    <ol className="emoji" aria-label={say("verify.emoji.list")}>
      {emoji.map(({ symbol, name: english, index }, place) => {
        const { text, lang } = emojiName(index, english, navigator.languages);
        return (
          <li key={place}>
            <span className="emoji__symbol" aria-hidden>
              {symbol}
            </span>
            <span className="emoji__name" lang={lang} aria-hidden>
              {text}
            </span>
            <span className="visually-hidden">{say("verify.emoji.item", { place: place + 1, name: text })}</span>
          </li>
        );
      })}
    </ol>
  );
}

function DecimalList({ decimals }: { readonly decimals: Decimals }): ReactNode {
  const say = useSay();
  return (
    <ol className="decimals tabular" aria-label={say("verify.decimals.list")}>
      {decimals.map((number, place) => (
        <li key={place}>{number}</li>
      ))}
    </ol>
  );
}
