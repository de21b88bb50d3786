import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { codec } from "./codec.ts";

const folder = process.env["CHROMIUM_HOST_TRAFFIC"];
if (folder !== undefined) mkdirSync(folder, { recursive: true });

/**
 * With `CHROMIUM_HOST_TRAFFIC=DIR` keeps everything that a link between processes carries, both ways, as codec text: one file a link. For tests that
 * look for what must not be in it; without the variable nothing is kept.
 */
export function noteTraffic(link: string, message: unknown): void {
  if (folder === undefined) return;
  const text = typeof message === "string" ? message : codec.encode(message);
  appendFileSync(join(folder, `${link.replaceAll(/[^a-z-]/g, "")}.log`), `${text}\n`);
}
