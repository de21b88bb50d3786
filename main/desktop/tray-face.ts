import type { PayloadOf } from "../../protocol/define.ts";
import type { ControlContract } from "../../protocol/control.ts";
import type { AppState } from "../../protocol/shell.ts";

export type Counts = PayloadOf<ControlContract["unread"]>;

/** What the icon beside the clock shows. */
export type TrayFace = {
  readonly image: "plain" | "unread" | "mention" | "waiting";
  /** One line: how it stands, for whoever points at the icon and on top of its menu. */
  readonly status: string;
  readonly canLock: boolean;
};

/** No name, room or text is in it: it is on the screen while the app is locked. */
export function decideTrayFace({ phase }: AppState, counts: Counts): TrayFace {
  switch (phase) {
    case "starting":
    case "opening":
      return { image: "plain", status: "Starting…", canLock: false };
    case "signed-out":
      return { image: "plain", status: "Not signed in", canLock: false };
    case "vault":
      return { image: "waiting", status: "Locked: waits for your passphrase", canLock: false };
    case "soft-logged-out":
    case "logged-out-by-server":
    case "failed":
      return { image: "waiting", status: "Needs you: nothing is received", canLock: phase !== "failed" };
    case "ready":
      return { ...unread(counts), canLock: true };
  }
}

function unread({ unread: count, mentions }: Counts): Pick<TrayFace, "image" | "status"> {
  if (mentions > 0) return { image: "mention", status: `${count} unread, ${mentions} to you` };
  return count > 0 ? { image: "unread", status: `${count} unread` } : { image: "plain", status: "No unread messages" };
}
