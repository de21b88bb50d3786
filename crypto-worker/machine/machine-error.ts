import type { RoomKeyFileFailure } from "./megolm/room-key-file.ts";

/** What a caller asked of the machine that its state does not allow. */
export type MachineErrorCode =
  | "invalid-user-id"
  | "invalid-device-id"
  | "invalid-room-id"
  | "unknown-device"
  | "unknown-identity"
  | "not-our-device"
  | "no-olm-session"
  | "missing-cross-signing-key"
  | "identity-exists"
  | "identity-not-verified"
  | "unknown-verification"
  | "wrong-verification-state"
  | "invalid-qr-code"
  | "invalid-mxc-uri"
  | "invalid-recovery-key"
  | "invalid-backup-key"
  | "wrong-backup-key"
  | "no-backup-key"
  | "unsupported-backup";

export class MachineError extends Error {
  readonly code: MachineErrorCode;

  constructor(code: MachineErrorCode) {
    super(`machine: ${code}`);
    this.name = "MachineError";
    this.code = code;
  }
}

/** A room key file that cannot be read or written. */
export class RoomKeyFileError extends Error {
  readonly code: RoomKeyFileFailure;

  constructor(code: RoomKeyFileFailure) {
    super(`room key file: ${code}`);
    this.name = "RoomKeyFileError";
    this.code = code;
  }
}
