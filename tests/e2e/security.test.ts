import { pressToClose } from "../../tools/demo/press-to-close.ts";
import { createSocket } from "node:dgram";
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test, expect as value } from "vitest";
import { chatContract } from "../../protocol/chat.ts";
import { controlContract } from "../../protocol/control.ts";
import { vaultContract } from "../../protocol/vault.ts";
import { type AppDriver, expect, PASSPHRASE, text } from "../support/app-driver.ts";
import type { ForeignClient } from "../support/foreign-client.ts";
import { callPort, callShell, heapSnapshot, lookAround, tryToCall, tryWaysOut } from "./page-attacks.ts";
import { filesBelow, formsOf, secretsOf, withStoreCopy } from "./profile-secrets.ts";
import { PASSWORD, World } from "./world.ts";

let world: World;
let app: AppDriver;
let eve: ForeignClient;
let roomId: string;
let elsewhere: Server;
let elsewhereUrl: string;
const knocks: string[] = [];
const CANARY = "canary-8d1f4c-harbour-secret";

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  elsewhere = createServer((request, response) => {
    knocks.push(request.url ?? "");
    response.writeHead(200, { "access-control-allow-origin": "*" }).end("ok");
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", () => resolve()));
  const address = elsewhere.address();
  elsewhereUrl = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  eve = await world.foreign("eve");
  roomId = await eve.createRoom({ name: "Market", invite: [world.you] });
  await app.page.getByRole("button", { name: text("invite.acceptNamed", { room: "Market" }) }).click();
  await expect(app.composer).toBeVisible();
  await eve.knows(roomId, world.you, "join");
});
afterAll(async () => {
  await World.end(world);
  elsewhere.close();
});

describe("hostile messages", () => {
  const hostile = (): Readonly<Record<string, string>> => ({
    script: `<script>window.pwned = 1</script>`,
    onerror: `<img src="x" onerror="window.pwned = 1">`,
    "remote image": `<img src="${elsewhereUrl}/img">`,
    style: `<style>* { display: none !important; background: url(${elsewhereUrl}/css) }</style><span style="position:fixed;inset:0">x</span>`,
    iframe: `<iframe src="${elsewhereUrl}/frame" srcdoc="<script>parent.pwned=1</script>"></iframe>`,
    javascript: `<a href="javascript:window.pwned=1">press</a>`,
    "javascript with blanks": `<a href=" java&#10;script:window.pwned=1">press</a>`,
    data: `<a href="data:text/html,<script>window.pwned=1</script>">press</a>`,
    svg: `<svg onload="window.pwned=1"><use href="data:image/svg+xml,x"></use></svg>`,
    math: `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.pwned=1&gt;">`,
    form: `<form action="${elsewhereUrl}/form"><input name="a"><button>go</button></form>`,
    meta: `<meta http-equiv="refresh" content="0;url=${elsewhereUrl}/meta"><base href="${elsewhereUrl}/"><link rel="stylesheet" href="${elsewhereUrl}/link">`,
    object: `<object data="${elsewhereUrl}/object"></object><embed src="${elsewhereUrl}/embed"><video src="${elsewhereUrl}/video" autoplay></video>`,
    names: `<div id="root" name="bulkhead" class="app modal backdrop">x</div>`,
  });

  test("are shown as text, and nothing of them runs, loads, or covers the window", async () => {
    for (const [name, html] of Object.entries(hostile())) {
      const content = { msgtype: "m.text", body: name, format: "org.matrix.custom.html", formatted_body: `${html}<b>end of ${name}</b>` };
      await eve.client.sendMessage(roomId, content as never);
    }
    await expect(app.feed.getByText("end of names", { exact: true })).toBeVisible({ timeout: 30_000 });
    await app.page.waitForTimeout(500);
    const found = await app.feed.evaluate((feed) => ({
      elements: [
        ...feed.querySelectorAll(".body :is(script, img, style, iframe, object, embed, video, svg, math, form, input, meta, base, link)"),
      ].length,
      handlers: [...feed.querySelectorAll(".body, .body *")].flatMap((element) =>
        element.getAttributeNames().filter((name) => name.startsWith("on") || name === "style" || name === "id" || name === "name"),
      ),
      links: [...feed.querySelectorAll<HTMLAnchorElement>(".body a[href]")].map(({ href }) => href),
      pwned: Reflect.get(window, "pwned"),
    }));
    value(found).toEqual({ elements: 0, handlers: [], links: [], pwned: undefined });
    value(knocks).toEqual([]);
    await expect(app.composer).toBeVisible();
    await app.composer.click();
    await app.screenshot("hostile-messages");
  });

  test("a link is followed only after a question that shows where it leads", async () => {
    const content = {
      msgtype: "m.text",
      body: "see",
      format: "org.matrix.custom.html",
      formatted_body: '<a href="https://example.org/evil?x=1">https://bank.example</a>',
    };
    await eve.client.sendMessage(roomId, content as never);
    const link = app.feed.getByText("https://bank.example", { exact: true });
    await link.click();
    await expect.poll(() => JSON.stringify(app.host.dialogs.asked)).toContain("https://example.org/evil?x=1");
    value(app.host.openedExternal).toEqual([]);
    app.host.dialogs.next({ response: 0 });
    await link.click();
    await expect.poll(() => app.host.openedExternal).toEqual(["https://example.org/evil?x=1"]);
  });

  test("an address of another kind is refused even if the page asks main itself", async () => {
    for (const url of [
      "file:///etc/passwd",
      "javascript:alert(1)",
      "data:text/html,x",
      "smb://host/share",
      "app://vault/index.html",
      "ms-msdt:/x",
    ]) {
      const answer = await callShell(app.page, "openExternal", { url });
      value(JSON.stringify(answer), url).not.toContain('"opened":true');
    }
    value(app.host.openedExternal).toEqual(["https://example.org/evil?x=1"]);
  });
});

describe("the chat page's fence", () => {
  const POLICY =
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; media-src blob:; connect-src 'none'; " +
    "object-src 'none'; frame-src 'none'; worker-src 'none'; manifest-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  test("the policy is exactly the designed one, and the page lives on through a reload", async () => {
    const response = await app.page.reload();
    const headers = response?.headers() ?? {};
    value(headers["content-security-policy"]).toBe(POLICY);
    value(headers["x-content-type-options"]).toBe("nosniff");
    value(headers["referrer-policy"]).toBe("no-referrer");
    value(headers["cross-origin-opener-policy"]).toBe("same-origin");
    await app.openRoom("Market");
  });

  test("no request leaves the page, by whatever way", async () => {
    const outcomes = await tryWaysOut(app.page, elsewhereUrl);
    await app.page.waitForTimeout(500);
    value(knocks).toEqual([]);
    value(Object.entries(outcomes).filter(([, outcome]) => outcome !== "refused")).toEqual([]);
    await expect(app.composer).toBeVisible();
  });

  test("nor does a call, which no policy of a page governs", async () => {
    const heard: string[] = [];
    const udp = createSocket("udp4").on("message", () => heard.push("udp"));
    await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
    const tcp = createTcpServer((socket) => void heard.push("tcp", String(socket.destroy().destroyed)));
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", () => resolve()));
    const address = tcp.address();
    const tcpPort = typeof address === "object" && address !== null ? address.port : 0;
    try {
      await tryToCall(app.page, udp.address().port, tcpPort);
      value(heard).toEqual([]);
    } finally {
      udp.close();
      tcp.close();
    }
  });

  test("it opens no window and goes nowhere", async () => {
    const pages = app.host.pages().length;
    const address = app.page.url();
    await app.page.evaluate((base) => {
      window.open(`${base}/popup`);
      window.open("about:blank");
      const form = Object.assign(document.createElement("form"), { action: `${base}/form`, method: "post" });
      document.body.append(form);
      form.submit();
      form.remove();
    }, elsewhereUrl);
    for (const to of [`${elsewhereUrl}/away`, "about:blank", "data:text/html,<h1>x</h1>", "https://vault.app.invalid/index.html"]) {
      await app.page
        .evaluate((target) => {
          location.href = target;
        }, to)
        .catch(() => undefined);
      await app.page.waitForTimeout(200);
      value(app.page.url(), to).toBe(address);
    }
    await expect.poll(() => app.host.pages().length).toBe(pages);
    value(knocks).toEqual([]);
    await expect(app.composer).toBeVisible();
  });

  test("its world holds the shell's client and nothing of the preload's or the host's", async () => {
    const { names, bridge, shell } = await lookAround(app.page);
    // The page's own schema library keeps its settings on the global object.
    value(names.filter((name) => !name.startsWith("__zod_"))).toEqual(["bulkhead"]);
    value({ bridge, shell }).toEqual({ bridge: ["requestPort", "shell"], shell: ["call", "cancel", "on"] });
  });

  test("the only port it gets is the chat port, and that knows no verb of the vault, of control or of JavaScript itself", async () => {
    const foreign = [...Object.keys(vaultContract), ...Object.keys(controlContract)].filter((verb) => !(verb in chatContract));
    const names = [...foreign, "__proto__", "constructor", "toString", "hasOwnProperty", "statusChanged", "roomsChanged", "http", ""];
    value(
      await callPort(
        app.page,
        "chat",
        names.map((method) => ({ method, params: {} })),
      ),
    ).toEqual(names.map((method) => [method, "unknown-method"]));
    const attack = [
      { method: "unlock", params: { passphrase: PASSPHRASE } },
      { method: "createPassphrase", params: { passphrase: "four other unrelated words" } },
      { method: "rooms", params: { __proto__: null, extra: 1 } },
      { method: "send", params: { roomId, msgtype: "m.bad", markdown: "x", relation: {}, mentions: [] } },
    ];
    value(await callPort(app.page, "chat", attack)).toEqual([
      ["unlock", "unknown-method"],
      ["createPassphrase", "unknown-method"],
      ["rooms", "invalid-request"],
      ["send", "invalid-request"],
    ]);
    // It can be asked as before.
    value(await callPort(app.page, "chat", [{ method: "status", params: {} }])).toEqual([["status", "ok"]]);
    await expect(app.composer).toBeVisible();
  });
});

describe("what lies where", () => {
  let chatHeap = "";
  let logs = "";

  test("the vault page has no verb of the chat, and never gets a message's text", async () => {
    await app.write(`${CANARY} from us`);
    await eve.waitForBody(roomId, `${CANARY} from us`);
    await callShell(app.page, "openVault", { intent: { kind: "home" } });
    const vault = await app.vault();
    await expect(vault.getByRole("heading", { name: text("vault.home.title") })).toBeVisible();
    await eve.send(roomId, `${CANARY} from eve`);
    await app.expectMessage(`${CANARY} from eve`);
    const foreign = Object.keys(chatContract).filter((verb) => !(verb in vaultContract));
    value(
      await callPort(
        vault,
        "vault",
        foreign.map((method) => ({ method, params: { roomId } })),
      ),
    ).toEqual(foreign.map((method) => [method, "unknown-method"]));
    const heap = await heapSnapshot(vault);
    value(heap).toContain(text("vault.home.title"));
    value(heap.includes(CANARY)).toBe(false);
    await pressToClose(vault, () => vault.getByRole("button", { name: text("vault.closeVault") }).click());
  });

  test("the chat page sees messages", async () => {
    chatHeap = await heapSnapshot(app.page);
    logs = app.host.logs;
    value(chatHeap.includes(CANARY)).toBe(true);
  });

  test("no token, key, pickle or passphrase is in the chat page, in the logs or readable in the profile; no message's text either", async () => {
    await app.close();
    logs += app.host.logs;
    const secrets = await withStoreCopy(app.accountFolder, join(world.folder, "copy"), PASSPHRASE, secretsOf);
    secrets.set("passphrase", Buffer.from(PASSPHRASE));
    value(secrets.size).toBeGreaterThan(6);
    const files = filesBelow(app.profile);
    value(files.length).toBeGreaterThan(2);
    const leaks: string[] = [];
    for (const [name, secret] of secrets)
      for (const form of formsOf(secret)) {
        if (chatHeap.includes(form.toString("latin1")) || chatHeap.includes(form.toString("utf8"))) leaks.push(`${name} in the chat page`);
        if (logs.includes(form.toString("utf8"))) leaks.push(`${name} in the log`);
        for (const [path, bytes] of files) if (bytes.includes(form)) leaks.push(`${name} in ${path}`);
      }
    for (const [path, bytes] of files)
      for (const form of [Buffer.from(CANARY, "utf8"), Buffer.from(CANARY, "utf16le"), Buffer.from("Market")])
        if (bytes.includes(form)) leaks.push(`a message or a room's name in ${path}`);
    if (logs.includes(CANARY) || logs.includes(PASSWORD)) leaks.push("a message or the password in the log");
    // The password typed at sign-in may linger in freed memory of the page; it is not kept anywhere that the page can reach.
    value(leaks).toEqual([]);
  });
});
