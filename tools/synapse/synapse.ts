// npm run synapse -- start [--fresh] | stop | status
import { startSynapse, stopSynapse, synapseStatus } from "./start.ts";

const [verb, ...flags] = process.argv.slice(2);
process.exitCode = await run(verb, flags);

async function run(verb: string | undefined, flags: readonly string[]): Promise<number> {
  switch (verb) {
    case "start": {
      const started = await startSynapse({ fresh: flags.includes("--fresh"), say: (line) => console.error(line) });
      if ("unavailable" in started) {
        console.error(`No Synapse to be had here: ${started.unavailable}`);
        return 1;
      }
      console.log(started.url);
      return 0;
    }
    case "stop":
      console.log((await stopSynapse()) ? "stopped" : "was not running");
      return 0;
    case "status": {
      const running = await synapseStatus();
      console.log(running === undefined ? "not running" : `running: Synapse ${running.version} (${running.kind}) at ${running.url}`);
      return running === undefined ? 3 : 0;
    }
    default:
      console.error("usage: npm run synapse -- start [--fresh] | stop | status");
      return 2;
  }
}
