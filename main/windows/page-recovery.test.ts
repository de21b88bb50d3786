import { EventEmitter } from "node:events";
import type { WebContents } from "electron";
import { expect, test } from "vitest";
import { Log } from "../logging/log.ts";
import { recoverPage } from "./page-recovery.ts";

/** A page whose process dies when it is told to. */
class Contents extends EventEmitter {
  loads = 0;
  gone = false;

  reload(): void {
    this.loads++;
  }

  isDestroyed(): boolean {
    return this.gone;
  }

  async crash(reason = "crashed"): Promise<void> {
    this.emit("render-process-gone", {}, { reason });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function world(again: readonly boolean[] = []) {
  const contents = new Contents();
  const waits: number[] = [];
  const lines: string[] = [];
  const answers = [...again];
  const state = { now: 0, asked: 0 };
  recoverPage({
    contents: contents as unknown as Pick<WebContents, "on" | "reload" | "isDestroyed">,
    kind: "chat",
    log: new Log("test", [(line) => lines.push(line)]),
    clock: {
      now: () => state.now,
      sleep: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    },
    askAgain: () => {
      state.asked++;
      return Promise.resolve(answers.shift() ?? false);
    },
  });
  return { contents, waits, lines, state };
}

test("a page that dies once is there again at once; one that dies all the time is loaded ever later, and then not at all", async () => {
  const { contents, waits, state, lines } = world();
  for (let deaths = 0; deaths < 20; deaths++) await contents.crash();
  expect(waits).toEqual([0, 250, 1000, 3000, 8000, 15_000]);
  expect(contents.loads).toBe(6);
  expect(state.asked).toBeGreaterThan(0);
  expect(lines).toHaveLength(20);
});

test("a person may have it tried again, and a page that died now and then over days goes on", async () => {
  const again = world([true]);
  for (let deaths = 0; deaths < 8; deaths++) await again.contents.crash();
  expect(again.contents.loads).toBe(8);
  expect(again.state.asked).toBe(1);
  const days = world();
  for (let deaths = 0; deaths < 30; deaths++) {
    days.state.now += 3_600_000;
    await days.contents.crash();
  }
  expect(days.contents.loads).toBe(30);
  expect(days.state.asked).toBe(0);
});

test("a page that ended in order, or whose window is gone, is left alone", async () => {
  const { contents } = world();
  await contents.crash("clean-exit");
  contents.gone = true;
  await contents.crash();
  expect(contents.loads).toBe(0);
});
