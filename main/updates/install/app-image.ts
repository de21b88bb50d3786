import { constants } from "node:fs";
import { chmod, copyFile, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CodedError } from "../../../protocol/errors.ts";
import type { Installer } from "./installer.ts";

/** The AppImage is one file: the new one takes its place in one step, under the same name, and is started as this process ends. */
export function appImageInstaller(appImage: string, restart: (program: string) => void): Installer {
  return {
    async prepare(file) {
      // In the same folder, since a rename does not go from one file system to another.
      const arriving = join(dirname(appImage), `.${basename(appImage)}.new`);
      try {
        await copyFile(file, arriving, constants.COPYFILE_FICLONE);
        await chmod(arriving, 0o755);
        await using handle = await open(arriving, "r");
        await handle.sync();
        await rename(arriving, appImage);
      } catch {
        await rm(arriving, { force: true }).catch(() => undefined);
        throw new CodedError("update-not-installed");
      }
      return () => restart(appImage);
    },
  };
}
