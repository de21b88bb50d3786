import { createHash } from "node:crypto";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { InlineConfig, Plugin } from "vite";

type Vite = typeof import("vite");

/** One bundle: what it is made from and where it goes, relative to the repository. */
export type Part = {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Writes into `folder`, which takes the output's place afterwards. */
  readonly build: (vite: Vite, root: string, folder: string) => Promise<void>;
};

type NodeBundle = {
  readonly name: string;
  readonly entry: string;
  readonly inputs: readonly string[];
  readonly format: "es" | "cjs";
  readonly external?: readonly string[];
  /** Files and folders to put beside the bundle: from (in the repository), to. */
  readonly copy?: readonly (readonly [string, string])[];
  /** What else belongs into the folder. */
  readonly finish?: (root: string, folder: string) => void;
};

// CommonJS packages inside an ES module bundle (libolm's loader is one) ask for these.
const commonJsNames = [
  'import { createRequire as bundleCreateRequire } from "node:module";',
  "const require = bundleCreateRequire(import.meta.url);",
  "const __filename = import.meta.filename;",
  "const __dirname = import.meta.dirname;",
].join("\n");

/** A bundle for Electron's main process, a utility process (ES module) or a sandboxed preload (CommonJS, which may require nothing but `electron`). */
export function nodeBundle({ name, entry, inputs, format, external = [], copy = [], finish }: NodeBundle): Part {
  const output = `dist/${name}`;
  return {
    name,
    inputs,
    output,
    async build(vite, root, folder) {
      const { describeContracts } = await import("../protocol/version.ts");
      await vite.build({
        ...common(root),
        plugins: [notePackages(root, name)],
        define: { BUILT_SCHEMA_HASH: JSON.stringify(createHash("sha256").update(describeContracts()).digest("hex")) },
        ssr: { noExternal: true, external: ["electron", ...external], target: format === "cjs" ? "webworker" : "node" },
        build: {
          outDir: folder,
          emptyOutDir: true,
          ssr: join(root, entry),
          target: format === "cjs" ? "chrome140" : "node24",
          minify: false,
          sourcemap: true,
          rolldownOptions: {
            external: ["electron", ...external],
            output: {
              format,
              entryFileNames: format === "cjs" ? "entry.cjs" : "entry.js",
              codeSplitting: false,
              ...(format === "es" ? { postBanner: commonJsNames } : {}),
            },
          },
        },
      });
      for (const [from, to] of copy) {
        mkdirSync(dirname(join(folder, to)), { recursive: true });
        cpSync(join(root, from), join(folder, to), { recursive: true });
      }
      finish?.(root, folder);
    },
  };
}

/** A page with its assets, served under `app://NAME/`. Nothing is inlined, because its content security policy allows no inline code or styles. */
export function pageBundle({ name, inputs }: { readonly name: string; readonly inputs: readonly string[] }): Part {
  const output = `dist/renderer/${name}`;
  return {
    name: `renderer/${name}`,
    inputs,
    output,
    async build(vite, root, folder) {
      const { default: react } = await import("@vitejs/plugin-react");
      await vite.build({
        ...common(root),
        root: join(root, "renderer", name),
        base: "/",
        publicDir: false,
        plugins: [react(), cheapAnswers(), notePackages(root, `renderer-${name}`)],
        define: { "process.env.NODE_ENV": JSON.stringify("production") },
        build: {
          outDir: folder,
          emptyOutDir: true,
          target: "chrome140",
          assetsInlineLimit: 0,
          modulePreload: { polyfill: false },
          cssCodeSplit: false,
          sourcemap: false,
          reportCompressedSize: false,
          chunkSizeWarningLimit: 4096,
        },
      });
    },
  };
}

/**
 * Questions that packages ask of Intl while they are loaded, each with an answer that costs less: V8 opens tables for them that take a page 10 to 30 ms
 * of its start.
 */
const COSTLY_QUESTIONS = [
  {
    // Whether the browser's language is well-formed. The other function throws for the same names, and looks no locale's calendar up.
    id: /react-aria\/dist\/private\/i18n\/useDefaultLocale\.m?js$/,
    asks: /Intl\.DateTimeFormat\.supportedLocalesOf\(\[\s*locale\s*\]\)/,
    cheaper: "Intl.getCanonicalLocales(locale)",
  },
  {
    // Whether numbers can be formatted with signs of choice: in every Chromium that we run on.
    id: /@internationalized\/number\/dist\/private\/NumberFormatter\.m?js$/,
    asks: /new Intl\.NumberFormat\('de-DE', \{\s*signDisplay: 'exceptZero'\s*\}\)\.resolvedOptions\(\)\.signDisplay === 'exceptZero'/,
    cheaper: "true",
  },
] as const;

/** Answers them. Fails where a package asks otherwise some day. */
function cheapAnswers(): Plugin {
  return {
    name: "cheap-answers",
    transform: {
      filter: { id: COSTLY_QUESTIONS.map(({ id }) => id) },
      handler(code, path) {
        const question = COSTLY_QUESTIONS.find(({ id }) => id.test(path));
        if (question === undefined || !question.asks.test(code))
          throw new Error("asks something else than before: look again at what a page's start costs");
        return { code: code.replace(question.asks, question.cheaper), map: null };
      },
    },
  };
}

/** Notes which packages' code got into a bundle, for the licences that a package of the app has to bring along. */
function notePackages(root: string, name: string): Plugin {
  return {
    name: "note-packages",
    writeBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((file) =>
        file.type === "chunk" ? Object.keys(file.modules) : [...(file.originalFileNames ?? [])],
      );
      const packages = modules.flatMap((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []);
      const folder = join(root, "dist", ".packages");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${name}.json`), JSON.stringify([...new Set(packages)].toSorted()));
    },
  };
}

function common(root: string): InlineConfig {
  return { root, configFile: false, envDir: false, logLevel: "warn", clearScreen: false };
}
