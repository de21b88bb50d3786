// `npm test`: every suite, one after the other (they share two cores), and the sum as the last line.
import { add, conclude, countsOf, NOTHING } from "./outcome.ts";
import { runSuite, suites } from "./suite.ts";

let total = NOTHING;
const lines: string[] = [];
for (const name of suites) {
  const started = performance.now();
  const outcome = await runSuite(name);
  lines.push(`${name}: ${countsOf(outcome)} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  total = add(total, outcome);
}
console.log(lines.join("\n"));
conclude(total);
