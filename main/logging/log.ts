import { isLogWord } from "./log-line.ts";

/** Fields that a log line may carry: numbers, flags, and short words from closed sets. Ids, texts, paths and bodies have no field. */
export type LogFields = {
  readonly attempt?: number;
  readonly bytes?: number;
  readonly code?: string;
  readonly commitMs?: number;
  readonly count?: number;
  readonly errorClass?: string;
  readonly exitCode?: number;
  readonly frame?: string;
  readonly kind?: string;
  readonly method?: string;
  readonly ms?: number;
  readonly phase?: string;
  readonly soft?: boolean;
  readonly status?: number;
  readonly version?: string;
};

export type LogLevel = "info" | "warn" | "error";

/** Where lines go: a file, or a terminal. */
export type LogSink = (line: string) => void;

/** Structured and allow-listed: a field outside `LogFields` does not compile, and a text that is no plain word is dropped at run time. */
export class Log {
  readonly #sinks: readonly LogSink[];
  readonly #source: string;

  constructor(source: string, sinks: readonly LogSink[]) {
    this.#source = source;
    this.#sinks = sinks;
  }

  info(event: string, fields: LogFields): void {
    this.#write("info", event, fields);
  }

  warn(event: string, fields: LogFields): void {
    this.#write("warn", event, fields);
  }

  /** A bug of ours, or something that a person will notice. */
  error(event: string, fields: LogFields): void {
    this.#write("error", event, fields);
  }

  /** A thrown value: its class and where it came from. Its message may hold anything, so it is left out. */
  bug(event: string, error: unknown, fields: LogFields = {}): void {
    const frame = firstOwnFrame(error);
    this.#write("error", event, {
      ...fields,
      errorClass: error instanceof Error ? error.name : typeof error,
      ...(frame === undefined ? {} : { frame }),
    });
  }

  /** The same sinks under another name. */
  named(source: string): Log {
    return new Log(source, this.#sinks);
  }

  /** A line that another process of ours wrote in this format, already checked. */
  forward(line: string): void {
    for (const sink of this.#sinks) sink(line);
  }

  #write(level: LogLevel, event: string, fields: LogFields): void {
    const safe = Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value !== "string" || isLogWord(value)));
    const line = JSON.stringify({ at: new Date().toISOString(), level, source: this.#source, event, ...safe });
    for (const sink of this.#sinks) sink(line);
  }
}

/** `file.ts:12:3` of the first stack frame: a place in our code, never a value. */
function firstOwnFrame(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined;
  return error.stack.match(/^\s+at .*?([A-Za-z0-9_-]+\.(?:ts|js|cjs|mjs):\d+:\d+)\)?$/m)?.[1];
}
