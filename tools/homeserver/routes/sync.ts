import type { Router } from "../router.ts";
import { sync } from "../sync.ts";

const longestPollMs = 60_000;

export function addSyncRoutes(router: Router): void {
  router.get("/sync", (call) =>
    sync(router.state, {
      session: call.session,
      since: call.query("since"),
      filter: call.query("filter"),
      timeoutMs: Math.min(call.integerQuery("timeout", 0), longestPollMs),
      fullState: call.query("full_state") === "true",
      stillValid: () => void call.session,
      gone: call.gone,
    }),
  );
}
