import { conclude } from "./outcome.ts";
import { runSuite } from "./suite.ts";

conclude(await runSuite("scenarios", process.argv.slice(2)));
