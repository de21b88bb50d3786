import type { ReactNode } from "react";
import { Mark } from "../../ui/mark.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useSession } from "../state/session.ts";
import { Diagnostics } from "./diagnostics.tsx";
import { Updates } from "./updates.tsx";

export function AboutSection(): ReactNode {
  const say = useSay();
  const about = useValue(useSession().about);
  return (
    <div className="settings__stack">
      <div className="settings__about">
        <Mark size={56} />
        <div>
          <strong>{say("app.name")}</strong>
          <p className="muted">{say("about.text")}</p>
        </div>
      </div>
      {about !== null && (
        <dl className="facts">
          <div className="fact">
            <dt>{say("about.version")}</dt>
            <dd className="tabular">{about.version}</dd>
          </div>
          <div className="fact">
            <dt>{say("about.commit")}</dt>
            <dd className={about.commit === null ? "" : "mono"}>
              {about.commit === null ? say("about.workingCopy") : about.commit.slice(0, 12)}
            </dd>
          </div>
          <div className="fact">
            <dt>{say("about.platform")}</dt>
            <dd>{about.host}</dd>
          </div>
        </dl>
      )}
      <Updates />
      <p className="muted">{say("about.licence")}</p>
      <Diagnostics />
    </div>
  );
}
