import { browser, type Target, type TargetRequest } from "./browser.ts";
import type { CdpSession } from "./cdp.ts";
import { pageWorldSource, preloadBinding, preloadSource, preloadWorld } from "./preload-script.ts";
import { markStart } from "./test-link.ts";

export type PageTargetOptions = {
  readonly request: TargetRequest;
  readonly preferences: Electron.WebPreferences;
  /** Called while the page is paused, before anything of it has happened: who wants to hear of it listens now, and who answers its requests says so. */
  readonly attach: (session: CdpSession, mainFrameId: string) => Promise<void>;
};

/** Makes a page of Chromium's, with the app's preload in an isolated world of each of its app documents. */
export async function openPageTarget({ request, preferences, attach }: PageTargetOptions): Promise<Target> {
  const target = await browser.createTarget(request);
  markStart("target attached");
  const { session } = target;
  // The main frame of a page target has the target's id. All are sent together; the page stays paused until the last is answered.
  const setUp = Promise.all([
    attach(session, target.id),
    session.send("Page.enable"),
    session.send("Runtime.enable"),
    session.send("Log.enable"),
    session.send("Inspector.enable"),
    session.send("Runtime.addBinding", { name: preloadBinding, executionContextName: preloadWorld }),
    session.send("Page.addScriptToEvaluateOnNewDocument", { source: pageWorldSource() }),
    session.send("Page.addScriptToEvaluateOnNewDocument", {
      source: preloadSource(preferences.preload, preferences.additionalArguments ?? []),
      worldName: preloadWorld,
    }),
  ]);
  await session.send("Runtime.runIfWaitingForDebugger");
  await setUp;
  markStart("target set up");
  return target;
}
