import { LockKeyhole } from "lucide-react";
import type { ReactNode } from "react";
import type { VaultIntent } from "../../../protocol/messages/vault-intent.ts";
import { Button } from "../../ui/button.tsx";
import { useSession } from "../state/session.ts";

type VaultButtonProps = {
  readonly intent: VaultIntent;
  readonly look?: "primary" | "secondary" | "danger-quiet";
  /** In a popover, which closes with the press. */
  readonly closes?: boolean;
  /** For a screen reader, where several look alike; it begins with what is written on the button. */
  readonly label?: string;
  readonly children: ReactNode;
};

/** Leads into the vault; the lock says so. */
export function VaultButton({ intent, look = "secondary", closes, label, children }: VaultButtonProps): ReactNode {
  const session = useSession();
  return (
    <Button
      size="small"
      look={look}
      icon={LockKeyhole}
      onPress={() => void session.openVault(intent)}
      {...(closes === true ? { slot: "close" } : {})}
      {...(label === undefined ? {} : { "aria-label": label })}
    >
      {children}
    </Button>
  );
}
