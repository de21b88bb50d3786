import { z } from "zod";

/**
 * Every reason for which a call over a port can fail. Closed on purpose: a free-form message could carry a value from the input.
 * Each interface maps a code to a sentence that says what happened, what was not lost and what to do next.
 */
export const errorCodeSchema = z.enum([
  // The caller's fault.
  "invalid-request",
  "unknown-method",
  "too-large",
  "too-many-requests-in-flight",
  "not-found",
  "conflict",
  "unsupported",
  "cancelled",
  // The state of the app.
  "not-signed-in",
  "already-signed-in",
  "locked",
  "wrong-passphrase",
  "weak-passphrase",
  "store-wrong-key",
  "store-corrupt",
  "store-from-the-future",
  "store-other-account",
  "store-in-use",
  "store-read-only",
  "store-disk-full",
  "store-missing",
  "store-failed",
  "keychain-unavailable",
  "runtime-too-old",
  /** A part of the program is not the one that was installed. */
  "program-damaged",
  "protocol-mismatch",
  "worker-gone",
  // The network and the server.
  "offline",
  "timeout",
  "rate-limited",
  "server-error",
  "server-garbage",
  "not-a-homeserver",
  "forbidden",
  "wrong-credentials",
  "user-in-use",
  "token-expired",
  "user-deactivated",
  "interactive-auth-required",
  // Encryption.
  "room-encryption-unsupported",
  "members-unknown",
  "encryption-failed",
  /** Someone who was verified has another identity now, and nobody has decided about it. */
  "verified-identity-changed",
  /** Someone who is verified has a device that their identity does not vouch for. */
  "verified-user-unsigned-device",
  /** There is a cross-signing identity already, and its private keys are elsewhere. */
  "identity-exists",
  "identity-missing",
  /** The flow is over, or waits for something else. */
  "verification-gone",
  "qr-code-invalid",
  "wrong-recovery-key",
  "recovery-disabled",
  /** What is in secret storage is not what the account publishes. */
  "secrets-mismatch",
  "backup-missing",
  "backup-untrusted",
  "key-file-malformed",
  /** Not the file that the message was written for, or what the message says of it makes no sense. */
  "attachment-damaged",
  // Updates.
  /** Not signed by us, or not the file that was signed. */
  "update-untrusted",
  /** Signed by us, but no longer valid, or older than what runs. */
  "update-outdated",
  "update-not-saved",
  "update-not-installed",
  // A bug of ours.
  "internal",
]);

export type ErrorCode = z.infer<typeof errorCodeSchema>;

/** What crosses a port when a call fails. `retryAfterMs` accompanies `rate-limited`. */
export const rpcErrorSchema = z.strictObject({ code: errorCodeSchema, retryAfterMs: z.int().min(0).optional() });
export type RpcError = z.infer<typeof rpcErrorSchema>;

/** Thrown by handlers of a port to answer with a code; anything else that a handler throws is answered as `internal`. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, retryAfterMs?: number) {
    super(code);
    this.name = "CodedError";
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
