import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Tests through the whole machine that are quick for what they see. */
const broadTests = ["olm-machine", "to-device/to-device-receiver", "to-device/odd-content", "olm/olm-sessions", "megolm/decryption"].map(
  (name) => `crypto-worker/machine/${name}.test.ts`,
);

/** Which tests see a file when it runs: those beside it or importing it first, then all others that reach it. */
export class RelatedTests {
  readonly #leftOut = new Set<string>();
  readonly #importers = new Map<string, string[]>();

  constructor(root: string) {
    for (const file of globSync("{protocol,crypto-worker,tests}/**/*.{ts,tsx}", { cwd: root })) {
      for (const match of readFileSync(join(root, file), "utf8").matchAll(/^(?:im|ex)port (?!type\b)[^"]*?from "(\.[^"]+)"/gm)) {
        const target = join(dirname(file), match[1] ?? "");
        if (!existsSync(join(root, target))) continue;
        this.#importers.set(target, [...(this.#importers.get(target) ?? []), file]);
      }
    }
  }

  /** From now on without these. */
  leaveOut(tests: readonly string[]): void {
    for (const test of tests) this.#leftOut.add(test);
  }

  /**
   * In two waves: most mutants die in the first, which is quick. The second is every other test that reaches the file. Browsers, servers and processes are in neither.
   * Within a wave the test of the same name comes first, then its neighbours and direct users, the broad ones, the others from near to far.
   */
  of(file: string): { readonly near: readonly string[]; readonly far: readonly string[] } {
    const distances = new Map([[file, 0]]);
    for (const [seen, distance] of distances)
      for (const importer of this.#importers.get(seen) ?? []) if (!distances.has(importer)) distances.set(importer, distance + 1);
    const namesake = file.replace(/\.ts$/, ".test.ts");
    const rank = (test: string) => {
      if (test === namesake) return -2;
      if (dirname(test) === dirname(file)) return -1;
      return distances.get(test) === 1 ? 0 : broadTests.includes(test) ? 1 : (distances.get(test) ?? 0);
    };
    const tests = [...distances.keys()]
      .filter((name) => isQuickTest(name) && !this.#leftOut.has(name))
      .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
    const isNear = (test: string) => dirname(test) === dirname(file) || distances.get(test) === 1;
    const near = tests.filter(isNear);
    return near.length > 0 ? { near, far: tests.filter((test) => !isNear(test)) } : { near: tests.slice(0, 2), far: tests.slice(2) };
  }
}

/** A test below the client: what only a whole client or another program notices is not counted as tested here. Nor is what takes a minute for each mutant. */
const isQuickTest = (file: string): boolean =>
  (/^crypto-worker\/(machine|primitives|wire|store)\/.*\.test\.ts$/.test(file) && !file.includes("crash-at-every-commit")) ||
  /^tests\/vectors\/[\w-]+\.test\.ts$/.test(file);
