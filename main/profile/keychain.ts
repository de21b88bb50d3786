/** The operating system's keychain. Absent where there is none that deserves the name. */
export interface Keychain {
  /** Seals 32 bytes; answers text for the profile. Throws where the keychain fails. */
  seal(key: Uint8Array): string;
  /** Undefined where it cannot be opened now: locked, another backend, another user. Never a reason to make a new key. */
  open(sealed: string): Uint8Array | undefined;
}
