import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const LICENCE_FILE = /^(licen[cs]e|notice|copying)(\.(md|txt))?$/i;

/** The licences of the packages whose code is in the bundles, as one text. Throws where a package brings none: somebody has to look at it. */
export function composeNotices(root: string, packages: readonly string[]): string {
  const notices = packages.map((name) => {
    const folder = join(root, "node_modules", name);
    const { version, license }: { readonly version?: string; readonly license?: string } = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    const texts = readdirSync(folder)
      .filter((file) => LICENCE_FILE.test(file))
      .map((file) => readFileSync(join(folder, file), "utf8").trim());
    if (texts.length === 0 && license === undefined) throw new Error(`${name} says nothing about its licence`);
    return [`${name} ${version ?? ""} (${license ?? "see below"})`, "", ...texts].join("\n");
  });
  return `${["Bulkhead contains the work of others. Their licences:", ...notices].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** The packages that the bundles were made from, as the build noted them. */
export function bundledPackages(dist: string): readonly string[] {
  const folder = join(dist, ".packages");
  if (!existsSync(folder)) throw new Error("the bundles were not built");
  const names = readdirSync(folder).flatMap((file): string[] => JSON.parse(readFileSync(join(folder, file), "utf8")));
  return [...new Set(names)].toSorted();
}
