import { z } from "zod";
import { parseBaseUrl } from "../matrix/homeserver-url.ts";
import { readTextFile } from "../profile/atomic-file.ts";

/** What the packager builds in: where newer versions are announced, and whose signature counts. */
const updateFeedSchema = z.strictObject({
  /** The program that may be announced there; a feed for another one says nothing to this. */
  appId: z.string().min(1).max(255),
  /** The folder of the feed, https only but for loopback; no redirect from it is followed. */
  url: z.string().refine((url) => parseBaseUrl(url).ok),
  channel: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  /** Raw Ed25519 public keys in base64. Any of them is enough, so that a new one can be built in before the old one goes. */
  keys: z
    .array(z.string().regex(/^[A-Za-z0-9+/]{43}=$/))
    .min(1)
    .max(4),
  /** The common name in the certificate that signs the installers for Windows; null where none are made. */
  windowsPublisher: z.string().min(1).max(256).nullable(),
});
export type UpdateFeed = z.infer<typeof updateFeedSchema>;

/** Where in the build it lies. */
export const UPDATE_FEED_FILE = "update-feed.json";

/** Undefined where no feed was built in: then nothing is ever asked for. */
export function readUpdateFeed(path: string): UpdateFeed | undefined {
  const text = readTextFile(path, 8192);
  return text.ok && text.value !== undefined ? parseUpdateFeed(text.value) : undefined;
}

/** Undefined for what is no feed. */
export function parseUpdateFeed(text: string): UpdateFeed | undefined {
  try {
    const parsed = updateFeedSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
