import { LockKeyhole } from "lucide-react";
import type { ReactNode } from "react";
import type { Seal } from "../../protocol/vault.ts";
import { useSay } from "../ui/text.tsx";
import { SEAL_SYMBOLS } from "./seal-symbols.ts";

const SIZE = 20;

/** The seal in the vault's header: five symbols on a colour of its own, or the place where it will be. */
export function SealView({ seal }: { readonly seal: Seal | null }): ReactNode {
  const say = useSay();
  if (seal === null)
    return (
      <span className="seal seal--empty" aria-hidden>
        {[0, 1, 2, 3, 4].map((place) => (
          <span key={place} className="seal__symbol">
            <LockKeyhole className="icon" size={14} />
          </span>
        ))}
      </span>
    );
  const names = symbolsOf(seal).map(({ name }) => say(name));
  return (
    <span
      className="seal"
      role="img"
      aria-label={say("vault.sealLabel", { symbols: names.join(", ") })}
      title={say("vault.seal")}
      style={{ "--seal-hue": seal.hue }}
    >
      <Symbols seal={seal} size={SIZE} />
    </span>
  );
}

/** The seal large, for a first look; the one in the header speaks for it. */
export function SealSymbols({ seal, size }: { readonly seal: Seal; readonly size: number }): ReactNode {
  return (
    <span className="seal seal--large" aria-hidden style={{ "--seal-hue": seal.hue }}>
      <Symbols seal={seal} size={size} />
    </span>
  );
}

function Symbols({ seal, size }: { readonly seal: Seal; readonly size: number }): ReactNode {
  return symbolsOf(seal).map(({ icon: Icon }, place) => (
    <span key={place} className="seal__symbol">
      <Icon className="icon" size={size} strokeWidth={1.9} aria-hidden />
    </span>
  ));
}

const symbolsOf = (seal: Seal) => seal.symbols.flatMap((index) => SEAL_SYMBOLS[index] ?? []);
