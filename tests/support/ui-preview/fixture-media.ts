import type { TimelineContent, TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { item } from "./fixture-timeline.ts";
import { ADA, NOW } from "./fixture.ts";

type Media = Extract<TimelineContent, { kind: "media" }>;

const media = (name: string, more: Partial<Media>): Media => ({
  kind: "media",
  msgtype: "image",
  body: more.caption ?? name,
  name,
  caption: null,
  html: null,
  size: 2_310_000,
  mimetype: "image/jpeg",
  width: null,
  height: null,
  durationMs: null,
  hasThumbnail: true,
  available: true,
  edited: false,
  replyTo: null,
  ...more,
});

/** Files in every state that they can be in. */
export function mediaItems(): TimelineItem[] {
  const t = NOW - 20 * 60_000;
  return [
    item(801, ADA, t, media("breakwater.jpg", { width: 3000, height: 2000, caption: "The breakwater at seven, before the rain" }), {
      eventId: "$picture1",
    }),
    item(802, ADA, t + 10_000, media("crane.jpg", { width: 1200, height: 2400 }), { eventId: "$picture2" }),
    item(803, ADA, t + 60_000, media("pump running.mp4", { msgtype: "video", width: 1920, height: 1080, mimetype: "video/mp4" }), {
      eventId: "$picture3",
    }),
    item(804, ADA, t + 70_000, media("foghorn.ogg", { msgtype: "audio", size: 812_000, mimetype: "audio/ogg", hasThumbnail: false }), {
      eventId: "$audio1",
    }),
    item(805, ADA, t + 80_000, media("plan.pdf", { msgtype: "file", size: null, mimetype: null, hasThumbnail: false, available: false }), {
      eventId: "$file1",
    }),
    item(806, "me", t + 120_000, media("quay wall.png", { width: 1600, height: 1200, size: 8_400_000 }), {
      id: "~upload",
      eventId: null,
      send: { state: "sending", error: null },
    }),
    item(
      807,
      "me",
      t + 130_000,
      media("all drawings since 1987.zip", { msgtype: "file", size: 2_100_000_000, mimetype: "application/zip", hasThumbnail: false }),
      { id: "~failed", eventId: null, send: { state: "failed", error: "too-large" } },
    ),
  ];
}

/** The one of ours that is on its way. */
export const uploading = {
  roomId: "!room0:harbour.example",
  itemId: "~upload",
  eventId: null,
  direction: "up" as const,
  done: 3_100_000,
  total: 8_400_000,
};
