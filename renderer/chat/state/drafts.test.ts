import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ChatContract } from "../../../protocol/chat.ts";
import type { ParamsOf } from "../../../protocol/define.ts";
import type { KeptDraft } from "../../../protocol/messages/draft.ts";
import { MAX_BODY_CHARS } from "../../../protocol/messages/text.ts";
import { err, ok } from "../../../protocol/result.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";
import { Drafts, NO_DRAFT } from "./drafts.ts";

type Saved = ParamsOf<ChatContract["saveDraft"]>;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A worker that keeps drafts, and can go away. */
class Worker {
  connected = true;
  failing = false;
  /** Its store is not open yet. */
  locked = false;
  readonly saved: Saved[] = [];
  readonly kept = new Map<string, KeptDraft>();

  readonly call = ((method: string, params: Saved) => {
    if (this.failing) return Promise.resolve(err({ code: "worker-gone" }));
    if (this.locked) return Promise.resolve(err({ code: "locked" }));
    if (method === "draft") return Promise.resolve(ok(this.kept.get(params.roomId) ?? null));
    this.saved.push(params);
    if (params.draft === null) this.kept.delete(params.roomId);
    return Promise.resolve(ok({}));
  }) as WorkerLink<ChatContract>["call"];
}

const typed = (text: string) => ({ ...NO_DRAFT, text });

test("what is typed is kept once after a moment, and forgotten once the field is empty", async () => {
  const worker = new Worker();
  const draft = new Drafts(worker).of("!r:x");
  for (const text of ["h", "he", "hel"]) draft.set(typed(text));
  expect(worker.saved).toEqual([]);
  await vi.advanceTimersByTimeAsync(500);
  expect(worker.saved).toEqual([{ roomId: "!r:x", draft: { text: "hel", about: null, mentions: [] } }]);
  draft.set(NO_DRAFT);
  await vi.advanceTimersByTimeAsync(500);
  expect(worker.saved.at(-1)).toEqual({ roomId: "!r:x", draft: null });
});

test("what was kept comes back, and is not saved again; what is typed before it comes is newer", async () => {
  const worker = new Worker();
  worker.kept.set("!a:x", { text: "@Ada hi", about: null, mentions: [{ text: "@Ada", userId: "@ada:x" }] });
  worker.kept.set("!b:x", { text: "old", about: null, mentions: [] });
  const drafts = new Drafts(worker);
  const a = drafts.of("!a:x");
  const b = drafts.of("!b:x");
  b.set(typed("new"));
  await vi.advanceTimersByTimeAsync(500);
  expect(a.value).toEqual({ text: "@Ada hi", mode: { kind: "new" }, mentions: new Map([["@Ada", "@ada:x"]]) });
  expect(a.value.mode).toBe(NO_DRAFT.mode);
  expect(b.value.text).toBe("new");
  expect(worker.saved.map(({ roomId }) => roomId)).toEqual(["!b:x"]);
});

test("a worker that is gone is told by its successor's time, and asked then", async () => {
  const worker = new Worker();
  worker.kept.set("!b:x", { text: "kept", about: null, mentions: [] });
  const drafts = new Drafts(worker);
  const a = drafts.of("!a:x");
  await vi.advanceTimersByTimeAsync(0);
  worker.failing = true;
  a.set(typed("while it dies"));
  await vi.advanceTimersByTimeAsync(500);
  worker.connected = false;
  const b = drafts.of("!b:x");
  a.set(typed("while it is away"));
  await vi.advanceTimersByTimeAsync(500);
  expect(worker.saved).toEqual([]);
  Object.assign(worker, { connected: true, failing: false });
  await drafts.resume();
  expect(worker.saved).toEqual([{ roomId: "!a:x", draft: { text: "while it is away", about: null, mentions: [] } }]);
  expect(b.value.text).toBe("kept");
});

test("after a clear nothing is saved, and an answer on its way is not kept", async () => {
  const worker = new Worker();
  worker.kept.set("!a:x", { text: "kept", about: null, mentions: [] });
  const drafts = new Drafts(worker);
  const a = drafts.of("!a:x");
  drafts.of("!b:x").set(typed("secret"));
  drafts.clear();
  await vi.advanceTimersByTimeAsync(500);
  expect(a.value).toBe(NO_DRAFT);
  expect(worker.saved).toEqual([]);
});

test("a worker whose store is not open yet is told once it is", async () => {
  const worker = new Worker();
  const drafts = new Drafts(worker);
  worker.locked = true;
  drafts.of("!a:x").set(typed("early"));
  await vi.advanceTimersByTimeAsync(500);
  worker.locked = false;
  await drafts.resume();
  expect(worker.saved).toEqual([{ roomId: "!a:x", draft: { text: "early", about: null, mentions: [] } }]);
});

test("what was sent while the worker was away does not come back with its successor", async () => {
  const worker = new Worker();
  worker.kept.set("!a:x", { text: "old", about: null, mentions: [] });
  worker.connected = false;
  const drafts = new Drafts(worker);
  const a = drafts.of("!a:x");
  a.set(typed("new"));
  a.set(NO_DRAFT);
  worker.connected = true;
  await drafts.resume();
  expect(a.value).toBe(NO_DRAFT);
  expect(worker.kept.size).toBe(0);
});

test("a field from before a clear has no say in what was kept", async () => {
  const worker = new Worker();
  worker.kept.set("!a:x", { text: "kept", about: null, mentions: [] });
  const drafts = new Drafts(worker);
  const before = drafts.of("!a:x");
  await vi.advanceTimersByTimeAsync(0);
  drafts.clear();
  worker.connected = false;
  const a = drafts.of("!a:x");
  // Such as a message that could not be queued, and comes back into its field.
  before.set(typed("not sent"));
  worker.connected = true;
  await vi.advanceTimersByTimeAsync(500);
  await drafts.resume();
  expect(worker.saved).toEqual([]);
  expect(a.value.text).toBe("kept");
});

test("no more is saved than the worker takes", async () => {
  const worker = new Worker();
  const mentions = new Map(Array.from({ length: 120 }, (_, i) => [`@p${i}.`, `@p${i}:x`]));
  const text = [...mentions.keys()].join(" ").padEnd(MAX_BODY_CHARS + 5, "x");
  new Drafts(worker).of("!a:x").set({ text, mode: { kind: "new" }, mentions });
  await vi.advanceTimersByTimeAsync(500);
  expect(worker.saved[0]?.draft?.text).toHaveLength(MAX_BODY_CHARS);
  expect(worker.saved[0]?.draft?.mentions).toHaveLength(100);
});
