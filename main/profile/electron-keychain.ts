import { safeStorage } from "electron";
import type { Keychain } from "./keychain.ts";

/** `safeStorage`, where it stands on a real keychain. Call after `ready`. */
export function findKeychain(): Keychain | undefined {
  if (!safeStorage.isEncryptionAvailable()) return undefined;
  // `basic_text` encrypts with a password from Chromium's source, `unknown` promises nothing.
  if (process.platform === "linux" && ["basic_text", "unknown"].includes(safeStorage.getSelectedStorageBackend())) return undefined;
  return {
    seal(key) {
      return safeStorage.encryptString(Buffer.from(key).toString("base64")).toString("base64");
    },
    open(sealed) {
      try {
        const key = Buffer.from(safeStorage.decryptString(Buffer.from(sealed, "base64")), "base64");
        return key.byteLength === 32 ? new Uint8Array(key) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
