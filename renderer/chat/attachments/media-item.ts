import type { TimelineContent, TimelineItem } from "../../../protocol/messages/timeline-item.ts";

export type MediaContent = Extract<TimelineContent, { kind: "media" }>;
/** A message about a file. */
export type MediaItem = TimelineItem & { readonly content: MediaContent };

export function isMediaItem(item: TimelineItem): item is MediaItem {
  return item.content.kind === "media";
}

const MAX_WIDTH = 380;
const MAX_HEIGHT = 300;
const MIN_SIDE = 64;
const UNKNOWN = { width: 260, height: 195 };

/** The box that a picture gets before it is there, so that nothing moves when it comes. In CSS pixels. */
export function pictureBox({ width, height }: Pick<MediaContent, "width" | "height">): { readonly width: number; readonly height: number } {
  if (width === null || height === null) return UNKNOWN;
  const scale = Math.min(1, MAX_WIDTH / width, MAX_HEIGHT / height);
  const within = (side: number, most: number): number => Math.min(most, Math.max(MIN_SIDE, Math.round(side * scale)));
  return { width: within(width, MAX_WIDTH), height: within(height, MAX_HEIGHT) };
}
