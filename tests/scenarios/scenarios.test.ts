import { afterAll, describe, it } from "vitest";
import { startHomeserver } from "../../tools/homeserver/homeserver.ts";
import { scenarios } from "../support/scenarios/all.ts";
import { World } from "../support/scenarios/world.ts";

/** Most scenarios take seconds; on a machine that is busy with other things some take minutes. */
const PATIENCE_MS = 300_000;

const homeserver = await startHomeserver();
const world = new World(homeserver.url);
afterAll(async () => {
  await world.close();
  await homeserver.stop();
});

describe("Bulkhead and matrix-js-sdk on the embedded homeserver", () => {
  for (const { name, play } of scenarios) it(name, () => play(world), PATIENCE_MS);
});
