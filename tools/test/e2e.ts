import { conclude, runSuite } from "./suite.ts";

conclude(await runSuite("e2e", process.argv.slice(2)));
