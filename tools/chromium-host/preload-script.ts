import { readFileSync } from "node:fs";
import { makeCodec } from "./codec.ts";
import { DocumentLink } from "./document-link.ts";
import { runPreload, type PreloadFacts } from "./preload-runtime.ts";
import { electronVersions } from "./versions.ts";
import { installPageWorld, makeWorldBridge } from "./world-bridge.ts";

export const preloadWorld = "Bulkhead Preload World";
export const preloadBinding = "__bulkheadHost";
const handshake = "bulkhead-host-handshake";

/** What is injected into the page's own world: the receiving end of the context bridge. */
export function pageWorldSource(): string {
  return `(${installPageWorld.toString()})(${makeWorldBridge.toString()}, ${JSON.stringify(handshake)});`;
}

/** What is injected into the isolated world: the runtime, and the app's preload inside it. */
export function preloadSource(preloadPath: string | undefined, additionalArguments: readonly string[]): string {
  const facts: PreloadFacts = {
    binding: preloadBinding,
    deliver: DocumentLink.deliverGlobal,
    handshake,
    argv: [process.execPath, "--type=renderer", ...additionalArguments],
    platform: process.platform,
    versions: { ...electronVersions },
  };
  const preload = preloadPath === undefined ? "" : readFileSync(preloadPath, "utf8");
  const parts = [
    `(${makeCodec.toString()})()`,
    makeWorldBridge.toString(),
    JSON.stringify(facts),
    `function (require, module, exports, process, global) {${preload}\n}`,
  ];
  return `(${runPreload.toString()})(${parts.join(",\n")});`;
}
