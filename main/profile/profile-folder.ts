import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ok, type Result } from "../../protocol/result.ts";
import { readTextFile, removeFile, writeFileAtomically } from "./atomic-file.ts";
import { encodeProfile, parseProfile, type Profile } from "./profile.ts";

const PROFILE = "profile.json";
/** Files on their way to or from the server, which belong to the account as well. */
const MEDIA = "media";
const MAX_PROFILE_BYTES = 65_536;
/** Files of the account beside the profile: the store, and what is kept next to it (`-wal`, `.key-check`, one that was being made: `.new`). */
const STORE_FILE = /^[a-z0-9-]{1,64}\.db(?:[.-][a-z-]{1,16}){0,2}$/;

/** The folder of one account. */
export class ProfileFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  /** Undefined where nobody is signed in. A file that is there but cannot be understood is an error, never an empty profile. */
  read(): Result<Profile | undefined, "unreadable"> {
    const text = readTextFile(this.file(PROFILE), MAX_PROFILE_BYTES);
    if (!text.ok) return text;
    return text.value === undefined ? ok(undefined) : parseProfile(text.value);
  }

  write(profile: Profile): void {
    writeFileAtomically(this.file(PROFILE), encodeProfile(profile));
  }

  /** After the worker has deleted the store. The order matters: a profile without a store says "missing", a store without a profile is a leak. */
  delete(): void {
    for (const name of this.#accountFiles()) rmSync(this.file(name), { force: true });
    rmSync(this.mediaPath, { recursive: true, force: true });
    removeFile(this.file(PROFILE));
  }

  /** Moves everything of the account into a dated folder; answers its path. Nothing is deleted. */
  setAside(now: Date): string {
    const stamp = now.toISOString().replaceAll(":", "-").replace(/\..*$/, "");
    let folder = join(this.path, "set-aside", stamp);
    for (let n = 2; existsSync(folder); n++) folder = join(this.path, "set-aside", `${stamp}-${n}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // The profile goes first: with it gone the app is signed out, whatever else happens.
    for (const name of [PROFILE, ...this.#accountFiles(), MEDIA]) {
      if (existsSync(this.file(name))) renameSync(this.file(name), join(folder, name));
    }
    return folder;
  }

  /** The folder for what is on its way; it need not exist. */
  get mediaPath(): string {
    return this.file(MEDIA);
  }

  hasStore(profile: Profile): boolean {
    return existsSync(this.file(profile.store));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  #accountFiles(): string[] {
    return readdirSync(this.path).filter((name) => STORE_FILE.test(name));
  }
}
