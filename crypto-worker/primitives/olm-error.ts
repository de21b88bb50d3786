import { err, ok, type Result } from "../../protocol/result.ts";

/** Why libolm, or a check in front of it, refused something that came from outside. Never carries a value. */
export type OlmFailure =
  | "bad-message-mac"
  | "bad-message-key-id"
  | "bad-message-format"
  | "bad-message-version"
  | "unknown-message-index"
  | "bad-signature"
  | "invalid-base64"
  | "bad-session-key"
  | "low-order-key"
  | "bad-account-key"
  | "not-enough-random"
  | "other";

const FAILURES: ReadonlyMap<string, OlmFailure> = new Map([
  ["BAD_MESSAGE_MAC", "bad-message-mac"],
  ["BAD_MESSAGE_KEY_ID", "bad-message-key-id"],
  ["BAD_MESSAGE_FORMAT", "bad-message-format"],
  ["BAD_MESSAGE_VERSION", "bad-message-version"],
  ["UNKNOWN_MESSAGE_INDEX", "unknown-message-index"],
  ["BAD_SIGNATURE", "bad-signature"],
  ["INVALID_BASE64", "invalid-base64"],
  ["BAD_SESSION_KEY", "bad-session-key"],
  ["BAD_ACCOUNT_KEY", "bad-account-key"],
  ["NOT_ENOUGH_RANDOM", "not-enough-random"],
]);

/** Runs a libolm call that outside input can make fail. What is not an error of libolm is a bug and passes through. */
export function olmResult<T>(call: () => T): Result<T, OlmFailure> {
  try {
    return ok(call());
  } catch (error) {
    return err(olmFailureOf(error));
  }
}

/** What `make` builds around a fresh object of libolm, which is freed where that fails. */
export function olmObject<Raw extends { free(): void }, T>(raw: Raw, make: (raw: Raw) => T): Result<T, OlmFailure> {
  const result = olmResult(() => make(raw));
  if (!result.ok) raw.free();
  return result;
}

/** Classifies an error of libolm; rethrows anything else. */
function olmFailureOf(error: unknown): OlmFailure {
  if (!(error instanceof Error) || !error.message.startsWith("OLM.")) throw error;
  return FAILURES.get(error.message.slice(4)) ?? "other";
}
