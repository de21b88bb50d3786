import { CircleAlert, CircleCheck, CircleDashed, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import "./facts.css";

/** How something stands: as it should, to be done, or not known. Never by colour alone: each has its own glyph. */
export type Standing = "good" | "todo" | "none";

export type Fact = { readonly name: string; readonly value: string; readonly standing: Standing };

const ICONS: Readonly<Record<Standing, LucideIcon>> = { good: CircleCheck, todo: CircleAlert, none: CircleDashed };

export function Facts({ label, facts }: { readonly label: string; readonly facts: readonly Fact[] }): ReactNode {
  return (
    <section aria-label={label}>
      <dl className="standings">
        {facts.map(({ name, value, standing }) => {
          const Icon = ICONS[standing];
          return (
            <div key={name} className={`standing standing--${standing}`}>
              <dt>
                <Icon className="icon" size={16} aria-hidden />
                {name}
              </dt>
              <dd className="tabular">{value}</dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
