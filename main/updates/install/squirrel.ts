import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Server } from "node:http";
import { CodedError } from "../../../protocol/errors.ts";
import type { Installer } from "./installer.ts";

/** As much of Electron's `autoUpdater` as is needed of Squirrel.Mac. */
export interface Squirrel {
  setFeedURL(options: { readonly url: string }): void;
  checkForUpdates(): void;
  quitAndInstall(): void;
  once(event: "update-downloaded" | "update-not-available", listener: () => void): unknown;
  once(event: "error", listener: (error: Error) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeAllListeners(): unknown;
}

const TAKEN_WITHIN_MS = 5 * 60_000;

/**
 * macOS: Squirrel.Mac takes the archive from a web server only, so that one on the loopback interface gives it away under a name that nobody can guess. It
 * compares the code signature with that of the running app, and puts the new one in its place when the app has ended. `quit` ends the app where it does not.
 */
export function squirrelInstaller(squirrel: Squirrel, quit: () => void): Installer {
  return {
    async prepare(file) {
      const { size } = await stat(file);
      const { server, url } = await serveArchive(file, size);
      try {
        await taken(squirrel, url);
      } finally {
        server.close();
        server.closeAllConnections();
        squirrel.removeAllListeners();
        // What it says after it was given up would be an exception that nobody catches.
        squirrel.on("error", () => undefined);
      }
      return () => {
        // The store is closed by now: an app that stays is of no use.
        squirrel.once("error", quit);
        squirrel.quitAndInstall();
      };
    },
  };
}

function taken(squirrel: Squirrel, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      clearTimeout(timer);
      reject(new CodedError("update-not-installed"));
    };
    const timer = setTimeout(fail, TAKEN_WITHIN_MS);
    squirrel.once("update-downloaded", () => {
      clearTimeout(timer);
      resolve();
    });
    squirrel.once("update-not-available", fail);
    squirrel.once("error", fail);
    squirrel.setFeedURL({ url });
    squirrel.checkForUpdates();
  });
}

async function serveArchive(file: string, size: number): Promise<{ readonly server: Server; readonly url: string }> {
  const secret = randomBytes(32).toString("hex");
  let origin = "";
  // Loaded only here: it would cost every start.
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    if (request.method === "GET" && request.url === `/${secret}`) {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ url: `${origin}/${secret}/update.zip` }));
    } else if (request.method === "GET" && request.url === `/${secret}/update.zip`) {
      response.writeHead(200, { "content-type": "application/zip", "content-length": String(size) });
      createReadStream(file)
        .on("error", () => response.destroy())
        .pipe(response);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a server on an address has a port");
  origin = `http://127.0.0.1:${address.port}`;
  return { server, url: `${origin}/${secret}` };
}
