import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ok } from "../../protocol/result.ts";
import { Log } from "../logging/log.ts";
import { systemClock } from "../matrix/clock.ts";
import { HomeserverClient } from "../matrix/homeserver-client.ts";
import type { RawRequest } from "../matrix/transport.ts";
import { mediaHandlers } from "./media-server.ts";
import { MediaSpool } from "./media-spool.ts";

const ID = "0123456789abcdef0123456789abcdef";
const never = new AbortController().signal;
let folder: string;
let sent: RawRequest[];
let handlers: ReturnType<typeof mediaHandlers>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-media-"));
  sent = [];
  const transport = {
    send: (request: RawRequest) => {
      sent.push(request);
      return Promise.resolve(ok({ status: 200, contentType: null, retryAfter: null, location: null, body: new Uint8Array() }));
    },
  };
  const client = new HomeserverClient(transport, systemClock, new Log("test", []), {
    refreshed: () => Promise.resolve(),
    ended: () => undefined,
  });
  client.useSession({ homeserver: "https://hs.example", userId: "@a:hs.example", deviceId: "D", accessToken: "t", refreshToken: null });
  const spool = new MediaSpool(folder);
  await spool.append(ID, 0, Uint8Array.of(1), false);
  handlers = mediaHandlers(client, spool, () => undefined);
});
afterEach(() => rmSync(folder, { recursive: true }));

const upload = (path: string, contentType: string): Promise<unknown> =>
  Promise.resolve(handlers.upload({ spoolId: ID, path, contentType, timeoutMs: 1000 }, { signal: never, ports: [] }));

test("a file goes to the media repository, as what it is said to be", async () => {
  await upload("/_matrix/media/v3/upload?filename=a", "text/plain; charset=utf-8");
  expect(sent).toMatchObject([
    {
      method: "POST",
      url: "https://hs.example/_matrix/media/v3/upload?filename=a",
      headers: { "content-type": "text/plain; charset=utf-8" },
    },
  ]);
});

test.each(["text/plain\r\nx-evil: 1", "text/plain\nx", "text/plain\u0000", "téxt/plain", ""])(
  "%j is no media type, and nothing is sent",
  async (type) => {
    await expect(upload("/_matrix/media/v3/upload", type)).rejects.toMatchObject({ code: "invalid-request" });
    expect(sent).toEqual([]);
  },
);

test("a file goes nowhere else, and comes from nowhere else", async () => {
  await expect(upload("/_matrix/client/v3/login", "text/plain")).rejects.toMatchObject({ code: "invalid-request" });
  const download = { spoolId: ID, path: "/_matrix/media/v3/download/..%2f..%2f..%2fx", maxBytes: 10, timeoutMs: 1000 };
  await expect(Promise.resolve(handlers.download(download, { signal: never, ports: [] }))).rejects.toMatchObject({
    code: "invalid-request",
  });
  expect(sent).toEqual([]);
});
