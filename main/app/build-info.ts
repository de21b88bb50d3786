import { z } from "zod";
import { readTextFile } from "../profile/atomic-file.ts";

const buildInfoSchema = z.strictObject({
  /** The commit that the program was made from. */
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  /** When that commit was made, not when it was built: the same commit gives the same file. */
  committedAt: z.iso.datetime({ offset: true }),
});
export type BuildInfo = z.infer<typeof buildInfoSchema>;

/** What the packager wrote beside the bundles; undefined where the program runs from a working copy. */
export function readBuildInfo(path: string): BuildInfo | undefined {
  const text = readTextFile(path, 4096);
  return text.ok && text.value !== undefined ? parseBuildInfo(text.value) : undefined;
}

function parseBuildInfo(text: string): BuildInfo | undefined {
  try {
    const parsed = buildInfoSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
