import { expect, test, vi } from "vitest";
import type { ChatContract } from "../../../protocol/chat.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";
import type { MediaItem } from "./media-item.ts";
import { Pictures } from "./pictures.ts";

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);
const item = (sending: boolean): MediaItem =>
  ({ id: "~1", eventId: null, send: sending ? { state: "sending" } : null, content: { hasThumbnail: false } }) as unknown as MediaItem;

/** A worker that does not find the file so many times. */
function worker(failures: number): { readonly link: WorkerLink<ChatContract>; readonly opened: () => number } {
  let opened = 0;
  const call = (verb: string): Promise<unknown> => {
    if (verb === "openAttachment") {
      opened += 1;
      if (opened <= failures) return Promise.resolve({ ok: false, error: { code: "not-found" } });
      return Promise.resolve({ ok: true, value: { transferId: "t", size: PNG.length, mimetype: "image/png", name: "pier.png" } });
    }
    return Promise.resolve({ ok: true, value: verb === "readAttachment" ? { bytes: PNG } : null });
  };
  return { link: { call } as unknown as WorkerLink<ChatContract>, opened: () => opened };
}

test("a picture of one's own that goes up while it is read is looked for again", async () => {
  vi.stubGlobal("URL", { createObjectURL: () => "blob:1" });
  const { link, opened } = worker(1);
  const picture = new Pictures(link).of("!room:example.org", item(true));
  await vi.waitFor(() => expect(picture.value).toEqual({ state: "shown", url: "blob:1" }));
  expect(opened()).toBe(2);
  vi.unstubAllGlobals();
});

test.each([
  ["of somebody else", false, 1],
  ["of one's own that is not there either", true, 2],
])("a picture %s that cannot be had is said to be", async (_whose, sending, asked) => {
  const { link, opened } = worker(9);
  const picture = new Pictures(link).of("!room:example.org", item(sending));
  await vi.waitFor(() => expect(picture.value).toEqual({ state: "failed", code: "not-found" }));
  expect(opened()).toBe(asked);
});
