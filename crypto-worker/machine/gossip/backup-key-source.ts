/** Where the private key of the key backup is kept. */
export interface BackupKeySource {
  /** SECURITY: 32 private bytes, the caller's to wipe; undefined where this device has none. */
  load(): Uint8Array | undefined;
}
