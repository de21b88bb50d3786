import { conclude, runSuite } from "./suite.ts";

conclude(await runSuite("unit", process.argv.slice(2)));
