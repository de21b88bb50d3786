import type { RoomId } from "../../../protocol/ids.ts";
import { arrayField, stringField } from "../../wire/json.ts";
import { parseRoomEvent, type RoomEvent } from "../../wire/room-event.ts";
import type { ClientContext } from "../context.ts";
import { roomPath } from "../http.ts";
import { parseMember } from "../rooms/state.ts";
import { Ingest } from "./ingest.ts";

/**
 * Asks for the history just before a gap and moves the gap back by what came. It closes where the answer meets an event that is in the
 * timeline already, or where the server has no more. `onRead` gets each new event as it reads once decrypted, the newest first.
 */
export async function fillGap(
  context: ClientContext,
  roomId: RoomId,
  position: number,
  limit: number,
  onRead: (event: RoomEvent) => void = () => undefined,
): Promise<void> {
  const gap = context.store.gaps.before(roomId, position);
  if (gap === undefined || gap.position !== position) return;
  const query = new URLSearchParams({
    dir: "b",
    from: gap.token,
    limit: String(Math.min(limit, 100)),
    filter: JSON.stringify({ lazy_load_members: true }),
  });
  const answer = await context.http.jsonOrThrow({ kind: "room", method: "GET", path: roomPath(roomId, `messages?${query.toString()}`) });
  const chunk = arrayField(answer, "chunk") ?? [];
  const end = stringField(answer, "end");
  context.commit((changes) => {
    const { store } = context;
    // A sync or another page may have changed the gap while we waited: then this answer is about something else.
    const now = store.gaps.before(roomId, position);
    if (now?.position !== position || now.token !== gap.token) return;
    for (const raw of arrayField(answer, "state") ?? []) {
      const event = parseRoomEvent(raw);
      if (!event.ok || event.value.type !== "m.room.member" || event.value.stateKey === undefined) continue;
      const member = parseMember(event.value.stateKey, event.value.sender, event.value.content);
      if (member !== undefined) store.members.saveHistoric(roomId, member);
    }
    context.machine.decryptAhead(chunk.map((event) => ({ event, roomId })));
    const ingest = new Ingest(context, changes, roomId, onRead);
    let next = position - 1;
    let met = false;
    for (const raw of chunk) {
      const outcome = ingest.add(raw, next, false);
      if (outcome === "new") next -= 1;
      met = outcome === "known" && isOlder(context, roomId, raw, position);
      // What comes after the meeting is older than what we have there: it belongs to the next gap, which has a token of its own.
      if (met) break;
    }
    store.gaps.close(roomId, position);
    if (!met && end !== undefined && end !== gap.token) store.gaps.open(roomId, { position: next + 1, token: end });
  });
}

/** Some servers repeat the event at the token: that one lies on our side of the gap and proves nothing. */
function isOlder(context: ClientContext, roomId: RoomId, raw: unknown, position: number): boolean {
  const event = parseRoomEvent(raw);
  const known = event.ok ? context.store.events.load(roomId, event.value.eventId)?.position : undefined;
  return known !== undefined && known < position;
}
