/** Everything that a line of the worker's log can say. Closed, so that no value from a message, a key or an id can get into it. */
export type LogEvent =
  | "worker.started"
  | "account.created"
  | "account.opened"
  | "account.closed"
  | "account.deleted"
  | "sync.received"
  | "sync.ignored"
  | "sync.event-skipped"
  | "request.failed"
  | "devices.refused"
  | "identity.setup"
  | "send.failed"
  | "send.accepted"
  | "members.failed"
  | "history.shared"
  | "history.not-shared"
  | "history.received"
  | "history.refused"
  | "port.connected"
  | "port.closed"
  | "crew.thread-lost"
  | "bug"
  | "fatal";

/** Numbers, and words from closed unions of ours. */
export type LogFields = {
  readonly code?: string;
  readonly kind?: string;
  readonly method?: string;
  readonly count?: number;
  readonly ms?: number;
  /** Class of an error and where in our code it was thrown; never its message. */
  readonly error?: string;
  readonly at?: string;
};

export interface Log {
  info(event: LogEvent, fields?: LogFields): void;
  warn(event: LogEvent, fields?: LogFields): void;
  /** A bug of ours. */
  error(event: LogEvent, fields?: LogFields): void;
}

const WORD = /^[A-Za-z0-9_.:-]{1,80}$/;

/** Writes one JSON object a line. Fields that are not plain words are dropped, as a value may have slipped in. */
export function createLog(write: (line: string) => void, now: () => number): Log {
  const at =
    (level: "info" | "warn" | "error") =>
    (event: LogEvent, fields: LogFields = {}) =>
      write(JSON.stringify({ t: new Date(now()).toISOString(), level, event, ...allowed(fields) }));
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

/** Class and place of an error, without its message: that may quote anything. */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const frame = error.stack
    ?.split("\n")
    .find((line) => line.trimStart().startsWith("at "))
    ?.match(/([A-Za-z0-9_.-]+\.[cm]?[jt]s:\d+:\d+)/)?.[1];
  return frame === undefined ? { error: error.name } : { error: error.name, at: frame };
}

function allowed(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) =>
      typeof value === "number" ? Number.isFinite(value) : typeof value === "string" && WORD.test(value),
    ),
  );
}
