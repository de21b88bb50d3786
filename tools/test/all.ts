// `npm test`: every suite, one after the other (they share two cores), and the sum as the last line.
import { add, conclude, runSuite, suites, type Counts } from "./suite.ts";

let total: Counts = { passed: 0, failed: 0, skipped: 0 };
const lines: string[] = [];
for (const name of suites) {
  const started = performance.now();
  const counts = await runSuite(name);
  lines.push(
    `${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  total = add(total, counts);
}
console.log(lines.join("\n"));
conclude(total);
