// Mutation testing: changes a line of the product in a copy of the last commit, runs the tests that see it, and counts who notices. A change that no test notices is a
// check that could be lost unseen. `npm run mutate -- --path crypto-worker/wire --each 4 --report wire.jsonl`; docs/mutation-testing.md has the results and what they mean.
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { Seeded } from "../tests/support/seeded.ts";
import { z } from "zod";
import { findMutants, mutantSchema, type Mutant } from "./mutation/mutants.ts";
import { fateSchema, MutationRun, type Outcome } from "./mutation/mutation-run.ts";
import { RelatedTests } from "./mutation/related-tests.ts";

const { values } = parseArgs({
  options: {
    path: { type: "string", multiple: true, default: ["crypto-worker/machine", "crypto-worker/primitives", "crypto-worker/wire"] },
    each: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    "limit-seconds": { type: "string", default: "120" },
    far: { type: "string", default: "3" },
    again: { type: "string", multiple: true, default: [] },
    report: { type: "string" },
  },
});

const lineSchema = z.object({ mutant: mutantSchema, fate: fateSchema });

const root = join(import.meta.dirname, "..");
const copy = mkdtempSync(join(tmpdir(), "bulkhead-mutants-"));
const far = Number(values.far);
const related = copyRepository();
const run = new MutationRun(copy, related, { limitMs: Number(values["limit-seconds"]) * 1000, far });
/** What an earlier run of the same report came to know is not tried again. */
const fates = values.report !== undefined && existsSync(values.report) ? readReport(values.report) : [];
process.once("SIGINT", () => process.exit(1));
process.once("exit", () => {
  run.close();
  rmSync(copy, { recursive: true, force: true });
});

const known = new Set(fates.map(({ mutant }) => keyOf(mutant)));
const chosen = (values.again.length === 0 ? chosenMutants() : values.again.flatMap(undecidedOf)).filter(
  (mutant) => !known.has(keyOf(mutant)),
);
const tests = [...new Set(chosen.flatMap(({ file }) => [...related.of(file).near, ...related.of(file).far.slice(0, far)]))];
const failing = await run.failing(tests);
related.leaveOut(failing);
console.log(
  `${chosen.length} mutants, seed ${values.seed}, ${tests.length} test files${failing.length > 0 ? `, without ${failing.join(", ")}, which fail as it is` : ""}`,
);

for (const mutant of chosen) {
  const fate = await run.try(mutant);
  fates.push({ mutant, fate });
  if (values.report !== undefined) appendFileSync(values.report, `${JSON.stringify({ mutant, fate })}\n`);
  if (fate.outcome === "survived" || fate.outcome === "unseen") console.log(describe(mutant, fate.outcome));
}
summarise();
process.exit(0);

/** The last commit, not the working tree: what is half written would kill every mutant. */
function copyRepository(): RelatedTests {
  const archive = execFileSync("git", ["archive", "--format=tar", "HEAD"], { cwd: root, maxBuffer: 2 ** 30 });
  mkdirSync(copy, { recursive: true });
  execFileSync("tar", ["-x", "-C", copy], { input: archive });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return new RelatedTests(copy);
}

/** As many of each file, so that a large one does not hide a small one. */
function chosenMutants(): Mutant[] {
  return values.path.flatMap(sourcesOf).flatMap((file) => {
    // Anew for each file: its sample does not depend on which others are looked at.
    const chance = new Seeded(Number(values.seed));
    return findMutants(file, readFileSync(join(copy, file), "utf8"))
      .map((mutant) => ({ mutant, key: chance.next() }))
      .sort((a, b) => a.key - b.key)
      .slice(0, Number(values.each))
      .map(({ mutant }) => mutant);
  });
}

function readReport(path: string): z.infer<typeof lineSchema>[] {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => lineSchema.parse(JSON.parse(line)));
}

/** What survived in an earlier run, or ran too long, and is in the text still: for after a test was written, with more of the far tests, or on a quieter machine. */
function undecidedOf(report: string): Mutant[] {
  return readReport(report)
    .filter(({ fate }) => fate.outcome !== "killed")
    .flatMap(({ mutant }) => {
      // Lines may have moved since, and files may be gone.
      if (!existsSync(join(copy, mutant.file))) return [];
      const now = findMutants(mutant.file, readFileSync(join(copy, mutant.file), "utf8")).filter(
        ({ original, replacement }) => original === mutant.original && replacement === mutant.replacement,
      );
      return now.sort((a, b) => Math.abs(a.start - mutant.start) - Math.abs(b.start - mutant.start)).slice(0, 1);
    });
}

function keyOf({ file, start, end, replacement }: Mutant): string {
  return JSON.stringify([file, start, end, replacement]);
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
