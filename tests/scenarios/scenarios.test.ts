import { afterAll, describe, it } from "vitest";
import { startHomeserver } from "../../tools/homeserver/homeserver.ts";
import { scenarios } from "../support/scenarios/all.ts";
import { World } from "../support/scenarios/world.ts";

const homeserver = await startHomeserver();
const world = new World(homeserver.url);
afterAll(async () => {
  await world.close();
  await homeserver.stop();
});

describe("Bulkhead and matrix-js-sdk on the embedded homeserver", () => {
  for (const { name, play } of scenarios) it(name, () => play(world));
});
