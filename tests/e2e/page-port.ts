import type { Page } from "@playwright/test";
import type { Call } from "./page-attacks.ts";

type AppWindow = typeof globalThis & { readonly bulkhead: { readonly requestPort: () => void } };

/** What a page got as answers, each as JSON, and the kinds of all ports that it was ever given meanwhile. */
export type PortAnswers = { readonly answers: readonly (readonly [method: string, reply: string])[]; readonly kinds: readonly string[] };

/** Like hostile code in the page: takes a port by itself, and puts calls on it one after the other. Keeps the whole replies. */
export function askPort(page: Page, calls: readonly Call[]): Promise<PortAnswers> {
  return page.evaluate(async (list) => {
    const kinds: string[] = [];
    const port = await new Promise<MessagePort>((resolve) => {
      window.addEventListener("message", (event) => {
        const [first] = event.ports;
        if (first === undefined) return;
        kinds.push(String(event.data.kind));
        resolve(first);
      });
      (window as unknown as AppWindow).bulkhead.requestPort();
    });
    const answers: [string, string][] = [];
    for (const [index, { method, params }] of list.entries()) {
      const id = 2_000_000 + index;
      const answer = new Promise<string>((resolve) => {
        const listen = (event: MessageEvent): void => {
          if (event.data.id !== id) return;
          port.removeEventListener("message", listen);
          resolve(JSON.stringify(event.data));
        };
        port.addEventListener("message", listen);
        setTimeout(() => resolve("no answer"), 10_000);
      });
      port.start();
      port.postMessage({ id, method, params });
      answers.push([method, await answer]);
    }
    return { answers, kinds };
  }, calls);
}
