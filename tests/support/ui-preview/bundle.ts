import react from "@vitejs/plugin-react";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join, normalize } from "node:path";
import { build } from "vite";
import { pageHeaders } from "../../../main/security/content-security-policy.ts";

const here = import.meta.dirname;
const root = join(here, "../../..");
/** Another folder for whoever takes pictures while somebody else does. */
const output = join(root, process.env["UI_PREVIEW_SITE"] ?? ".cache/ui-preview/site");

/** Bundles the preview pages the way the app's pages are bundled. */
export async function bundlePreview(): Promise<void> {
  // A test runner sets it to "test", which would bundle React's development calls against its production build.
  process.env["NODE_ENV"] = "production";
  await build({
    root: here,
    base: "/",
    configFile: false,
    logLevel: "warn",
    plugins: [react()],
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
    build: {
      outDir: output,
      emptyOutDir: true,
      target: "chrome140",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 4096,
      rolldownOptions: { input: { chat: join(here, "chat.html"), vault: join(here, "vault.html") } },
    },
  });
}

const TYPES = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript"],
  [".css", "text/css"],
  [".woff2", "font/woff2"],
]);

/** Serves the bundled pages on loopback with the app's content security policy. */
export function servePreview(port: number): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = join(output, path);
    if (path === "/favicon.ico") {
      response.writeHead(204).end();
      return;
    }
    if (!file.startsWith(output) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": TYPES.get(extname(file)) ?? "application/octet-stream",
      ...pageHeaders(path.startsWith("/vault") ? "vault" : "chat"),
    });
    response.end(readFileSync(file));
  });
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve({ url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}`, server });
    });
  });
}
