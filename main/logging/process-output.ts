import { createInterface } from "node:readline";
import { parseLogLine } from "./log-line.ts";
import type { Log } from "./log.ts";

const FRAME = /^\s+at .*?([A-Za-z0-9_-]+\.(?:ts|js|cjs|mjs|node):\d+:\d+)\)?$/;
const ERROR_CLASS = /^(?:Uncaught )?([A-Z][A-Za-z]{0,40}Error)\b/;
const MAX_LINE = 4096;

/**
 * Pipes a child's output into the log. Structured lines pass; of a stack trace only its class and places do, because an error's message may hold
 * a value; of anything else only that it was there.
 */
export function pipeToLog(stream: NodeJS.ReadableStream, log: Log): void {
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on("line", (line) => {
    const structured = parseLogLine(line);
    if (structured !== undefined) return log.forward(structured);
    const frame = line.slice(0, MAX_LINE).match(FRAME)?.[1];
    if (frame !== undefined) return log.warn("output.frame", { frame });
    const errorClass = line.slice(0, MAX_LINE).match(ERROR_CLASS)?.[1];
    if (errorClass !== undefined) return log.warn("output.error", { errorClass });
    if (line.length > 0) log.info("output.other", { bytes: line.length });
  });
}
