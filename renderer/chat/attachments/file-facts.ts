import type { ChatContract } from "../../../protocol/chat.ts";
import type { ParamsOf } from "../../../protocol/define.ts";
import { MAX_THUMBNAIL_BYTES } from "../../../protocol/messages/media.ts";

export type Thumbnail = NonNullable<ParamsOf<ChatContract["sendAttachment"]>["thumbnail"]>;

/** What a file is, as far as the page can tell by drawing it. What cannot be drawn is a file like any other. */
export type FileFacts = {
  readonly kind: "image" | "video" | "audio" | "file";
  readonly width?: number;
  readonly height?: number;
  readonly durationMs?: number;
  readonly thumbnail: Thumbnail | null;
};

const THUMBNAIL_WIDTH = 800;
const THUMBNAIL_HEIGHT = 600;
/** A picture that is no larger than this is its own thumbnail. */
const SMALL_BYTES = 131_072;
const QUALITY = 0.8;
const FILM_WAIT_MS = 5000;

const PLAIN: FileFacts = { kind: "file", thumbnail: null };

export async function fileFacts(file: File): Promise<FileFacts> {
  try {
    if (file.type.startsWith("image/") && file.type !== "image/svg+xml") return await pictureFacts(file);
    if (file.type.startsWith("video/")) return await filmFacts(file);
  } catch {
    // A picture that this browser cannot draw may be one all the same: it is sent as a file.
    return PLAIN;
  }
  return file.type.startsWith("audio/") ? { kind: "audio", thumbnail: null } : PLAIN;
}

async function pictureFacts(file: File): Promise<FileFacts> {
  const bitmap = await createImageBitmap(file);
  try {
    const { width, height } = bitmap;
    const isSmall = file.size <= SMALL_BYTES && width <= THUMBNAIL_WIDTH && height <= THUMBNAIL_HEIGHT;
    const thumbnail = isSmall ? null : await draw(bitmap, width, height, file.type === "image/jpeg" ? "image/jpeg" : "image/webp");
    return { kind: "image", width, height, thumbnail };
  } finally {
    bitmap.close();
  }
}

async function filmFacts(file: File): Promise<FileFacts> {
  const film = document.createElement("video");
  const url = URL.createObjectURL(file);
  try {
    film.muted = true;
    film.preload = "auto";
    await happened(film, "loadeddata", () => {
      film.src = url;
    });
    const { videoWidth: width, videoHeight: height, duration } = film;
    if (width === 0 || height === 0) return PLAIN;
    // The first frame is often black.
    await happened(film, "seeked", () => {
      film.currentTime = Math.min(1, duration / 3);
    });
    const thumbnail = await draw(film, width, height, "image/jpeg");
    const length = Number.isFinite(duration) ? { durationMs: Math.round(duration * 1000) } : {};
    return { kind: "video", width, height, ...length, thumbnail };
  } finally {
    film.removeAttribute("src");
    URL.revokeObjectURL(url);
  }
}

function happened(film: HTMLVideoElement, event: "loadeddata" | "seeked", start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no such film")), FILM_WAIT_MS);
    film.addEventListener(
      event,
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
    film.addEventListener("error", () => reject(new Error("no such film")), { once: true });
    start();
  });
}

async function draw(source: CanvasImageSource, width: number, height: number, type: Thumbnail["mimetype"]): Promise<Thumbnail | null> {
  const scale = Math.min(1, THUMBNAIL_WIDTH / width, THUMBNAIL_HEIGHT / height);
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const canvas = new OffscreenCanvas(size.width, size.height);
  const paint = canvas.getContext("2d");
  if (paint === null) return null;
  paint.drawImage(source, 0, 0, size.width, size.height);
  const blob = await canvas.convertToBlob({ type, quality: QUALITY });
  if (blob.size > MAX_THUMBNAIL_BYTES || blob.type !== type) return null;
  return { bytes: new Uint8Array(await blob.arrayBuffer()), mimetype: type, ...size };
}
