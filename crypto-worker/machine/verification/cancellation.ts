/** Why a verification ends early (E2EE §m.key.verification.cancel, and SAS, QR). */
export type CancelCode =
  | "m.user"
  | "m.timeout"
  | "m.unknown_transaction"
  | "m.unknown_method"
  | "m.unexpected_message"
  | "m.key_mismatch"
  | "m.user_mismatch"
  | "m.invalid_message"
  | "m.accepted"
  | "m.mismatched_commitment"
  | "m.mismatched_sas";

/** `code` is a `CancelCode`, or whatever short text the other side sent. */
export type Cancellation = { readonly code: string; readonly byUs: boolean };

const REASONS: Readonly<Record<CancelCode, string>> = {
  "m.user": "The user cancelled the verification.",
  "m.timeout": "The verification timed out.",
  "m.unknown_transaction": "The verification is not known here.",
  "m.unknown_method": "The devices have no common method.",
  "m.unexpected_message": "A message came out of order.",
  "m.key_mismatch": "A key is not the expected one.",
  "m.user_mismatch": "The user is not the expected one.",
  "m.invalid_message": "A message is malformed.",
  "m.accepted": "The verification was accepted on another device.",
  "m.mismatched_commitment": "The hash commitment does not match.",
  "m.mismatched_sas": "The short authentication strings do not match.",
};

const CODES: ReadonlySet<string> = new Set(Object.keys(REASONS));

/** For the peer's users, in English; the code is what clients act on. */
export function reasonOf(code: CancelCode): string {
  return REASONS[code];
}

export function isCancelCode(value: string): value is CancelCode {
  return CODES.has(value);
}
