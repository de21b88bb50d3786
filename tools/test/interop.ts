import { conclude } from "./outcome.ts";
import { runSuite } from "./suite.ts";

conclude(await runSuite("interop", process.argv.slice(2)));
