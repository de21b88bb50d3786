import { z } from "zod";
import { CodedError, errorCodeSchema } from "../../../protocol/errors.ts";
import { bodySchema, eventIdSchema, roomIdSchema } from "../../../protocol/messages/text.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import type { HeadlessApp } from "../headless-app.ts";
import { messageView, type MessageView } from "../message-view.ts";
import { waitFor } from "../wait-for.ts";
import { method, type Methods } from "./method.ts";

const roomSchema = z.strictObject({ roomId: roomIdSchema });

/** The relations that a client makes, in the form that they have in an event. */
const relatesToSchema = z.union([
  z.object({ "m.in_reply_to": z.object({ event_id: eventIdSchema }) }),
  z.object({ rel_type: z.literal("m.replace"), event_id: eventIdSchema }),
]);

/** How long an event whose key is on its way is waited for, within the caller's own limit. */
const KEY_GRACE_MS = 3000;
const MAX_PAGES_BACK = 20;

export const messageMethods: Methods = {
  send: method(
    z.strictObject({ roomId: roomIdSchema, body: bodySchema.min(1), relatesTo: relatesToSchema.optional() }),
    async (app, { roomId, body, relatesTo }) => {
      app.requireReady();
      // Asked for at once, so that several sends keep their order; the timeline may open meanwhile.
      const asked =
        relatesTo !== undefined && "rel_type" in relatesTo
          ? app.ask("edit", { roomId, eventId: relatesTo.event_id, markdown: body })
          : app.ask("send", {
              roomId,
              msgtype: "text",
              markdown: body,
              relation: relatesTo === undefined ? {} : { replyTo: relatesTo["m.in_reply_to"].event_id },
              mentions: [],
            });
      const { itemId } = await asked;
      if (relatesTo !== undefined && "rel_type" in relatesTo) return { eventId: await waitUntilEdited(app, roomId, itemId) };
      await app.timelines.open(roomId);
      return { eventId: await waitUntilSent(app, roomId, itemId) };
    },
  ),

  waitForMessage: method(
    z
      .strictObject({
        roomId: roomIdSchema,
        body: z.string().optional(),
        eventId: eventIdSchema.optional(),
        timeoutMs: z.int().min(0).max(3_600_000),
      })
      .refine(({ body, eventId }) => body !== undefined || eventId !== undefined),
    async (app, { roomId, body, eventId, timeoutMs }) => {
      app.requireReady();
      const deadline = Date.now() + timeoutMs;
      await openWhenKnown(app, roomId, deadline);
      const matches = (item: TimelineItem): boolean =>
        eventId === undefined ? messageView(item)?.body === body : item.eventId === eventId;
      const look = (): MessageView | undefined => {
        const item = app.timelines.items(roomId).findLast(matches);
        return item === undefined ? undefined : messageView(item);
      };
      void lookBack(app, roomId, look, deadline);
      const found = await waitFor(look, (changed) => app.timelines.watch(changed), deadline);
      if (found === undefined) throw new CodedError("timeout");
      if (!isOnItsWay(app, roomId, found)) return found;
      const readable = (): MessageView | undefined => {
        const now = look();
        return now !== undefined && !isOnItsWay(app, roomId, now) ? now : undefined;
      };
      const later = await waitFor(readable, (changed) => app.timelines.watch(changed), Math.min(deadline, Date.now() + KEY_GRACE_MS));
      return later ?? look() ?? found;
    },
  ),

  timeline: method(
    z.strictObject({ roomId: roomIdSchema, limit: z.int().min(1).max(10_000), before: eventIdSchema.optional() }),
    async (app, { roomId, limit, before }) => {
      app.requireReady();
      await app.timelines.open(roomId);
      for (;;) {
        const views = app.timelines.items(roomId).flatMap((item) => messageView(item) ?? []);
        const end = before === undefined ? views.length : views.findIndex(({ eventId }) => eventId === before);
        const older = end < 0 || end < limit ? await app.timelines.loadOlder(roomId) : false;
        if (older) continue;
        if (end < 0) throw new CodedError("not-found");
        return { events: views.slice(Math.max(0, end - limit), end) };
      }
    },
  ),

  /** Opens a room's timeline, so that its messages are announced as `message` notifications. */
  watch: method(roomSchema, async (app, { roomId }) => {
    app.requireReady();
    await openWhenKnown(app, roomId, Date.now() + 60_000);
    return {};
  }),
};

/** Until the server has accepted an item; answers its event id. Throws why it was refused. */
export async function waitUntilSent(app: HeadlessApp, roomId: string, itemId: string): Promise<string> {
  const look = (): TimelineItem | undefined => {
    const item = app.timelines.find(roomId, itemId);
    return item !== undefined && (item.eventId !== null || item.send?.state === "failed") ? item : undefined;
  };
  const item = await waitFor(look, (changed) => app.timelines.watch(changed), Number.POSITIVE_INFINITY);
  if (item === undefined) throw new CodedError("timeout");
  if (item.eventId !== null) return item.eventId;
  const code = errorCodeSchema.safeParse(item.send?.error);
  throw new CodedError(code.success ? code.data : "server-error");
}

/** An edit has no item of its own in the timeline: what became of it is asked for. */
async function waitUntilEdited(app: HeadlessApp, roomId: string, itemId: string): Promise<string> {
  for (;;) {
    const { state, eventId, error } = await app.ask("outcome", { roomId, itemId });
    if (eventId !== null) return eventId;
    if (state === "unknown") throw new CodedError("not-found");
    const code = errorCodeSchema.safeParse(error);
    if (state === "failed") throw new CodedError(code.success ? code.data : "server-error");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A room may be named before the sync that brings it has arrived. */
async function openWhenKnown(app: HeadlessApp, roomId: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      return await app.timelines.open(roomId);
    } catch (error) {
      if (!(error instanceof CodedError) || (error.code !== "not-found" && error.code !== "worker-gone")) throw error;
      if (Date.now() >= deadline) throw new CodedError("timeout");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** What is looked for may lie further back than what an opened timeline holds. */
async function lookBack(app: HeadlessApp, roomId: string, look: () => unknown, deadline: number): Promise<void> {
  try {
    for (let page = 0; page < MAX_PAGES_BACK && look() === undefined && Date.now() < deadline; page++) {
      if (!(await app.timelines.loadOlder(roomId))) return;
    }
  } catch (error) {
    // Offline, perhaps: then the wait goes on for what comes.
    if (!(error instanceof CodedError)) throw error;
  }
}

function isOnItsWay(app: HeadlessApp, roomId: string, view: MessageView): boolean {
  const item = app.timelines.items(roomId).find(({ eventId }) => eventId === view.eventId);
  return item?.content.kind === "undecryptable" && item.content.utd.cause === "waiting";
}
