import { readFileSync } from "node:fs";
import { join } from "node:path";

export const repositoryRoot = join(import.meta.dirname, "..", "..");

/**
 * For the environment of whoever runs the host: where Node keeps what it compiled (types taken away, code), so that the next start need not. In the working
 * copy, because whoever can write there could change the programs as well.
 */
export const compileCache = { NODE_COMPILE_CACHE: join(repositoryRoot, ".cache", "compiled") } as const;

/** The versions that the app would see on the Electron it is built for. */
export const electronVersions: Readonly<Record<string, string>> = {
  ...process.versions,
  electron: readVersion(join(repositoryRoot, "node_modules", "electron", "package.json")),
};

function readVersion(path: string): string {
  const { version } = JSON.parse(readFileSync(path, "utf8"));
  return String(version);
}
