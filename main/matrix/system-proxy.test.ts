import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NO_WAY, parseWay, withSystemProxy } from "./system-proxy.ts";
import { fetchTransport, type RawRequest } from "./transport.ts";

let proxy: Server;
let target: Server;
let tunnelled: string[];
const open = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};
const requestOf = (url: string): RawRequest => ({ method: "GET", url, headers: {}, timeoutMs: 5000, maxBytes: 1000 });

beforeEach(() => {
  tunnelled = [];
  target = createServer((_request, response) => response.end("here"));
  proxy = createServer((request, response) => {
    tunnelled.push(request.url ?? "");
    response.end("by way of the proxy");
  });
  proxy.on("connect", (request, socket) => {
    tunnelled.push(request.url ?? "");
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    socket.on("error", () => onward.destroy());
    onward.on("error", () => socket.destroy());
  });
});
afterEach(() => {
  for (const server of [proxy, target]) {
    server.closeAllConnections();
    server.close();
  }
});

test("the way is the one that the system names, for each address, and changes with it", async () => {
  const targetUrl = `http://127.0.0.1:${await open(target)}`;
  const proxyHost = `127.0.0.1:${await open(proxy)}`;
  let rules = `PROXY ${proxyHost}; DIRECT`;
  let now = 0;
  const asked: string[] = [];
  const transport = withSystemProxy(fetchTransport, {
    resolve: (url) => {
      asked.push(url);
      return Promise.resolve(rules);
    },
    now: () => now,
  });
  expect(await transport.send(requestOf(`${targetUrl}/secret/path?token=x`))).toMatchObject({ ok: true, value: { status: 200 } });
  expect(tunnelled).toHaveLength(1);
  rules = "DIRECT";
  await transport.send(requestOf(targetUrl));
  // The answer is kept for a while. The system is asked about the server, not about what is asked of it.
  expect(asked).toEqual([targetUrl]);
  now += 61_000;
  expect(await transport.send(requestOf(targetUrl))).toMatchObject({ ok: true, value: { status: 200 } });
  const before = tunnelled.length;
  proxy.closeAllConnections();
  expect(await transport.send(requestOf(targetUrl)), "not through it any more").toMatchObject({ ok: true, value: { status: 200 } });
  expect(tunnelled).toHaveLength(before);
});

test("a system that does not answer, or allows the direct way beside what is not understood, means the direct way", async () => {
  const targetUrl = `http://127.0.0.1:${await open(target)}`;
  for (const resolve of [() => Promise.reject(new Error("no")), () => Promise.resolve("SOCKS5 127.0.0.1:1; DIRECT")]) {
    const transport = withSystemProxy(fetchTransport, { resolve, now: () => 0 });
    expect(await transport.send(requestOf(targetUrl))).toMatchObject({ ok: true, value: { status: 200 } });
  }
});

test("where the system names only what is not understood, nothing is sent", async () => {
  let sent = 0;
  target.on("request", () => sent++);
  const targetUrl = `http://127.0.0.1:${await open(target)}`;
  const transport = withSystemProxy(fetchTransport, { resolve: () => Promise.resolve("SOCKS5 127.0.0.1:9050"), now: () => 0 });
  expect(await transport.send(requestOf(targetUrl))).toEqual({ ok: false, error: "unreachable" });
  expect(sent).toBe(0);
});

test.each([
  ["PROXY proxy.example:3128; DIRECT", "http://proxy.example:3128"],
  ["HTTPS proxy.example:443", "https://proxy.example:443"],
  ["PROXY [::1]:8080", "http://[::1]:8080"],
  ["DIRECT", undefined],
  ["", undefined],
  ["SOCKS5 proxy.example:1080; DIRECT", undefined],
  ["SOCKS5 proxy.example:1080; PROXY proxy.example:3128", "http://proxy.example:3128"],
  ["SOCKS5 proxy.example:1080", NO_WAY],
  ["PROXY", NO_WAY],
  ["PROXY evil@proxy.example:1", NO_WAY],
  ["PROXY proxy.example:1/path", NO_WAY],
])("%s", (rules, proxyUrl) => {
  expect(parseWay(rules)).toBe(proxyUrl);
});
