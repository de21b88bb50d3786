import { writeFileSync } from "node:fs";
import { CodedError } from "../../protocol/errors.ts";
import { readLogLines } from "./log-file.ts";
import { parseLogLine } from "./log-line.ts";

/** What is known about the program and the computer, in words that hold for many people. */
type DiagnosticsFacts = Readonly<Record<string, string>>;

export type DiagnosticsDeps = {
  readonly facts: () => DiagnosticsFacts;
  readonly logPath: string;
  /** Asks the person for a file; undefined where they would rather not. */
  readonly askWhere: (suggestedName: string) => Promise<string | undefined>;
};

const MAX_LOG_BYTES = 256 * 1024;

/** The report that a person may add to a bug report. It goes nowhere by itself: it is shown, and then saved or copied, or not. */
export class Diagnostics {
  readonly #deps: DiagnosticsDeps;
  #shown: string | undefined;

  constructor(deps: DiagnosticsDeps) {
    this.#deps = deps;
  }

  /** Makes the report to be shown. */
  compose(): string {
    this.#shown = composeDiagnostics(this.#deps.facts(), this.#deps.logPath);
    return this.#shown;
  }

  /** Writes exactly the text that was shown last. Answers whether the person chose a file. Throws `not-found` where nothing was shown yet. */
  async save(): Promise<boolean> {
    const text = this.#shown;
    if (text === undefined) throw new CodedError("not-found");
    const path = await this.#deps.askWhere("bulkhead-diagnostics.txt");
    if (path === undefined) return false;
    writeFileSync(path, text, { mode: 0o600 });
    return true;
  }
}

/** Every line of the log passes the list of allowed fields a second time, because a file may hold what an older version wrote. */
function composeDiagnostics(facts: DiagnosticsFacts, logPath: string): string {
  const lines = readLogLines(logPath, MAX_LOG_BYTES).flatMap((line) => parseLogLine(line) ?? []);
  return [...Object.entries(facts).map(([name, value]) => `${name}: ${value}`), "", ...lines, ""].join("\n");
}
