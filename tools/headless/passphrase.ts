import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { readTextFile, writeFileAtomically } from "../../main/profile/atomic-file.ts";

/**
 * The passphrase that wraps a headless profile's store key: made once, kept in the profile, readable by its owner only. No person is there to type
 * one and servers have no keychain, so the profile is as safe as its folder; the real passphrase path is used all the same.
 */
export function profilePassphrase(profileDir: string): string {
  const path = join(profileDir, "passphrase");
  const stored = readTextFile(path, 1024);
  if (!stored.ok) throw new Error("the profile's passphrase file cannot be read");
  if (stored.value !== undefined) return stored.value.trim();
  const made = randomBytes(32).toString("base64url");
  writeFileAtomically(path, `${made}\n`);
  return made;
}
