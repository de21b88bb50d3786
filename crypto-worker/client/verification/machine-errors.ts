import { CodedError, type ErrorCode } from "../../../protocol/errors.ts";
import { MachineError, type MachineErrorCode } from "../../machine/machine-error.ts";

/** Runs a call of the machine's that a person asked for; what its state does not allow becomes the error of their call. */
export function askMachine<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof MachineError) throw new CodedError(codeOf(error.code));
    throw error;
  }
}

function codeOf(code: MachineErrorCode): ErrorCode {
  switch (code) {
    case "unknown-verification":
    case "wrong-verification-state":
      return "verification-gone";
    case "invalid-qr-code":
      return "qr-code-invalid";
    case "identity-not-verified":
    case "missing-cross-signing-key":
      return "identity-missing";
    case "unknown-identity":
    case "unknown-device":
      return "not-found";
    default:
      return "invalid-request";
  }
}
