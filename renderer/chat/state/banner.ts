import type { AppState, Connection } from "../../../protocol/shell.ts";
import type { SafetyNotice } from "./notices.ts";

export type Trouble = "logged-out" | "soft-logout" | "worker" | "offline" | "server-unreachable" | "rate-limited";
export type BannerView =
  | { readonly kind: "trouble"; readonly trouble: Trouble }
  | { readonly kind: "safety"; readonly notice: SafetyNotice }
  | { readonly kind: "update"; readonly version: string }
  | { readonly kind: "catching-up" };

/** The one line over everything, if any. What keeps messages from going out wins over what could be safer, and that over a newer version; that it is busy comes last. */
export function decideBanner(
  app: AppState,
  connection: Connection,
  notice: SafetyNotice | null,
  update: string | null,
  catchingUp: boolean,
): BannerView | null {
  const trouble = decideTrouble(app, connection);
  if (trouble !== null) return { kind: "trouble", trouble };
  if (notice !== null) return { kind: "safety", notice };
  if (update !== null) return { kind: "update", version: update };
  return catchingUp ? { kind: "catching-up" } : null;
}

function decideTrouble(app: AppState, connection: Connection): Trouble | null {
  if (app.phase === "logged-out-by-server") return "logged-out";
  if (app.phase === "soft-logged-out") return "soft-logout";
  if (connection.workerRestarting) return "worker";
  switch (connection.state) {
    case "offline":
    case "server-unreachable":
    case "rate-limited":
      return connection.state;
    case "online":
    case "connecting":
    case "idle":
      return null;
  }
}
