import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import type { Implementation } from "./machine.ts";
import { Ours } from "./ours.ts";
import { Peer } from "./peer.ts";
import { ROWS, runRound, type Timings, type World } from "./round.ts";
import { runScaleCases } from "./scale.ts";
import { newRoomKeys, Sender } from "./world.ts";

type Statistics = { readonly median: number; readonly min: number; readonly max: number };
type Result = {
  readonly name: string;
  readonly unit: "us/op";
  readonly ours: Statistics;
  readonly peer: Statistics;
  readonly ratio: number;
};

const USAGE = "npm run bench -- [--quick] [--rounds N] [--json FILE]";
const ROOM_KEYS = 10_000;
/** Only whole rounds are run; with --quick no round starts after this. */
const QUICK_BUDGET_MS = 32_000;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(USAGE);
else await main(values.quick, Number(values.rounds ?? (values.quick ? 5 : 9)), values.json);

async function main(quick: boolean, rounds: number, jsonPath: string | undefined): Promise<void> {
  const started = performance.now();
  await OlmMachine.ready();
  const ours = new Ours();
  const peer = await Peer.load();
  try {
    const world = makeWorld();
    const timings = { ours: [] as Timings[], peer: [] as Timings[] };
    // The first round warms both up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      if (quick && round > 5 && performance.now() - started > QUICK_BUDGET_MS) break;
      const order: readonly Implementation[] = round % 2 === 0 ? [ours, peer] : [peer, ours];
      for (const implementation of order) {
        const result = await runRound(implementation, world);
        if (round > 0) timings[implementation === ours ? "ours" : "peer"].push(result);
      }
    }
    const results = ROWS.map((name) =>
      toResult(
        name,
        timings.ours.map((t) => t[name]),
        timings.peer.map((t) => t[name]),
      ),
    );
    for (const sender of world.senders) sender.close();
    print(results, timings.ours.length);
    if (!quick) console.log("\nours alone");
    const scale = quick ? [] : runScaleCases();
    if (jsonPath !== undefined) writeFileSync(jsonPath, `${JSON.stringify({ results, scale }, undefined, 2)}\n`);
  } finally {
    ours.cleanUp();
    peer.cleanUp();
  }
}

function makeWorld(): World {
  const crowd = Array.from({ length: 100 }, (_, i) => {
    const sender = new Sender(`@user${i % 10}:example.org`, `DEVICE${i}`);
    const { uploaded } = sender;
    sender.close();
    return uploaded;
  });
  const senders = Array.from({ length: 10 }, (_, i) => new Sender(`@sender${i}:example.org`, "SENDER"));
  const identity = senders[0]?.machine.identityKeys;
  if (identity === undefined) throw new Error("no senders");
  return { crowd, senders, roomKeys: newRoomKeys(ROOM_KEYS, identity) };
}

function toResult(name: string, ours: readonly number[], peer: readonly number[]): Result {
  const [a, b] = [statistics(ours), statistics(peer)];
  return { name, unit: "us/op", ours: a, peer: b, ratio: b.median / a.median };
}

function statistics(samples: readonly number[]): Statistics {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) };
}

function print(results: readonly Result[], rounds: number): void {
  console.log(`µs per operation, medians of ${rounds} rounds; ours on a SQLCipher file, matrix-sdk-crypto-wasm in memory`);
  console.log(`${"".padEnd(24)}${"ours".padStart(11)}${"peer".padStart(11)}${"ratio".padStart(9)}`);
  for (const { name, ours, peer, ratio } of results)
    console.log(
      `${name.padEnd(24)}${ours.median.toFixed(1).padStart(11)}${peer.median.toFixed(1).padStart(11)}${`${ratio.toFixed(2)}×`.padStart(9)}`,
    );
  const mean = Math.exp(results.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / results.length);
  console.log(`${"geometric mean".padEnd(46)}${`${mean.toFixed(2)}×`.padStart(9)}`);
}
