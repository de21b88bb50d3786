// `npm run test:nightly`: what finds more the longer it runs, each time from new seeds: random conversations with matrix-sdk-crypto, hostile input, killed
// processes, a file of 1 GiB. Takes about an hour; a failure prints the seed that plays it again. A size given in the environment is kept.
import { add, conclude } from "./outcome.ts";
import { runSuite } from "./suite.ts";

const SIZES = { CONVERSATION_STEPS: "100000", CRASH_KILLS: "1000", LARGE_FILE_MIB: "1024" };

for (const [name, size] of Object.entries(SIZES)) process.env[name] ??= size;
const machine = await runSuite("unit", ["tests/differential", "tests/fuzz"]);
const processes = await runSuite("scenarios", ["tests/scenarios/crash", "tests/scenarios/large-file.test.ts"]);
conclude(add(machine, processes));
