import { readFileSync } from "node:fs";
import { join } from "node:path";

export const repositoryRoot = join(import.meta.dirname, "..", "..");

/** The versions that the app would see on the Electron it is built for. */
export const electronVersions: Readonly<Record<string, string>> = {
  ...process.versions,
  electron: readVersion(join(repositoryRoot, "node_modules", "electron", "package.json")),
};

function readVersion(path: string): string {
  const { version } = JSON.parse(readFileSync(path, "utf8"));
  return String(version);
}
