/**
 * libolm encrypts every pickle and has no way around it. At rest the SQLCipher file protects the store, so that one fixed 32-byte key
 * for each store is enough. libolm wipes a key array that it is given: pass it a copy, always through this function.
 */
export function pickleKeyCopy(pickleKey: Uint8Array): Uint8Array {
  return Uint8Array.from(pickleKey);
}
