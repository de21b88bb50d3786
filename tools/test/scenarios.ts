import { conclude, runSuite } from "./suite.ts";

conclude(await runSuite("scenarios", process.argv.slice(2)));
