import { globSync } from "node:fs";

const folders = "{protocol,main,preload,renderer,crypto-worker,build,tools,tests}";

/** Every TypeScript source of the repository, relative to its root, with forward slashes. */
export const sourceFiles = (root: string): string[] =>
  globSync(`${folders}/**/*.{ts,tsx}`, { cwd: root })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !file.endsWith(".d.ts"))
    .sort();
