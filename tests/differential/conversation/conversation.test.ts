import { beforeAll, expect, test } from "vitest";
import { OlmMachine } from "../../../crypto-worker/machine/olm-machine.ts";
import { seedOf, Seeded } from "../../support/seeded.ts";
import { Conversation } from "./conversation.ts";

/** More at night, see tools/test/nightly.ts. A failure says which CONVERSATION_SEED plays it again. */
const STEPS = Number(process.env["CONVERSATION_STEPS"] ?? 10_000);
const CONVERSATIONS = 8;
const SEED = seedOf("CONVERSATION_SEED");

beforeAll(() => OlmMachine.ready());

test(
  `${STEPS} random steps with matrix-sdk-crypto: who should read does, who should not does not, reasons and marks agree`,
  async () => {
    const chance = new Seeded(SEED);
    const counts = { shieldsCompared: 0, readings: 0 };
    const kinds = new Set<string>();
    for (let n = 0; n < CONVERSATIONS; n++) {
      const conversation = new Conversation(chance.fork());
      try {
        await conversation.begin();
        for (let step = 0; step < STEPS / CONVERSATIONS; step++) await conversation.step();
      } catch (error) {
        throw new Error(
          `CONVERSATION_SEED=${SEED} CONVERSATION_STEPS=${STEPS}\n${[...conversation.log.filter((line) => line.endsWith("signs")), ...conversation.log.slice(-40)].join("\n")}`,
          { cause: error },
        );
      } finally {
        conversation.end();
      }
      counts.shieldsCompared += conversation.shieldsCompared;
      counts.readings += conversation.readings;
      for (const name of conversation.done.keys()) kinds.add(name);
    }
    console.log(`seed ${SEED}: ${counts.readings} readings, ${counts.shieldsCompared} marks compared`);
    expect(kinds.size).toBe(13);
    expect(counts.readings).toBeGreaterThan(STEPS);
    expect(counts.shieldsCompared).toBeGreaterThan(STEPS / 20);
  },
  Math.max(20 * 60_000, STEPS * 60),
);
