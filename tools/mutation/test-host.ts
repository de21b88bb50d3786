// Runs tests of a copy of the repository, again and again, for `tools/mutate.ts`: one vitest that stays, so that a run costs what the tests cost.
// It is a process of its own because a mutant may loop for ever.
import { BaseSequencer, createVitest, type TestSpecification } from "vitest/node";
import { z } from "zod";

const requestSchema = z.strictObject({ changed: z.string(), tests: z.array(z.string()) });

/** The order of the request: the test that most likely notices runs first, and the first failure ends the run. */
class AsGiven extends BaseSequencer {
  override sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(specifications);
  }
}

const root = process.cwd();
const vitest = await createVitest(
  "test",
  {
    root,
    watch: false,
    project: ["unit"],
    bail: 1,
    maxWorkers: 1,
    isolate: false,
    sequence: { sequencer: AsGiven },
    reporters: [{}],
    silent: true,
    includeTaskLocation: false,
  },
  { cacheDir: `${root}/.vite-cache`, logLevel: "silent" },
);
await vitest.standalone();
let lastChanged = "";

process.on("message", (message) => {
  const { changed, tests } = requestSchema.parse(message);
  run(changed, tests).then(
    (failed) => process.send?.({ failed }),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
// Whoever started it is gone.
process.on("disconnect", () => process.exit());
process.send?.("ready");

/** A test that failed; undefined when all passed. */
async function run(changed: string, tests: readonly string[]): Promise<{ readonly file: string; readonly test: string } | undefined> {
  // The one that was changed before is as it was.
  for (const file of [lastChanged, changed]) vitest.invalidateFile(`${root}/${file}`);
  lastChanged = changed;
  const specifications = tests.flatMap((test) => vitest.getModuleSpecifications(`${root}/${test}`));
  if (specifications.length !== tests.length) throw new Error("a test was not found");
  // What failed in an earlier run would count for this one's bail.
  vitest.state.idMap.clear();
  vitest.state.filesMap.clear();
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  const failed = testModules.find((module) => module.state() === "failed");
  if (failed !== undefined)
    return { file: failed.relativeModuleId, test: [...failed.children.allTests("failed")][0]?.fullName ?? "does not load" };
  if (unhandledErrors.length > 0) return { file: "", test: "an unhandled error" };
  if (!testModules.every((module) => module.state() === "passed")) throw new Error("a test did not run");
  return undefined;
}
