import type { ErrorCode } from "../../protocol/errors.ts";
import { err, type Result } from "../../protocol/result.ts";
import { errorCodeOfFailure } from "../matrix/json-exchange.ts";
import { decodeText } from "../matrix/matrix-error.ts";
import type { Transport } from "../matrix/transport.ts";
import { isSignedBy, MAX_SIGNATURE_BYTES } from "./feed-signature.ts";
import { type Announcement, decideOffer, type Installed } from "./release.ts";
import type { UpdateFeed } from "./update-feed.ts";

const MAX_RELEASE_BYTES = 65_536;
const TIMEOUT_MS = 30_000;

/** Asks the feed for its channel's file and its signature. Says nothing about this computer but what every request does. */
export async function fetchOffer(
  transport: Transport,
  feed: UpdateFeed,
  installed: Installed,
  newestSeen: number,
  now: () => number,
  signal: AbortSignal,
): Promise<Result<Announcement, ErrorCode>> {
  const name = `${feed.channel}.json`;
  const release = await fetchSmall(transport, feedFile(feed, name), MAX_RELEASE_BYTES, signal);
  if (!release.ok) return release;
  const signatures = await fetchSmall(transport, feedFile(feed, `${name}.sig`), MAX_SIGNATURE_BYTES, signal);
  if (!signatures.ok) return signatures;
  if (!isSignedBy(feed.keys, release.value, decodeText(signatures.value))) return err("update-untrusted");
  return decideOffer(release.value, installed, newestSeen, now());
}

/** The address of a file of the feed. */
export function feedFile({ url }: UpdateFeed, name: string): string {
  return `${url.replace(/\/+$/, "")}/${name}`;
}

async function fetchSmall(
  transport: Transport,
  url: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Result<Uint8Array, ErrorCode>> {
  const answer = await transport.send({ method: "GET", url, headers: {}, timeoutMs: TIMEOUT_MS, maxBytes, signal });
  // More than it can be is not what we have signed.
  if (!answer.ok) return err(answer.error === "too-large" ? "update-untrusted" : errorCodeOfFailure(answer.error));
  return answer.value.status === 200 ? { ok: true, value: answer.value.body } : err("server-error");
}
