import type { ChatContract } from "../../../protocol/chat.ts";
import { CodedError, errorCodeSchema } from "../../../protocol/errors.ts";
import { MEDIA_PIECE_BYTES, type Transfer } from "../../../protocol/messages/media.ts";
import type { TimelineContent } from "../../../protocol/messages/timeline-item.ts";
import type { Handlers } from "../../../protocol/rpc.ts";

type Verbs =
  "beginAttachment" | "appendAttachment" | "discardAttachment" | "sendAttachment" | "openAttachment" | "readAttachment" | "closeAttachment";

type Page = {
  /** Shows what was sent in a room; answers the item's id. */
  readonly echo: (roomId: string, content: TimelineContent) => string;
  readonly tell: (transfers: Transfer[]) => void;
};

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Attachments of the fake worker: every picture is a landscape, every other file is nothing but zeros. */
export function fakeAttachments(query: URLSearchParams, page: Page): Pick<Handlers<ChatContract>, Verbs> {
  const begun = new Map<string, Parameters<Handlers<ChatContract>["beginAttachment"]>[0]>();
  const open = new Map<string, Uint8Array>();
  let next = 0;
  return {
    beginAttachment: (about) => {
      if (query.has("toolarge")) throw new CodedError("too-large");
      const attachmentId = `attachment-${next++}`;
      begun.set(attachmentId, about);
      return { attachmentId };
    },
    appendAttachment: async () => {
      await wait(20);
      return {};
    },
    discardAttachment: ({ attachmentId }) => {
      begun.delete(attachmentId);
      return {};
    },
    sendAttachment: ({ attachmentId, thumbnail, caption }) => {
      const about = begun.get(attachmentId);
      if (about === undefined) throw new CodedError("not-found");
      const itemId = page.echo(about.roomId, {
        kind: "media",
        msgtype: about.kind,
        body: caption ?? about.name,
        name: about.name,
        caption,
        html: null,
        size: about.size,
        mimetype: about.mimetype,
        width: about.width ?? null,
        height: about.height ?? null,
        durationMs: about.durationMs ?? null,
        hasThumbnail: thumbnail !== null,
        available: true,
        edited: false,
        replyTo: null,
      });
      const transfer = { roomId: about.roomId, itemId, eventId: null, direction: "up" as const, total: about.size };
      setTimeout(() => page.tell([{ ...transfer, done: Math.floor(about.size * 0.4) }]), 50);
      setTimeout(() => page.tell([]), 550);
      return { itemId };
    },
    openAttachment: async ({ roomId, id, part }, { signal }) => {
      if (query.has("nomedia")) throw new CodedError(errorCodeSchema.parse(query.get("nomedia")));
      if (query.has("slowmedia") && id.startsWith("$")) {
        const total = 8_400_000;
        const transfer = { roomId, itemId: null, eventId: id, direction: "down" as const, total };
        page.tell([{ ...transfer, done: 3_100_000 }]);
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        page.tell([]);
        throw new CodedError("cancelled");
      }
      const isPicture = part === "thumbnail" || id.includes("picture") || id.startsWith("~") || id.startsWith("item");
      const bytes = isPicture ? await landscape(id, part === "file" ? 1600 : 800) : new Uint8Array(482_113);
      const transferId = `transfer-${next++}`;
      open.set(transferId, bytes);
      return { transferId, size: bytes.byteLength, mimetype: isPicture ? "image/png" : "application/octet-stream", name: "harbour.png" };
    },
    readAttachment: ({ transferId, offset }) => {
      const bytes = open.get(transferId);
      if (bytes === undefined) throw new CodedError("not-found");
      return { bytes: bytes.slice(offset, offset + MEDIA_PIECE_BYTES) };
    },
    closeAttachment: ({ transferId }) => {
      open.delete(transferId);
      return {};
    },
  };
}

/** A picture of `width` by two thirds of it that is always the same for a seed. */
export async function landscape(seed: string, width: number): Promise<Uint8Array> {
  const height = Math.round((width * 2) / 3);
  const canvas = new OffscreenCanvas(width, height);
  const paint = canvas.getContext("2d");
  if (paint === null) throw new Error("no canvas");
  const hue = Array.from(seed).reduce((sum, letter) => sum + letter.charCodeAt(0) * 7, 0) % 360;
  const sky = paint.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, `hsl(${hue} 45% 72%)`);
  sky.addColorStop(1, `hsl(${(hue + 40) % 360} 50% 55%)`);
  paint.fillStyle = sky;
  paint.fillRect(0, 0, width, height);
  paint.fillStyle = "hsl(45 90% 88%)";
  paint.beginPath();
  paint.arc(width * 0.7, height * 0.3, height * 0.08, 0, 7);
  paint.fill();
  for (const [base, light] of [
    [0.62, 42],
    [0.78, 30],
  ] as const) {
    paint.fillStyle = `hsl(${(hue + 20) % 360} 30% ${light}%)`;
    paint.beginPath();
    paint.moveTo(0, height);
    for (let x = 0; x <= 8; x++) paint.lineTo((width * x) / 8, height * (base - 0.12 * Math.abs(Math.sin(x * 1.7 + base * 9))));
    paint.lineTo(width, height);
    paint.fill();
  }
  return new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
}
