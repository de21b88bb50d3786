import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { CodedError } from "../../protocol/errors.ts";
import type { BodySink } from "../matrix/transport.ts";
import type { Offer } from "./release.ts";

/** The folder where packages arrive. A file has its final name only after its hash was found right. */
export class PackageFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  pathOf({ file }: Offer): string {
    return join(this.#folder, file);
  }

  /** Whether the whole package is here, unchanged. */
  async has(offer: Offer): Promise<boolean> {
    const hash = createHash("sha512");
    try {
      for await (const chunk of createReadStream(this.pathOf(offer))) hash.update(chunk);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw new CodedError("update-not-saved");
    }
    return hash.digest("base64") === offer.sha512;
  }

  /** Removes everything but this package: others are older, or were given up half-way. */
  async clear(except: Offer | undefined): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const others = (await readdir(this.#folder)).filter((name) => name !== except?.file);
      await Promise.all(others.map((name) => rm(join(this.#folder, name), { recursive: true, force: true })));
    } catch {
      throw new CodedError("update-not-saved");
    }
  }

  /** Removes all of it, such as the package that is running by now. What cannot be removed yet is removed another time. */
  async discard(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true }).catch(() => undefined);
  }

  /** Takes a package as it comes. Throws `update-untrusted` where it is another file than the one that was signed, `update-not-saved` where it finds no room. */
  sink(offer: Offer, received: (bytes: number) => void): BodySink {
    return {
      write: async (body) => {
        const partial = `${this.pathOf(offer)}.part`;
        const handle = await open(partial, "w", 0o600).catch(notSaved);
        const hash = createHash("sha512");
        try {
          let size = 0;
          for await (const chunk of body) {
            hash.update(chunk);
            await handle.appendFile(chunk).catch(notSaved);
            size += chunk.byteLength;
            received(size);
          }
          await handle.sync().catch(notSaved);
        } finally {
          await handle.close();
        }
        // SECURITY: nothing that is not the signed file gets the name under which it could be installed.
        if (hash.digest("base64") !== offer.sha512) {
          await rm(partial, { force: true });
          throw new CodedError("update-untrusted");
        }
        await rename(partial, this.pathOf(offer)).catch(notSaved);
      },
    };
  }
}

function notSaved(): never {
  throw new CodedError("update-not-saved");
}
