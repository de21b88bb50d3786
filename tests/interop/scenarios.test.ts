import { afterAll, describe, it } from "vitest";
import { startSynapse } from "../../tools/synapse/start.ts";
import { scenarios } from "../support/scenarios/all.ts";
import { World } from "../support/scenarios/world.ts";

/** Most scenarios take seconds; on a machine that is busy with other things some take minutes. */
const PATIENCE_MS = 300_000;

const synapse = await startSynapse();
const world = "url" in synapse ? new World(synapse.url) : undefined;
if ("unavailable" in synapse) {
  process.stdout.write(`\n${scenarios.length} tests on a real Synapse did not run: ${synapse.unavailable}\n`);
}
afterAll(() => world?.close());

describe("Bulkhead and matrix-js-sdk on Synapse", () => {
  for (const { name, play } of scenarios) {
    it.skipIf(world === undefined)(
      name,
      async () => {
        if (world !== undefined) await play(world);
      },
      PATIENCE_MS,
    );
  }
});
