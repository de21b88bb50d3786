import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium, isAlive } from "./chromium.ts";
import { launchApp, pageUrl, type HostApp } from "./launch.ts";

const entry = join(import.meta.dirname, "fixture", "main.ts");

describe.skipIf(findChromium() === undefined)("the Chromium host", () => {
  const profile = mkdtempSync(join(tmpdir(), "host-test-"));
  const downloads = join(profile, "saved");
  const events = (): string[] => readFileSync(join(profile, "events.log"), "utf8").trim().split("\n");
  const happened = async (line: string): Promise<void> => {
    await expect.poll(() => events().includes(line), { timeout: 5000 }).toBe(true);
  };
  let app: HostApp;
  let chat: Page;

  beforeAll(async () => {
    app = await launchApp({ userData: profile, entry, args: ["--lang=en-GB"], env: { CHROMIUM_HOST_DOWNLOADS: downloads } });
    chat = await app.chatPage();
  });
  afterAll(async () => {
    await app.close();
    rmSync(profile, { recursive: true, force: true });
  });

  const connectWorker = (page: Page): Promise<void> =>
    page.evaluate(async () => {
      window.ports.clear();
      window.fixture.send("connect");
      while (!window.ports.has("worker-port")) await new Promise((resolve) => setTimeout(resolve, 5));
    });
  const exchange = (page: Page, message: unknown): Promise<unknown> =>
    page.evaluate(
      (value) =>
        new Promise((resolve) => {
          const port = window.ports.get("worker-port");
          if (port === undefined) throw new Error("no port");
          port.addEventListener("message", ({ data }) => resolve(data), { once: true });
          port.start();
          port.postMessage(value);
        }),
      message,
    );

  const download = (page: Page, name: string, text: string): Promise<void> =>
    page.evaluate(
      ([file, content]) => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([content]));
        link.download = file;
        link.click();
      },
      [name, text] as const,
    );

  /** How many of one click arrive; a window below a modal one gets none. */
  const clicks = async (page: Page): Promise<number> => {
    await page.evaluate(() => {
      window.seen = [];
      document.body.addEventListener("click", (event) => event.isTrusted && window.seen.push("click"), { once: true });
    });
    await Promise.race([page.mouse.click(20, 40), new Promise((resolve) => setTimeout(resolve, 500))]);
    return page.evaluate(() => window.seen.length);
  };

  test("main answers calls and knows their sender as an app page", async () => {
    const answer = await chat.evaluate(async () => {
      const reply = await window.fixture.invoke("echo", {
        bytes: new Uint8Array([1, 2]),
        map: new Map([["k", new Date(5)]]),
        none: undefined,
        big: 5n,
      });
      const { value, url, origin } = reply as {
        value: { bytes: Uint8Array; map: Map<string, Date>; big: bigint };
        url: string;
        origin: string;
      };
      return {
        bytes: [...value.bytes],
        time: value.map.get("k")?.getTime(),
        hasNone: "none" in value,
        big: String(value.big),
        url,
        origin,
      };
    });
    expect(answer).toEqual({ bytes: [1, 2], time: 5, hasNone: true, big: "5", url: "app://chat/index.html", origin: "app://chat" });
    await expect(chat.evaluate(() => window.fixture.invoke("fail"))).rejects.toThrow(
      "Error invoking remote method 'fail': RangeError: no such thing",
    );
    await expect(chat.evaluate(() => window.fixture.invoke("absent"))).rejects.toThrow("No handler registered for 'absent'");
    expect(await chat.evaluate(() => window.fixture.invoke("keychain"))).toEqual([false, expect.stringMatching(/^\d+\./)]);
  });

  test("the context bridge proxies functions, promises, callbacks and errors, and is frozen", async () => {
    expect(
      await chat.evaluate(async () => {
        const { sync, later, boom, host } = window.fixture;
        let thrown = "";
        try {
          boom();
        } catch (error) {
          thrown = error instanceof Error ? error.message : "?";
        }
        const replaced = Reflect.set(window, "fixture", {}) || Reflect.set(window.fixture, "host", "other");
        return [sync(21).doubled, [...sync(3).bytes], await later((value) => value * 2), thrown, host, replaced];
      }),
    ).toEqual([42, [3], 41, "from preload", "--host=chat", false]);
  });

  test("the page's own world sees neither the binding nor anything of the preload", async () => {
    expect(
      await chat.evaluate(() => {
        const names = Object.getOwnPropertyNames(window).filter((name) =>
          /^_|bulkhead|deliver|^(require|process|module|electron)$/i.test(name),
        );
        return {
          names,
          preloadGlobal: window.preloadGlobal,
          require: typeof Reflect.get(window, "require"),
          ipc: typeof Reflect.get(window, "ipcRenderer"),
        };
      }),
    ).toEqual({ names: [], preloadGlobal: undefined, require: "undefined", ipc: "undefined" });
  });

  test("a port joins page and worker directly, in order, and its end is heard on both sides", async () => {
    await connectWorker(chat);
    expect(await exchange(chat, { text: "hello", list: [1, null] })).toEqual({ echo: { text: "hello", list: [1, null] } });
    const burst = await chat.evaluate(
      () =>
        new Promise<number[]>((resolve) => {
          const got: number[] = [];
          const port = window.ports.get("worker-port");
          if (port === undefined) throw new Error("no port");
          port.addEventListener("message", ({ data }) => {
            got.push(Number(data));
            if (got.length === 1000) resolve(got);
          });
          port.start();
          port.postMessage("burst");
        }),
    );
    expect(burst).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    const closed = chat.evaluate(
      () =>
        new Promise((resolve) => {
          const port = window.ports.get("worker-port");
          port?.addEventListener("close", () => resolve("closed"));
          port?.postMessage("close");
        }),
    );
    expect(await closed).toBe("closed");
    await happened('worker says {"closed":true}');
    const before = events().filter((line) => line === 'worker says {"closed":true}').length;
    await connectWorker(chat);
    await chat.evaluate(() => window.ports.get("worker-port")?.close());
    await expect.poll(() => events().filter((line) => line === 'worker says {"closed":true}').length, { timeout: 5000 }).toBe(before + 1);
  });

  test("a port made in the page can be given to the worker through a port, and to main", async () => {
    await connectWorker(chat);
    expect(
      await chat.evaluate(
        () =>
          new Promise((resolve) => {
            const { port1, port2 } = new MessageChannel();
            port1.addEventListener("message", ({ data }) => resolve(data));
            port1.start();
            window.ports.get("worker-port")?.postMessage("take", [port2]);
            port1.postMessage("through");
          }),
      ),
    ).toBe("extra:through");
    expect(
      await chat.evaluate(async () => {
        window.fixture.givePort();
        while (!window.ports.has("main-port")) await new Promise((resolve) => setTimeout(resolve, 5));
        return new Promise((resolve) => {
          const port = window.ports.get("main-port");
          if (port === undefined) throw new Error("no port");
          port.addEventListener("message", ({ data }) => resolve(data), { once: true });
          port.start();
          port.postMessage([1]);
        });
      }),
    ).toEqual({ fromMain: [1] });
  });

  test("a round trip from page to worker and back is quick (about 1 ms on an idle machine; the limit leaves room for a busy one)", async () => {
    await connectWorker(chat);
    const times = await chat.evaluate(async () => {
      const port = window.ports.get("worker-port");
      if (port === undefined) throw new Error("no port");
      const samples: number[] = [];
      for (let round = 0; round < 300; round++) {
        const started = performance.now();
        await new Promise<void>((resolve) => {
          port.addEventListener("message", () => resolve(), { once: true });
          port.start();
          port.postMessage({ id: round, body: "x".repeat(200) });
        });
        samples.push(performance.now() - started);
      }
      return samples.sort((a, b) => a - b);
    });
    console.log(`round trip page ↔ worker: p50 ${times[150]?.toFixed(2)} ms, p95 ${times[285]?.toFixed(2)} ms`);
    expect(times[150]).toBeLessThan(process.env["CI"] === undefined ? 10 : 30);
  });

  test("the CSP of the protocol handler holds, and nothing outside can be reached", async () => {
    expect(await chat.evaluate(() => window.inlineScriptRan)).toBeUndefined();
    expect(await chat.evaluate(() => getComputedStyle(document.querySelector("h1") ?? document.body).color)).toBe("rgb(1, 2, 3)");
    expect(await chat.evaluate(() => isSecureContext)).toBe(true);
    const attempts = await chat.evaluate(async (foreignUrl) => {
      const outcome = (attempt: Promise<unknown>): Promise<string> =>
        attempt.then(
          () => "reached",
          () => "refused",
        );
      const image = new Promise((resolve, reject) => {
        const element = new Image();
        element.addEventListener("load", resolve);
        element.addEventListener("error", reject);
        element.src = "http://127.0.0.1:1/x.png";
      });
      // Later, because an evaluation from outside is itself exempt from the CSP.
      const evaluated = new Promise((resolve, reject) => {
        setTimeout(() => {
          try {
            // oxlint-disable-next-line typescript/no-implied-eval -- that it is refused is the point
            resolve(new Function("return 1")());
          } catch (error) {
            reject(error instanceof Error ? error : new Error("refused"));
          }
        });
      });
      return Promise.all([outcome(fetch("/index.html")), outcome(fetch(foreignUrl)), outcome(image), outcome(evaluated)]);
    }, pageUrl("app://vault/index.html"));
    expect(attempts).toEqual(["refused", "refused", "refused", "refused"]);
    const foreign = await chat.evaluate(
      () =>
        new Promise((resolve) => {
          const frame = document.createElement("iframe");
          frame.addEventListener("load", () => resolve(frame.contentDocument?.title ?? "opaque"));
          frame.src = "https://vault.app.invalid/index.html";
          document.body.append(frame);
        }),
    );
    expect(foreign).not.toBe("vault");
  });

  test("navigation is refused, whatever it needs or does not need", async () => {
    for (const [id, url] of [
      ["away", "https://example.org/"],
      ["blank", "about:blank"],
      ["mail", "mailto:someone@example.org"],
    ] as const) {
      await chat.evaluate((name) => document.getElementById(name)?.click(), id);
      await happened(`chat will-navigate ${url}`);
      expect(await chat.evaluate(() => document.title)).toBe("chat");
    }
    // Chromium refuses this one by itself, as in Electron.
    await chat.evaluate(() => document.getElementById("data")?.click());
    await chat.evaluate(() => {
      location.href = "https://vault.app.invalid/index.html";
    });
    await happened("chat will-navigate app://vault/index.html");
    await chat.evaluate(() => {
      location.replace("blob:null/0");
    });
    expect(await chat.evaluate(() => window.fixture.host)).toBe("--host=chat");
  });

  test("windows that a page opens go to the handler and never come to be", async () => {
    await chat.click("#popup");
    await happened("chat window-open https://example.org/popup");
    await expect.poll(() => app.openedExternal).toEqual(["https://example.org/popup"]);
    await chat.evaluate(() => void window.open("about:blank"));
    await happened("chat window-open about:blank");
    await expect.poll(() => app.pages().length).toBe(1);
    expect(existsSync(join(downloads, "refused.txt"))).toBe(false);
  });

  test("accelerators of the menu reach main and not the page", async () => {
    await chat.evaluate(() => window.addEventListener("keydown", (event) => window.seen.push(event.key)));
    await chat.keyboard.press("Control+,");
    await happened("menu settings");
    await chat.keyboard.press("a");
    expect(await chat.evaluate(() => window.seen)).toEqual(["Control", "a"]);
    await chat.keyboard.press("Control+Shift++");
    await expect.poll(() => chat.evaluate(() => document.documentElement.style.zoom)).not.toBe("");
    app.clickMenu("Settings");
    await expect.poll(() => events().filter((line) => line === "menu settings").length).toBe(2);
  });

  test("nativeTheme decides what the page's media queries say", async () => {
    const isDark = (): Promise<boolean> => chat.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
    expect(await isDark()).toBe(false);
    expect(await chat.evaluate(() => window.fixture.invoke("theme", "dark"))).toBe(true);
    await expect.poll(isDark).toBe(true);
    await chat.evaluate(() => window.fixture.invoke("theme", "system"));
    await expect.poll(isDark).toBe(false);
    app.setSystemDark(true);
    await expect.poll(isDark).toBe(true);
    app.setSystemDark(false);
  });

  test("dialogs are answered by the test, and cancelled without an answer", async () => {
    expect(await chat.evaluate(() => window.fixture.invoke("ask"))).toMatchObject({ response: 0 });
    app.dialogs.next({ response: 1 });
    expect(await chat.evaluate(() => window.fixture.invoke("ask"))).toMatchObject({ response: 1 });
    expect(app.dialogs.asked.at(-1)).toMatchObject({ kind: "message", options: { message: "Really?" } });
  });

  test("a window is as large as asked, and permissions follow the handler", async () => {
    expect(await chat.evaluate(() => [innerWidth, innerHeight])).toEqual([900, 640]);
    expect(await chat.evaluate(() => window.fixture.invoke("bounds"))).toMatchObject({ width: 900, height: 640 });
    expect(await chat.evaluate(() => Notification.permission)).toBe("granted");
    expect(await chat.evaluate(async () => (await navigator.permissions.query({ name: "geolocation" })).state)).toBe("denied");
  });

  test("what a page downloads is saved if the app lets it, and under a free name", async () => {
    await download(chat, "keys.txt", "one");
    await happened("chat download blob:app://chat/… keys.txt");
    await expect.poll(() => existsSync(join(downloads, "keys.txt")), { timeout: 5000 }).toBe(true);
    await download(chat, "keys.txt", "two");
    await expect.poll(() => existsSync(join(downloads, "keys (1).txt")), { timeout: 5000 }).toBe(true);
    expect(["keys.txt", "keys (1).txt"].map((name) => readFileSync(join(downloads, name), "utf8"))).toEqual(["one", "two"]);
  });

  test("the vault is another process with another storage, takes the focus and gives it back", async () => {
    await chat.evaluate(() => localStorage.setItem("mark", "chat"));
    expect(await chat.evaluate(() => document.hasFocus())).toBe(true);
    await chat.evaluate(() => window.fixture.send("vault"));
    const vault = await app.vaultPage();
    expect(await vault.evaluate(() => [window.fixture.host, localStorage.getItem("mark"), document.title])).toEqual([
      "--host=vault",
      null,
      "vault",
    ]);
    expect(await vault.evaluate(() => Notification.permission)).toBe("denied");
    await expect.poll(() => vault.evaluate(() => document.hasFocus())).toBe(true);
    await happened("chat blur");
    await connectWorker(vault);
    expect(await exchange(vault, 1)).toEqual({ echo: 1 });
    expect(await clicks(chat)).toBe(0);
    expect(await clicks(vault)).toBe(1);
    await download(vault, "refused.txt", "no");
    await happened("vault download blob:app://vault/… refused.txt");
    await vault.evaluate(() => window.fixture.send("close-vault"));
    await happened("vault closed");
    await expect.poll(() => chat.evaluate(() => document.hasFocus())).toBe(true);
    await expect.poll(() => app.pages().length).toBe(1);
    expect(await clicks(chat)).toBeGreaterThan(0);
  });

  test("a reload closes the document's ports and runs the preload again", async () => {
    await connectWorker(chat);
    const before = events().filter((line) => line === 'worker says {"closed":true}').length;
    await chat.evaluate(() => window.fixture.invoke("theme", "light"));
    await chat.reload();
    await expect.poll(() => events().filter((line) => line === 'worker says {"closed":true}').length).toBeGreaterThan(before);
    await connectWorker(chat);
    expect(await exchange(chat, "again")).toEqual({ echo: "again" });
  });

  test("a second instance on the profile is refused and announces itself; a killed one leaves no lock", async () => {
    await expect(launchApp({ userData: profile, entry, args: ["--room=7"] })).rejects.toThrow("ended before it could be driven");
    await happened("second instance --room=7");
    const worker = app.workerPid() ?? 0;
    await app.kill("SIGKILL");
    expect(isAlive(worker)).toBe(false);
    app = await launchApp({ userData: profile, entry });
    chat = await app.chatPage();
    expect(await chat.evaluate(() => window.fixture.host)).toBe("--host=chat");
  });

  test("a worker that ends is reported with its exit code, and its ports close", async () => {
    await connectWorker(chat);
    const pid = app.workerPid("fixture worker");
    expect(pid).toBeGreaterThan(0);
    expect(
      await chat.evaluate(
        () =>
          new Promise((resolve) => {
            const got: unknown[] = [];
            const done = (what: unknown): void => {
              got.push(what);
              if (got.length === 2) resolve(got.map(String).toSorted());
            };
            const port = window.ports.get("worker-port");
            port?.addEventListener("close", () => done("close"));
            port?.start();
            window.fixture.onWorkerExit(done);
            window.fixture.send("crash-worker");
          }),
      ),
    ).toEqual(["7", "close"]);
    await happened("child gone Utility crashed");
    expect(app.workerPid()).toBeUndefined();
  });

  test("a crashed page is reported and can be loaded again", async () => {
    const loads = (): number => events().filter((line) => line === "chat finished load").length;
    const before = loads();
    const session = await chat.context().newCDPSession(chat);
    session.send("Page.crash").catch(() => undefined);
    await happened("chat gone crashed");
    await expect.poll(loads, { timeout: 8000 }).toBe(before + 1);
  });

  test("quitting ends everything in order", async () => {
    const exit = await app.close();
    expect(exit).toEqual({ code: 0, signal: null });
    expect(events().slice(-2)).toEqual(["before quit", "chat closed"]);
  });
});
