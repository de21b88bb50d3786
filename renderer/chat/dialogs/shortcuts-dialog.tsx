import { Fragment, type ReactNode } from "react";
import type { MessageId } from "../../ui/messages/en.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { keyCaps } from "../../ui/keys.ts";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { SHORTCUT_IDS, SHORTCUTS } from "../shell/shortcuts.ts";
import { useSession } from "../state/session.ts";

type Line = { readonly label: MessageId; readonly caps: ReadonlyArray<readonly string[]> };

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const say = useSay();
  return (
    <Dialog title={say("shortcuts.title")} onClose={onClose} wide reading>
      <ShortcutList />
    </Dialog>
  );
}

/** All shortcuts, by where they work. */
export function ShortcutList(): ReactNode {
  const say = useSay();
  const session = useSession();
  const enterSends = useStore(session.settings, (settings) => settings.enterSends);
  const anywhere = SHORTCUT_IDS.map((id): Line => ({ label: `shortcuts.${id}`, caps: [keyCaps(SHORTCUTS[id])] }));
  const groups: ReadonlyArray<readonly [MessageId, readonly Line[]]> = [
    ["shortcuts.group.anywhere", anywhere],
    ["shortcuts.group.timeline", TIMELINE],
    ["shortcuts.group.composer", composer(enterSends)],
  ];
  return (
    <div className="shortcuts">
      {groups.map(([title, lines]) => (
        <section key={title}>
          <h3>{say(title)}</h3>
          <dl>
            {lines.map((line) => (
              <Fragment key={line.label}>
                <dt>{say(line.label)}</dt>
                <dd>
                  {line.caps.map((caps, index) => (
                    <span key={index} className="shortcuts__keys">
                      {caps.map((cap) => (
                        <kbd key={cap} className="kbd">
                          {cap}
                        </kbd>
                      ))}
                    </span>
                  ))}
                </dd>
              </Fragment>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

const TIMELINE: readonly Line[] = [
  { label: "shortcuts.move", caps: [["↑"], ["↓"]] },
  { label: "shortcuts.ends", caps: [["Home"], ["End"]] },
  { label: "shortcuts.reply", caps: [["R"]] },
  { label: "shortcuts.edit", caps: [["E"]] },
  { label: "shortcuts.copy", caps: [keyCaps({ mod: true, key: "c" })] },
  { label: "shortcuts.delete", caps: [["Del"]] },
  { label: "shortcuts.menu", caps: [["Shift", "F10"]] },
];

function composer(enterSends: boolean): readonly Line[] {
  return [
    { label: "shortcuts.send", caps: [enterSends ? ["Enter"] : keyCaps({ mod: true, key: "Enter" })] },
    { label: "shortcuts.newline", caps: [enterSends ? keyCaps({ shift: true, key: "Enter" }) : ["Enter"]] },
    { label: "shortcuts.editLast", caps: [["↑"]] },
    { label: "shortcuts.mention", caps: [["@"]] },
    { label: "shortcuts.emoji", caps: [[":"]] },
    { label: "shortcuts.bold", caps: [keyCaps({ mod: true, key: "b" })] },
    { label: "shortcuts.italic", caps: [keyCaps({ mod: true, key: "i" })] },
    { label: "shortcuts.code", caps: [keyCaps({ mod: true, key: "e" })] },
    { label: "shortcuts.strike", caps: [keyCaps({ mod: true, shift: true, key: "x" })] },
  ];
}
