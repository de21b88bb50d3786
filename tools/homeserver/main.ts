// node tools/homeserver/main.ts [--port N] [--server-name NAME]: runs the embedded homeserver and prints its base URL.
import { parseArgs } from "node:util";
import { startHomeserver } from "./homeserver.ts";

const { values } = parseArgs({ options: { port: { type: "string" }, "server-name": { type: "string" } } });
const homeserver = await startHomeserver({
  ...(values.port === undefined ? {} : { port: Number(values.port) }),
  ...(values["server-name"] === undefined ? {} : { serverName: values["server-name"] }),
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void homeserver.stop());
console.log(homeserver.url);
