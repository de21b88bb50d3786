import { CodedError } from "../../../protocol/errors.ts";
import type { RehydratedDevice } from "../../machine/dehydration/rehydrated-device.ts";
import { DEHYDRATED_DEVICE_PATH } from "../../machine/requests/outgoing-request.ts";
import { parseDehydratedEvents } from "../../wire/dehydrated-device.ts";
import type { ClientContext } from "../context.ts";
import { segment } from "../http.ts";
import { breathe } from "../jobs.ts";
import { rereadSession } from "../timeline/reread.ts";

/** A server that has more than that for one device within a week has something else in mind. */
const MAX_EVENTS = 100_000;
/** Some tenth of a second; everything else has its turn in between. */
const CHUNK = 100;

/**
 * Reads everything that the server has for a rehydrated device, page by page. A page is committed before the next one is asked for, as that is when the
 * server may forget it. False where the program ended first: all of it can be read again.
 * @throws CodedError
 */
export async function collectEvents(context: ClientContext, device: RehydratedDevice, onRead: (total: number) => void): Promise<boolean> {
  let from: string | undefined;
  for (let read = 0; read < MAX_EVENTS;) {
    const body = await context.http.jsonOrThrow({
      kind: "dehydrated_device",
      method: "POST",
      path: `${DEHYDRATED_DEVICE_PATH}/${segment(device.deviceId)}/events`,
      body: from === undefined ? {} : { next_batch: from },
      retry: "safe",
    });
    const page = parseDehydratedEvents(body);
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

function take(context: ClientContext, device: RehydratedDevice, events: readonly unknown[]): void {
  context.commit((changes) => {
    for (const { roomId, sessionId } of device.receiveEvents(events)) rereadSession(context, changes, roomId, sessionId, false);
  });
}
