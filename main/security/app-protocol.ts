import { readFile } from "node:fs/promises";
import { protocol, type Session } from "electron";
import { pageHeaders } from "./content-security-policy.ts";
import { type PageKind, resolvePageFile } from "./page-file.ts";

/** Before `ready`: gives app:// an origin of its own, with secure-context rules. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: false, codeCache: true } },
  ]);
}

/** Serves one page's folder to one session, and nothing else. `root` is an absolute folder. */
export function serveAppProtocol(session: Session, kind: PageKind, root: string): void {
  session.protocol.handle("app", async (request) => {
    const file = resolvePageFile(kind, root, request.method, request.url);
    if (file === undefined) return notFound(kind);
    try {
      return new Response(new Uint8Array(await readFile(file.path)), { headers: { ...pageHeaders(kind), "content-type": file.mediaType } });
    } catch {
      return notFound(kind);
    }
  });
}

const notFound = (kind: PageKind): Response =>
  new Response("Not found", { status: 404, headers: { ...pageHeaders(kind), "content-type": "text/plain; charset=utf-8" } });
