import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findDebianProgram } from "./debian.ts";
import { output, runLogged, succeeds, type Command } from "./shell.ts";

/** A Synapse that this machine can run. */
export type SynapseProgram = {
  kind: "installed" | "pip" | "docker" | "debian";
  version: string;
  /** Where the data folder lies, and the same folder as Synapse itself sees it. */
  dataDir: string;
  innerDataDir: string;
  bindAddress: string;
  /** Command that runs Synapse's main module in the foreground with these arguments. */
  command(args: readonly string[], port: number): Command;
};

export type Places = { cacheDir: string; logFile: string; say: (line: string) => void };

const moduleName = "synapse.app.homeserver";
const image = "matrixdotorg/synapse:latest";

/** Finds or installs a Synapse, cheapest way first; a list of reasons if there is none to be had. */
export async function findProgram(places: Places): Promise<{ program: SynapseProgram } | { reasons: string[] }> {
  const reasons: string[] = [];
  const ways = [installedProgram, preparedProgram, pipProgram, dockerProgram, findDebianProgram];
  for (const way of ways) {
    const found = await way(places);
    if (typeof found === "object") return { program: found };
    if (found !== "") reasons.push(found);
  }
  return { reasons };
}

/** What an earlier run installed into the cache, so that a slow or failing way is not tried before it again. */
function preparedProgram(places: Places): SynapseProgram | string | Promise<SynapseProgram | string> {
  const venv = venvPython(places);
  if (existsSync(venv)) return pythonProgram(venv, "pip", places);
  return existsSync(join(places.cacheDir, "sid-root")) ? findDebianProgram(places) : "";
}

function installedProgram(places: Places): SynapseProgram | string {
  for (const python of ["python3", "/usr/bin/python3", "/opt/venvs/matrix-synapse/bin/python"]) {
    const program = pythonProgram(python, "installed", places);
    if (typeof program === "object") return program;
  }
  return "no installed Synapse";
}

function pythonProgram(python: string, kind: "installed" | "pip", { cacheDir }: Places): SynapseProgram | string {
  const version = output(python, ["-c", `import ${moduleName}, synapse; print(synapse.__version__)`]);
  if (version === undefined) return `${python} has no ${moduleName}`;
  const dataDir = join(cacheDir, "data");
  return {
    kind,
    version: version.trim(),
    dataDir,
    innerDataDir: dataDir,
    bindAddress: "127.0.0.1",
    command: (args) => ({ file: python, args: ["-m", moduleName, ...args] }),
  };
}

async function pipProgram(places: Places): Promise<SynapseProgram | string> {
  const { cacheDir, logFile, say } = places;
  const venv = join(cacheDir, "venv.partial");
  const pip = join(venv, "bin", "pip");
  const quick = ["--disable-pip-version-check", "--no-input", "--retries", "0", "--timeout", "15"];
  mkdirSync(cacheDir, { recursive: true });
  rmSync(venv, { recursive: true, force: true });
  if (!(await runLogged({ file: "python3", args: ["-m", "venv", venv] }, logFile, 60_000)))
    return "python3 cannot make a virtual environment";
  say("Trying pip…");
  // Wheels only: building Synapse needs a Rust toolchain. A first look-up without dependencies tells quickly whether an index answers at all.
  const wheels = ["--only-binary", ":all:", "matrix-synapse"];
  const download = ["download", ...quick, "--no-deps", "--dest", join(venv, "download"), ...wheels];
  const installed =
    (await runLogged({ file: pip, args: download }, logFile, 60_000)) &&
    (await runLogged({ file: pip, args: ["install", ...quick, ...wheels] }, logFile, 600_000));
  if (!installed) {
    rmSync(venv, { recursive: true, force: true });
    return "pip has no matrix-synapse to offer";
  }
  // A virtual environment cannot be renamed; a marker says that it is complete.
  const program = pythonProgram(join(venv, "bin", "python"), "pip", places);
  if (
    typeof program === "object" &&
    (await runLogged({ file: "ln", args: ["-s", "venv.partial", join(cacheDir, "venv")] }, logFile, 5_000))
  )
    return program;
  return "Synapse from pip does not start";
}

function venvPython({ cacheDir }: Places): string {
  return join(cacheDir, "venv", "bin", "python");
}

async function dockerProgram({ cacheDir, logFile, say }: Places): Promise<SynapseProgram | string> {
  if (!succeeds("docker", ["info"])) return "no Docker daemon";
  say("Trying Docker…");
  if (!(await runLogged({ file: "docker", args: ["pull", image] }, logFile, 600_000))) return "Docker cannot pull the image";
  const dataDir = join(cacheDir, "data");
  const inContainer = ["run", "--rm", "--volume", `${dataDir}:/data`, "--entrypoint", "python"];
  const version = output("docker", [...inContainer, image, "-c", "import synapse; print(synapse.__version__)"], 60_000);
  if (version === undefined) return "Docker cannot run the image";
  return {
    kind: "docker",
    version: version.trim(),
    dataDir,
    innerDataDir: "/data",
    bindAddress: "0.0.0.0",
    command: (args, port) => ({
      file: "docker",
      args: [...inContainer, "--publish", `127.0.0.1:${port}:${port}`, image, "-m", moduleName, ...args],
    }),
  };
}
