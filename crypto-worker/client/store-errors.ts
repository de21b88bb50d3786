import { CodedError, type ErrorCode } from "../../protocol/errors.ts";
import { StoreError, type StoreErrorCode } from "../store/types.ts";

const CODES: Readonly<Record<StoreErrorCode, ErrorCode>> = {
  "wrong-key": "store-wrong-key",
  corrupt: "store-corrupt",
  "from-the-future": "store-from-the-future",
  "other-account": "store-other-account",
  "in-use": "store-in-use",
  "read-only": "store-read-only",
  "disk-full": "store-disk-full",
  missing: "store-missing",
  "already-exists": "conflict",
  "runtime-too-old": "runtime-too-old",
  "program-damaged": "program-damaged",
  failed: "store-failed",
};

/** What went wrong with the store, as a port may be told; any other error is passed through. */
export function codedStoreError(error: unknown): unknown {
  return error instanceof StoreError ? new CodedError(CODES[error.code]) : error;
}
