import { LockKeyhole } from "lucide-react";
import type { ReactNode } from "react";
import type { Seal } from "../../protocol/vault.ts";
import { useSay } from "../ui/text.tsx";
import { SEAL_SYMBOLS, type SealSymbol } from "./seal-symbols.ts";

/** The seal in the vault's header: five symbols on a colour of its own, or the place where it will be. */
export function SealView({ seal, text }: { readonly seal: Seal | null; readonly text: string }): ReactNode {
  const say = useSay();
  const symbols = seal === null ? [] : seal.symbols.flatMap((index) => SEAL_SYMBOLS[index] ?? []);
  const names = symbols.map((symbol) => say(symbol.name)).join(", ");
  return (
    <section className="seal" aria-label={say("vault.seal")}>
      {seal === null ? (
        <div className="seal__strip seal__strip--empty" aria-hidden>
          {[0, 1, 2, 3, 4].map((place) => (
            <span key={place} className="seal__symbol">
              <LockKeyhole className="icon" size={16} />
            </span>
          ))}
        </div>
      ) : (
        <div className="seal__strip" role="img" aria-label={say("vault.sealLabel", { symbols: names })} style={{ "--seal-hue": seal.hue }}>
          {symbols.map((symbol, place) => (
            <Symbol key={place} symbol={symbol} />
          ))}
        </div>
      )}
      <p className="seal__text">{text}</p>
    </section>
  );
}

function Symbol({ symbol: { icon: Icon } }: { readonly symbol: SealSymbol }): ReactNode {
  return (
    <span className="seal__symbol">
      <Icon className="icon" size={26} strokeWidth={1.8} aria-hidden />
    </span>
  );
}
