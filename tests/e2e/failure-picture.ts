import { afterEach } from "vitest";
import { World } from "./world.ts";

/** What the window showed when a test failed, as test-output/screenshots/failed-….png. */
afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return;
  await World.running?.picture(`failed-${task.name.replaceAll(/[^\w]+/g, "-").slice(0, 80)}`);
});
