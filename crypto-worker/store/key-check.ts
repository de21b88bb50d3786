import { createHmac, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/**
 * A keyed fingerprint of the store key beside the store. SQLCipher reports a wrong key and a damaged first page alike; with this file the two can be told
 * apart, and a person is not asked for another key when the disk is at fault. It reveals nothing about a random 32-byte key.
 */
const pathOf = (storePath: string): string => `${storePath}.key-check`;

export const hasKeyCheck = (storePath: string): boolean => existsSync(pathOf(storePath));

export function keyMatches(storePath: string, key: Uint8Array): boolean {
  const expected = readFileSync(pathOf(storePath));
  const actual = fingerprint(key);
  return expected.byteLength === actual.byteLength && timingSafeEqual(expected, actual);
}

export function writeKeyCheck(storePath: string, key: Uint8Array): void {
  writeFileSync(pathOf(storePath), fingerprint(key), { mode: 0o600, flush: true });
}

const fingerprint = (key: Uint8Array): Buffer => createHmac("sha256", key).update("bulkhead store key check v1").digest();
