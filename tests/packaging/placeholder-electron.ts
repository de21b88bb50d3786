import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const SENTINEL = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";
/** As the fuses of Electron 45 are when it is downloaded: nine of them. */
const DEFAULT_FUSES = "101100011";

/**
 * A folder that looks to the packager like an unpacked Electron for Linux, for machines that cannot download one. Its program is no program; what is in
 * it of Electron is the place where the fuses are.
 */
export function makePlaceholderElectron(folder: string): void {
  const binary = Buffer.concat([
    Buffer.from("\x7fELF not really\0".padEnd(4096, "\0"), "latin1"),
    Buffer.from(SENTINEL),
    Buffer.from([1, DEFAULT_FUSES.length]),
    Buffer.from(DEFAULT_FUSES),
    Buffer.alloc(4096),
  ]);
  const files: Readonly<Record<string, string | Buffer>> = {
    electron: binary,
    "chrome-sandbox": "",
    chrome_crashpad_handler: "",
    LICENSE: "Electron's licence",
    "LICENSES.chromium.html": "<p>Chromium's licences</p>",
    version: "45.4.1",
    "icudtl.dat": "",
    "resources.pak": "",
    "locales/en-US.pak": "",
    "locales/de.pak": "",
    // Runs where an application is missing; must not be in a package.
    "resources/default_app.asar": "",
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  for (const program of ["electron", "chrome-sandbox", "chrome_crashpad_handler"]) chmodSync(join(folder, program), 0o755);
}
