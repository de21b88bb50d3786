import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nsisInstaller, type RunProgram } from "./nsis.ts";
import { type Squirrel, squirrelInstaller } from "./squirrel.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-install-"));
  file = join(folder, "package");
  writeFileSync(file, "the new version");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("Windows", () => {
  const saying =
    (output: string): RunProgram =>
    () =>
      Promise.resolve(output);
  const encoded = (signature: unknown): string => Buffer.from(JSON.stringify(signature)).toString("base64");
  const ours = encoded({ status: 0, subject: "The Bulkhead authors" });

  test("asks the system's own program whose signature it is, and hands no part of a path to a shell", async () => {
    const calls: Parameters<RunProgram>[] = [];
    const started: (readonly [string, readonly string[]])[] = [];
    const order: string[] = [];
    const installer = nsisInstaller(
      "The Bulkhead authors",
      () => order.push("quit"),
      (...call) => {
        calls.push(call);
        return Promise.resolve(`${ours}\r\n`);
      },
      (...start) => {
        started.push(start);
        order.push("start");
      },
    );
    const last = await installer.prepare(file);
    expect(started).toEqual([]);
    last();
    expect(order).toEqual(["start", "quit"]);
    expect(started).toEqual([[file, ["/S", "--updated", "--force-run"]]]);
    const [program, args, env] = calls[0] ?? ["", [], {}];
    expect(program).toMatch(/System32.WindowsPowerShell.v1\.0.powershell\.exe$/);
    expect(args.join(" ")).not.toContain(folder);
    expect(env).toEqual({ BULKHEAD_UPDATE: file });
  });

  test.each([
    ["unsigned", encoded({ status: 2, subject: "" })],
    ["somebody else's", encoded({ status: 0, subject: "Somebody else" })],
    ["broken", encoded({ status: 3, subject: "The Bulkhead authors" })],
    ["unreadable", "Get-AuthenticodeSignature : not found"],
    ["empty", ""],
    ["no object", encoded(0)],
    ["nothing", encoded(null)],
  ])("%s: it is not started", async (_what, output) => {
    const start = (): never => {
      throw new Error("started");
    };
    const installer = nsisInstaller("The Bulkhead authors", () => undefined, saying(output), start);
    await expect(installer.prepare(file)).rejects.toMatchObject({ code: "update-untrusted" });
  });

  test("a name may have letters that the system's code page does not know", async () => {
    const name = "Schott & Söhne 舱壁";
    const start: string[] = [];
    const installer = nsisInstaller(
      name,
      () => undefined,
      saying(encoded({ status: 0, subject: name })),
      (program) => start.push(program),
    );
    (await installer.prepare(file))();
    expect(start).toEqual([file]);
  });

  test("without a publisher to compare with, or a system that answers, nothing is installed", async () => {
    await expect(nsisInstaller(null, () => undefined, saying(ours)).prepare(file)).rejects.toMatchObject({ code: "update-untrusted" });
    const failing = (): Promise<string> => Promise.reject(new Error("no such program"));
    await expect(nsisInstaller("x", () => undefined, failing).prepare(file)).rejects.toMatchObject({ code: "update-not-installed" });
  });
});

describe("macOS", () => {
  /** Fetches the feed and the archive as Squirrel.Mac does. */
  class FakeSquirrel extends EventEmitter implements Squirrel {
    url = "";
    readonly done: string[] = [];
    archive = "";
    readonly #outcome: "update-downloaded" | "update-not-available" | "error";

    constructor(outcome: "update-downloaded" | "update-not-available" | "error") {
      super();
      this.#outcome = outcome;
    }

    setFeedURL({ url }: { readonly url: string }): void {
      this.url = url;
    }

    checkForUpdates(): void {
      void this.#take();
    }

    quitAndInstall(): void {
      this.done.push("quitAndInstall");
    }

    async #take(): Promise<void> {
      const guess = await fetch(new URL("/update.zip", this.url));
      expect(guess.status).toBe(404);
      const feed: unknown = await (await fetch(this.url)).json();
      const { url } = Object(feed) as { readonly url: string };
      this.archive = await (await fetch(url)).text();
      this.emit(this.#outcome, new Error("code signature"));
    }
  }

  test("Squirrel takes the archive from a server of its own, which is gone afterwards", async () => {
    const squirrel = new FakeSquirrel("update-downloaded");
    const last = await squirrelInstaller(squirrel, () => squirrel.done.push("quit")).prepare(file);
    expect(squirrel.archive).toBe("the new version");
    expect(new URL(squirrel.url)).toMatchObject({ hostname: "127.0.0.1", pathname: expect.stringMatching(/^\/[0-9a-f]{64}$/) });
    await expect(fetch(squirrel.url)).rejects.toThrow();
    expect(squirrel.done).toEqual([]);
    last();
    expect(squirrel.done).toEqual(["quitAndInstall"]);
    // It could not do it after all: nobody is left with an app whose store is closed.
    squirrel.emit("error", new Error("no update available"));
    expect(squirrel.done).toEqual(["quitAndInstall", "quit"]);
  });

  test.each(["error", "update-not-available"] as const)("%s: nothing is installed", async (outcome) => {
    const squirrel = new FakeSquirrel(outcome);
    await expect(squirrelInstaller(squirrel, () => squirrel.done.push("quit")).prepare(file)).rejects.toMatchObject({
      code: "update-not-installed",
    });
    expect(squirrel.done).toEqual([]);
    await expect(fetch(squirrel.url)).rejects.toThrow();
    // What comes after it was given up ends nothing: without a listener, an emitter throws.
    squirrel.emit("error", new Error("the connection was lost"));
    expect(squirrel.done).toEqual([]);
  });
});
