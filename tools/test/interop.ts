import { conclude, runSuite } from "./suite.ts";

conclude(await runSuite("interop", process.argv.slice(2)));
