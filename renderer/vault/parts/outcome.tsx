import { CircleAlert, CircleCheck, Info, TriangleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { useVault } from "../state/vault.ts";
import { Step, type Tone } from "./step.tsx";

type OutcomeProps = {
  readonly title: string;
  readonly text: ReactNode;
  readonly tone?: Tone;
  readonly icon?: LucideIcon;
  readonly children?: ReactNode;
  /** Instead of closing the vault. */
  readonly action?: { readonly label: string; readonly go: () => void };
};

const ICONS: Readonly<Record<Tone, LucideIcon>> = { plain: Info, good: CircleCheck, warn: TriangleAlert, danger: CircleAlert };

/** The end of something: what it came to, and two ways on. */
export function Outcome({ title, text, tone = "good", icon, children, action }: OutcomeProps): ReactNode {
  const say = useSay();
  const vault = useVault();
  return (
    <Step
      title={title}
      lead={text}
      icon={icon ?? ICONS[tone]}
      tone={tone}
      back={null}
      actions={
        <>
          <Button onPress={() => vault.home()}>{say("vault.back")}</Button>
          {action === undefined ? (
            <Button look="primary" onPress={() => vault.close()}>
              {say("vault.closeVault")}
            </Button>
          ) : (
            <Button look="primary" onPress={action.go}>
              {action.label}
            </Button>
          )}
        </>
      }
    >
      {children}
    </Step>
  );
}
