import { conclude } from "./outcome.ts";
import { runSuite } from "./suite.ts";

conclude(await runSuite("unit", process.argv.slice(2)));
