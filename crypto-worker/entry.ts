import { networkContract } from "../protocol/network.ts";
import { connect } from "../protocol/rpc.ts";
import { AccountHost } from "./client/account-host.ts";
import { StoreKeyCustody } from "./client/keys/store-key-custody.ts";
import { codedStoreError } from "./client/store-errors.ts";
import { createLog, describeError } from "./log.ts";
import { ThreadCrew } from "./primitives/crew/thread-crew.ts";
import { systemEnv } from "./primitives/system-env.ts";
import { serveControl } from "./rpc/control-server.ts";
import { parsePort, portChannel } from "./rpc/port-channel.ts";
import { sqliteBinding } from "./store/native-module.ts";
import { storeFiles } from "./store/store-files.ts";

/**
 * The crypto worker: a process of its own that holds every key and has no way out but its ports. Main supervises it; what went wrong here
 * beyond repair ends the process, as a half-working one could lose a ratchet step.
 */
const log = createLog((line) => process.stderr.write(`${line}\n`), systemEnv.now);

function die(error: unknown): void {
  log.error("fatal", describeError(error));
  process.exit(70);
}
process.on("uncaughtException", die);
process.on("unhandledRejection", die);

// Everything that this process writes is for its user alone.
process.umask(0o077);
// Nothing here is configured by the environment, and a variable cannot leak into a crash report that has none.
for (const name of Object.keys(process.env)) delete process.env[name];

const parent = parsePort((process as { parentPort?: unknown }).parentPort);
if (parent === undefined) {
  log.error("fatal", { code: "no-parent-port" });
  process.exit(64);
}
const channel = portChannel(parent);
const network = connect(networkContract, channel);
const custody = new StoreKeyCustody(systemEnv);
const crew = new ThreadCrew((code) => log.warn("crew.thread-lost", { code }));
const host = new AccountHost({ custody, stores: storeFiles, network, env: systemEnv, log, crew });
serveControl(host, custody, channel, log, () => {
  try {
    sqliteBinding();
  } catch (error) {
    throw codedStoreError(error);
  }
});
log.info("worker.started");
