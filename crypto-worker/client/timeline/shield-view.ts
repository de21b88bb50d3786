import type { UserId } from "../../../protocol/ids.ts";
import { shieldSchema, type Shield, type TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import type { ClientContext } from "../context.ts";
import type { NameDirectory } from "../rooms/names.ts";
import { parseShownUserId } from "../shown-ids.ts";

/** The mark of an event as it is stored, `color code`. */
export function parseShield(text: string | undefined): Shield | null {
  if (text === undefined) return null;
  const [color, code] = text.split(" ");
  const shield = shieldSchema.safeParse({ color, code });
  return shield.success ? shield.data : null;
}

/** Who else gave us the key that reads an event. Another device of ours counts as ourselves. */
export function keySharer({ userId }: ClientContext, names: NameDirectory, forwarder: UserId | undefined): TimelineItem["keySharedBy"] {
  if (forwarder === undefined || forwarder === userId || parseShownUserId(forwarder) === undefined) return null;
  return { userId: forwarder, displayName: names.name(forwarder) };
}
