import { expect, test } from "vitest";
import type { ChatContract } from "../../../protocol/chat.ts";
import { RECENT_EMOJI } from "../../../protocol/messages/emoji.ts";
import { ok } from "../../../protocol/result.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";
import { RecentEmoji } from "./recent-emoji.ts";

/** A worker that keeps emoji. */
class Worker {
  kept: readonly string[];

  constructor(kept: readonly string[]) {
    this.kept = kept;
  }

  readonly call = ((method: string, params: { readonly emoji?: string }) => {
    if (method === "recentEmoji") return Promise.resolve(ok(this.kept));
    const { emoji = "" } = params;
    this.kept = [emoji, ...this.kept.filter((other) => other !== emoji)];
    return Promise.resolve(ok({}));
  }) as WorkerLink<ChatContract>["call"];
}

test("what was picked comes first, the worker is told, and it is there again after a lock", async () => {
  const worker = new Worker(["🦊", "🐻"]);
  const recent = new RecentEmoji(worker);
  await recent.load();
  recent.remember("🐻");
  expect([recent.glyphs.value, worker.kept]).toEqual([
    ["🐻", "🦊"],
    ["🐻", "🦊"],
  ]);
  recent.clear();
  expect(recent.glyphs.value).toEqual([]);
  await recent.load();
  expect(recent.glyphs.value).toEqual(["🐻", "🦊"]);
});

test("an answer from before a lock is not shown after it; what is picked before an answer comes is newer", async () => {
  const kept = Array.from({ length: RECENT_EMOJI }, (_, n) => `:${n}:`);
  const recent = new RecentEmoji(new Worker(kept));
  const late = recent.load();
  recent.clear();
  await late;
  expect(recent.glyphs.value).toEqual([]);
  const loading = recent.load();
  recent.remember("🦊");
  await loading;
  expect(recent.glyphs.value).toEqual(["🦊", ...kept.slice(0, -1)]);
});
