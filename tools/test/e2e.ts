import { conclude } from "./outcome.ts";
import { runSuite } from "./suite.ts";

conclude(await runSuite("e2e", process.argv.slice(2)));
