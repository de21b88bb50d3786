// Mutation testing: changes a line of the product in a copy of the last commit, runs the tests that see it, and counts who notices. A change that no test notices is a
// check that could be lost unseen. `npm run mutate -- --path crypto-worker/wire --sample 40 --seed 1`; docs/mutation-testing.md has the results and what they mean.
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { Seeded } from "../tests/support/seeded.ts";
import { z } from "zod";
import { findMutants, mutantSchema, type Mutant } from "./mutation/mutants.ts";
import { type Fate, MutationRun, type Outcome } from "./mutation/mutation-run.ts";
import { RelatedTests } from "./mutation/related-tests.ts";

const { values } = parseArgs({
  options: {
    path: { type: "string", multiple: true, default: ["crypto-worker/machine", "crypto-worker/primitives", "crypto-worker/wire"] },
    sample: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    "limit-seconds": { type: "string", default: "120" },
    far: { type: "string", default: "3" },
    again: { type: "string" },
    report: { type: "string" },
  },
});

const reportSchema = z.array(z.object({ mutant: mutantSchema, fate: z.object({ outcome: z.string() }) }));

const root = join(import.meta.dirname, "..");
const copy = mkdtempSync(join(tmpdir(), "bulkhead-mutants-"));
const far = Number(values.far);
const related = copyRepository();
const run = new MutationRun(copy, related, { limitMs: Number(values["limit-seconds"]) * 1000, far });
const fates: { mutant: Mutant; fate: Fate }[] = [];
process.once("SIGINT", () => process.exit(1));
process.once("exit", () => {
  run.close();
  rmSync(copy, { recursive: true, force: true });
});

const chosen = values.again === undefined ? chosenMutants() : survivorsOf(values.again);
const tests = [...new Set(chosen.flatMap(({ file }) => [...related.of(file).near, ...related.of(file).far.slice(0, far)]))];
const failing = await run.failing(tests);
related.leaveOut(failing);
console.log(
  `${chosen.length} mutants, seed ${values.seed}, ${tests.length} test files${failing.length > 0 ? `, without ${failing.join(", ")}, which fail as it is` : ""}`,
);

for (const mutant of chosen) {
  const fate = await run.try(mutant);
  fates.push({ mutant, fate });
  if (fate.outcome === "survived" || fate.outcome === "unseen") console.log(describe(mutant, fate.outcome));
}
summarise();
if (values.report !== undefined) writeFileSync(values.report, JSON.stringify(fates, undefined, 1));
process.exit(0);

/** The last commit, not the working tree: what is half written would kill every mutant. */
function copyRepository(): RelatedTests {
  const archive = execFileSync("git", ["archive", "--format=tar", "HEAD"], { cwd: root, maxBuffer: 2 ** 30 });
  mkdirSync(copy, { recursive: true });
  execFileSync("tar", ["-x", "-C", copy], { input: archive });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return new RelatedTests(copy);
}

/** As many of each path, so that a large folder does not hide a small one. */
function chosenMutants(): Mutant[] {
  const share = Math.ceil(Number(values.sample) / values.path.length);
  return values.path.flatMap((path) => {
    // Anew for each path: its sample does not depend on which others are looked at.
    const chance = new Seeded(Number(values.seed));
    return sourcesOf(path)
      .flatMap((file) => findMutants(file, readFileSync(join(copy, file), "utf8")))
      .map((mutant) => ({ mutant, key: chance.next() }))
      .sort((a, b) => a.key - b.key)
      .slice(0, share)
      .map(({ mutant }) => mutant);
  });
}

/** What survived in an earlier run and is in the text as it was: for after a test was written, or with more of the far tests. */
function survivorsOf(report: string): Mutant[] {
  return reportSchema
    .parse(JSON.parse(readFileSync(report, "utf8")))
    .filter(({ fate }) => fate.outcome === "survived" || fate.outcome === "unseen")
    .map(({ mutant }) => mutant)
    .filter(({ file, start, end, original }) => readFileSync(join(copy, file), "utf8").slice(start, end) === original);
}

function sourcesOf(path: string): string[] {
  const pattern = path.endsWith(".ts") ? path : `${path}/**/*.ts`;
  return globSync(pattern, { cwd: copy })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !/\.test\.ts$|\.d\.ts$/.test(file))
    .sort();
}

function describe({ file, line, operator, original, replacement }: Mutant, outcome: Outcome): string {
  const oneLine = (text: string) => text.replace(/\s+/g, " ").slice(0, 160);
  return `${outcome} ${file}:${line} ${operator}: ${oneLine(original)} → ${oneLine(replacement)}`;
}

function summarise(): void {
  const folders = new Map<string, Map<Outcome, number>>();
  for (const { mutant, fate } of fates)
    for (const folder of [dirname(mutant.file), "all"]) {
      const counts = folders.get(folder) ?? new Map<Outcome, number>();
      folders.set(folder, counts.set(fate.outcome, (counts.get(fate.outcome) ?? 0) + 1));
    }
  console.log("\n| folder | mutants | killed | score |\n| --- | --- | --- | --- |");
  for (const [folder, counts] of folders) {
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const killed = (counts.get("killed") ?? 0) + (counts.get("stopped") ?? 0);
    console.log(`| ${folder} | ${all} | ${killed} | ${Math.round((100 * killed) / all)} % |`);
  }
}
