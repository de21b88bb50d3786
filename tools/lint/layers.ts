// The dependency ladder, enforced: which folder may import which, which npm package belongs to which folder, and what the pure core may not touch.
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { sourceFiles } from "./source-files.ts";

type Layer = {
  /** Longest matching prefix of the path wins. */
  readonly path: string;
  /** Layers that may be imported; a layer may always import itself. `types:` in front allows `import type` only. */
  readonly may: readonly string[];
  /** npm packages, and `node:*` for Node's own modules. A package that is not listed is an error until someone classifies it here. */
  readonly packages: readonly string[];
  readonly pure?: true;
};

const renderer = [
  "react",
  "react-dom",
  "react-aria-components",
  "lucide-react",
  "virtua",
  "react-intl",
  "dompurify",
  "@fontsource-variable/inter",
];

const layers: readonly Layer[] = [
  { path: "protocol", may: [], packages: ["zod"] },
  { path: "main", may: ["protocol"], packages: ["electron", "zod", "node:*"] },
  { path: "preload", may: ["protocol"], packages: ["electron"] },
  { path: "renderer/ui", may: ["protocol"], packages: [...renderer, "zod"] },
  { path: "renderer/chat", may: ["protocol", "renderer/ui"], packages: renderer },
  { path: "renderer/vault", may: ["protocol", "renderer/ui"], packages: [...renderer, "qr", "@matrix-org/spec"] },
  { path: "crypto-worker/primitives", may: ["protocol"], packages: ["@matrix-org/olm", "node:*"] },
  { path: "crypto-worker/wire", may: ["protocol", "crypto-worker/primitives"], packages: [] },
  {
    path: "crypto-worker/store",
    may: ["protocol", "crypto-worker/wire", "types:crypto-worker/machine", "types:crypto-worker/client"],
    packages: ["better-sqlite3-multiple-ciphers", "node:*"],
  },
  {
    path: "crypto-worker/machine",
    may: ["protocol", "crypto-worker/primitives", "crypto-worker/wire", "types:crypto-worker/store"],
    packages: [],
    pure: true,
  },
  {
    path: "crypto-worker/client",
    may: ["protocol", "crypto-worker/primitives", "crypto-worker/wire", "crypto-worker/machine", "types:crypto-worker/store"],
    packages: ["markdown-it", "zod"],
  },
  {
    path: "crypto-worker/rpc",
    may: ["protocol", "crypto-worker/client", "crypto-worker/primitives", "types:crypto-worker/store", "types:crypto-worker/machine"],
    packages: ["zod"],
  },
  {
    path: "crypto-worker",
    may: [
      "protocol",
      "crypto-worker/rpc",
      "crypto-worker/client",
      "crypto-worker/machine",
      "crypto-worker/primitives",
      "crypto-worker/wire",
      "crypto-worker/store",
    ],
    packages: ["node:*"],
  },
];

/** `StoreError` and the store's interfaces are data, not SQL; the log is the process's: whoever needs them may import them as values. */
const sharedFiles = new Set(["crypto-worker/store/types.ts", "crypto-worker/log.ts"]);

const impure: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\)/, "the clock"],
  [/\bMath\.random\b|\bcrypto\.(getRandomValues|randomUUID)\b/, "randomness"],
  [/\bconsole\b/, "the console"],
  [/\bset(Timeout|Interval|Immediate)\b/, "timers"],
  [/\basync\b(?! \*)|\bawait\b/, "async"],
  [/\bprocess\./, "the process"],
];

/** `OlmMachine.ready()` loads WebAssembly, which is asynchronous everywhere: the one door of the core that may await. */
const mayAwait = new Set(["crypto-worker/machine/olm-machine.ts"]);

export function checkLayers(root: string): string[] {
  return sourceFiles(root)
    .filter((file) => !/\.test\.tsx?$/.test(file))
    .flatMap((file) => {
      const layer = layerOf(file);
      return layer === undefined ? [] : checkFile(root, file, layer);
    });
}

function checkFile(root: string, file: string, layer: Layer): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const problems: string[] = [];
  for (const { specifier, typeOnly } of importsOf(text)) {
    const problem = specifier.startsWith(".") ? checkInternal(file, layer, specifier, typeOnly) : checkPackage(layer, specifier);
    if (problem !== undefined) problems.push(`${file}: ${problem}`);
  }
  if (layer.pure === true) {
    const code = withoutComments(text);
    for (const [pattern, what] of impure) {
      if (what === "async" && mayAwait.has(file)) continue;
      if (pattern.test(code)) problems.push(`${file}: the pure core touches ${what}`);
    }
  }
  return problems;
}

function checkInternal(file: string, layer: Layer, specifier: string, typeOnly: boolean): string | undefined {
  const target = relative(".", join(dirname(file), specifier.replace(/\?.*$/, "")));
  if (/(^|\/)entry\.tsx?$/.test(target)) return `imports the entry ${target}`;
  const targetLayer = layerOf(target);
  if (targetLayer === undefined) return /\.(css|svg|woff2)$/.test(target) ? undefined : `imports ${target}, which belongs to no layer`;
  if (targetLayer.path === layer.path || layer.may.includes(targetLayer.path) || sharedFiles.has(target)) return undefined;
  if (layer.may.includes(`types:${targetLayer.path}`))
    return typeOnly ? undefined : `may import only types from ${targetLayer.path} (${target})`;
  return `${layer.path} may not import ${targetLayer.path} (${target})`;
}

function checkPackage(layer: Layer, specifier: string): string | undefined {
  if (specifier.startsWith("node:")) return layer.packages.includes("node:*") ? undefined : `${layer.path} may not use ${specifier}`;
  const name = specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : (specifier.split("/")[0] ?? specifier);
  return layer.packages.includes(name) ? undefined : `${layer.path} may not use the package ${name}; classify it in tools/lint/layers.ts`;
}

function layerOf(file: string): Layer | undefined {
  return layers.filter(({ path }) => file.startsWith(`${path}/`)).sort((a, b) => b.path.length - a.path.length)[0];
}

function importsOf(text: string): { specifier: string; typeOnly: boolean }[] {
  const found: { specifier: string; typeOnly: boolean }[] = [];
  for (const match of withoutComments(text).matchAll(/(?:^|\n)\s*(import|export)\s+(type\s)?([^"';]*?from\s*)?["']([^"']+)["']/g)) {
    const names = match[3] ?? "";
    const allTypes =
      /^\s*\{[^}]*\}/.test(names) &&
      names
        .replace(/[{}]|from/g, "")
        .split(",")
        .every((name) => name.trim() === "" || name.trim().startsWith("type "));
    if (match[1] === "export" && names === "") continue;
    found.push({ specifier: match[4] ?? "", typeOnly: match[2] !== undefined || allTypes });
  }
  for (const match of withoutComments(text).matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g))
    found.push({ specifier: match[1] ?? "", typeOnly: false });
  return found;
}

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
