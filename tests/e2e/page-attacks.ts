import type { Page } from "@playwright/test";

/** What code that was smuggled into a page could try, and what debuggers can see of the page. */

type Bridge = {
  readonly shell: { readonly call: (method: string, params: unknown) => Promise<unknown> };
  readonly requestPort: () => void;
};
type AppWindow = typeof globalThis & { readonly bulkhead: Bridge };

/** Asks main, over what the preload has put into the page. Answers main's reply. */
export function callShell(page: Page, method: string, params: unknown): Promise<unknown> {
  return page.evaluate(([name, given]) => (window as unknown as AppWindow).bulkhead.shell.call(name, given), [method, params] as const);
}

export type Call = { readonly method: string; readonly params: unknown };

/** Calls on a port as hostile code in the page would: it asks for a port like the page's own code, and listens in. Answers each method with `ok` or the error's code. */
export function callPort(page: Page, kind: "chat" | "vault", calls: readonly Call[]): Promise<readonly (readonly [string, string])[]> {
  return page.evaluate(
    async ({ wanted, list }) => {
      const port = await new Promise<MessagePort>((resolve) => {
        window.addEventListener("message", (event) => {
          const [first] = event.ports;
          if (event.data.type === "bulkhead-port" && event.data.kind === wanted && first !== undefined) resolve(first);
        });
        (window as unknown as AppWindow).bulkhead.requestPort();
      });
      const answers: [string, string][] = [];
      for (const [index, { method, params }] of list.entries()) {
        const id = 1_000_000 + index;
        const answer = new Promise<string>((resolve) => {
          const listen = (event: MessageEvent): void => {
            if (event.data.id !== id) return;
            port.removeEventListener("message", listen);
            resolve(event.data.ok === true ? "ok" : event.data.error.code);
          };
          port.addEventListener("message", listen);
          setTimeout(() => resolve("no answer"), 5000);
        });
        port.postMessage({ id, method, params });
        answers.push([method, await answer]);
      }
      return answers;
    },
    { wanted: kind, list: calls },
  );
}

/** Tries every way to make the page's browser ask a server for something. Answers for each whether it was refused, as far as the page can tell. */
export function tryWaysOut(page: Page, base: string): Promise<Readonly<Record<string, "went out" | "refused">>> {
  return page.evaluate(async (server) => {
    /** Whether something comes of it: one of these events and no error. */
    const happens = (target: EventTarget, ...names: readonly string[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        for (const name of names) target.addEventListener(name, resolve);
        target.addEventListener("error", reject);
      });
    const element = (made: HTMLElement): Promise<unknown> => {
      document.head.append(made);
      return happens(made, "load");
    };
    const link = (rel: string, href: string): HTMLLinkElement => Object.assign(document.createElement("link"), { rel, href });
    const ways: Readonly<Record<string, () => Promise<unknown>>> = {
      fetch: () => fetch(`${server}/fetch`),
      "fetch without cors": () => fetch(`${server}/no-cors`, { mode: "no-cors" }),
      "fetch of the vault's page": () => fetch("https://vault.app.invalid/index.html"),
      xhr: () => {
        const request = new XMLHttpRequest();
        request.open("GET", `${server}/xhr`);
        request.send();
        return happens(request, "load");
      },
      socket: () => happens(new WebSocket(`${server.replace("http", "ws")}/socket`), "open"),
      events: () => happens(new EventSource(`${server}/events`), "open"),
      worker: () => happens(new Worker(URL.createObjectURL(new Blob(["postMessage(1)"]))), "message"),
      image: () => element(Object.assign(new Image(), { src: `${server}/image` })),
      script: () => element(Object.assign(document.createElement("script"), { src: `${server}/script` })),
      sheet: () => element(link("stylesheet", `${server}/sheet`)),
      prefetch: () => element(link("prefetch", `${server}/prefetch`)),
      preload: () => element(Object.assign(link("preload", `${server}/preload`), { as: "image" })),
    };
    const outcomes: Record<string, "went out" | "refused"> = {};
    for (const [name, way] of Object.entries(ways)) {
      const late = new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error("nothing came of it")), 3000));
      outcomes[name] = await Promise.race([Promise.resolve().then(way), late]).then(
        () => "went out" as const,
        () => "refused" as const,
      );
    }
    // These tell nothing: whether they got through is seen at the server.
    navigator.sendBeacon(`${server}/beacon`);
    const frame = Object.assign(document.createElement("iframe"), { src: `${server}/frame` });
    document.body.append(frame, link("dns-prefetch", server), link("preconnect", server));
    await new Promise((resolve) => setTimeout(resolve, 500));
    frame.remove();
    return outcomes;
  }, base);
}

/** Has the page's browser look for a way to another computer, as for a call, over both kinds of transport. CSP says nothing about these. */
export function tryToCall(page: Page, udpPort: number, tcpPort: number): Promise<void> {
  return page.evaluate(
    async ([udp, tcp]) => {
      const connection = new RTCPeerConnection({
        iceServers: [
          { urls: `stun:127.0.0.1:${udp}` },
          { urls: `turn:127.0.0.1:${tcp}?transport=tcp`, username: "what was read", credential: "x" },
        ],
      });
      connection.createDataChannel("out");
      await connection.setLocalDescription(await connection.createOffer());
      await new Promise((resolve) => setTimeout(resolve, 1500));
      connection.close();
    },
    [udpPort, tcpPort] as const,
  );
}

/** What the page's main world has that a bare window has not, and what its bridge offers. */
export function lookAround(page: Page): Promise<{ readonly names: string[]; readonly bridge: string[]; readonly shell: string[] }> {
  return page.evaluate(() => {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    const standard = new Set(frame.contentWindow === null ? [] : Object.getOwnPropertyNames(frame.contentWindow));
    frame.remove();
    const { bulkhead } = window as unknown as AppWindow;
    return {
      names: Object.getOwnPropertyNames(window).filter((name) => !standard.has(name) && !/^\d+$/.test(name)),
      bridge: Object.keys(bulkhead).sort(),
      shell: Object.keys(bulkhead.shell).sort(),
    };
  });
}

/** Every string that the page's memory holds, and what hangs on them. */
export async function heapSnapshot(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
  await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  await session.detach();
  return chunks.join("");
}
