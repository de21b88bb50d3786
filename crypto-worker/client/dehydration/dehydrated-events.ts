import { CodedError } from "../../../protocol/errors.ts";
import type { RehydratedDevice } from "../../machine/dehydration/rehydrated-device.ts";
import { DEHYDRATED_DEVICE_PATH } from "../../machine/requests/outgoing-request.ts";
import { parseDehydratedEvents } from "../../wire/dehydrated-device.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { segment } from "../http.ts";
import { breathe } from "../jobs.ts";
import { rereadSession } from "../timeline/reread.ts";

/** A server that has more than that for one device within a week has something else in mind. */
const MAX_EVENTS = 100_000;
/** Some tenth of a second; everything else has its turn in between. */
const CHUNK = 100;

/**
 * Reads everything that the server has for a rehydrated device, page by page. A page is committed before the next one is asked for, as servers of the
 * earlier draft may forget it then. False where the program ended first: all that is still there can be read again.
 * @throws CodedError
 */
export async function collectEvents(context: ClientContext, device: RehydratedDevice, onRead: (total: number) => void): Promise<boolean> {
  let from: string | undefined;
  for (let read = 0; read < MAX_EVENTS;) {
    const page = parseDehydratedEvents(await fetchPage(context, device.deviceId, from));
    if (!page.ok) throw new CodedError("server-garbage");
    const { events, nextBatch } = page.value;
    for (let at = 0; at < events.length; at += CHUNK) {
      if (context.isClosed()) return false;
      take(context, device, events.slice(at, at + CHUNK));
      read = Math.min(MAX_EVENTS, read + CHUNK, read + events.length - at);
      onRead(read);
      await breathe();
    }
    if (context.isClosed()) return false;
    if (events.length === 0 || nextBatch === undefined || nextBatch === from) return true;
    from = nextBatch;
  }
  context.log.warn("request.failed", { kind: "dehydrated_device", code: "too-large" });
  return true;
}

async function fetchPage({ http }: ClientContext, deviceId: string, from: string | undefined): Promise<JsonObject> {
  const path = `${DEHYDRATED_DEVICE_PATH}/${segment(deviceId)}/events`;
  const query = from === undefined ? "" : `?from=${segment(from)}`;
  const answer = await http.json({ kind: "dehydrated_device", method: "GET", path: `${path}${query}` });
  if (answer.ok) return answer.value;
  if (answer.error.errcode !== "M_UNRECOGNIZED") throw new CodedError(answer.error.code);
  // A server that has the draft from before July 2026.
  const body = from === undefined ? {} : { next_batch: from };
  return http.jsonOrThrow({ kind: "dehydrated_device", method: "POST", path, body, retry: "safe" });
}

function take(context: ClientContext, device: RehydratedDevice, events: readonly unknown[]): void {
  context.commit((changes) => {
    for (const { roomId, sessionId } of device.receiveEvents(events)) rereadSession(context, changes, roomId, sessionId, false);
  });
}
