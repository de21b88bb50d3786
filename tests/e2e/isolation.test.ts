// The claim of the whole design, looked at from outside: after a day's work in small, every secret of the account is searched for in every other process,
// in what went between the processes, in what the server got, in the log, and in every file.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect as value, test } from "vitest";
import { pressToClose } from "../../tools/demo/press-to-close.ts";
import { type AppDriver, expect, PASSPHRASE, text } from "../support/app-driver.ts";
import type { ForeignClient } from "../support/foreign-client.ts";
import { canReadMemory, processTree, readMemory } from "../support/process-memory.ts";
import { type Found, type NamedSecret, SecretScanner } from "../support/secret-scanner.ts";
import { callShell, heapSnapshot } from "./page-attacks.ts";
import { askPort } from "./page-port.ts";
import { filesBelow, withStoreCopy } from "./profile-secrets.ts";
import { registerSecrets, type SecretRegistry } from "./secret-registry.ts";
import { eventually, PASSWORD, World } from "./world.ts";

const CANARY = "canary-message-7c1f93-lantern";
const CANARY_ROOM = "canary-room-5be2d8-quay";
/** What the vault and the worker say to each other and nobody else may know. */
const confided: NamedSecret[] = [{ name: "passphrase", bytes: Buffer.from(PASSPHRASE) }];
const canaries: readonly NamedSecret[] = [
  { name: "a message", bytes: Buffer.from(CANARY) },
  { name: "a room's name", bytes: Buffer.from(CANARY_ROOM) },
];
const scanned: Record<string, number> = {};

let world: World;
let app: AppDriver;
let eve: ForeignClient;
let roomId: string;
let registry: SecretRegistry;
let folders: { readonly heaps: string; readonly traffic: string; readonly temporary: string };

beforeAll(async () => {
  world = await World.start();
  folders = { heaps: join(world.folder, "heaps"), traffic: join(world.folder, "traffic"), temporary: join(world.folder, "temporary") };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  app = await world.launch({
    env: {
      NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${folders.heaps}`,
      CHROMIUM_HOST_TRAFFIC: folders.traffic,
      TMPDIR: folders.temporary,
    },
  });
  await app.signIn("you", PASSWORD);
  await app.createPassphrase();
  eve = await world.foreign("eve");
  roomId = await eve.createRoom({ name: CANARY_ROOM, invite: [world.you] });
  await app.page.getByRole("button", { name: text("invite.acceptNamed", { room: CANARY_ROOM }) }).click();
  await expect(app.composer).toBeVisible();
  await eve.knows(roomId, world.you, "join");
  for (let n = 0; n < 3; n++) {
    await app.write(`${CANARY} from us ${n}`);
    await eve.waitForBody(roomId, `${CANARY} from us ${n}`);
    await eve.send(roomId, `${CANARY} from eve ${n}`);
    await app.expectMessage(`${CANARY} from eve ${n}`);
  }
  await callShell(app.page, "openVault", { intent: { kind: "home" } });
  const vault = await app.vault();
  await makeRecovery(vault);
  await pressToClose(vault, () => vault.getByRole("button", { name: text("common.close") }).click());
  registry = await takeRegistry("first");
}, 300_000);
afterAll(async () => {
  await World.end(world);
});

/** Secret storage and a key backup; the recovery key is in the answer. */
async function makeRecovery(vault: Page): Promise<void> {
  const { answers } = await askPort(vault, [
    { method: "enableRecovery", params: { passphrase: null, auth: { kind: "password", password: PASSWORD } } },
  ]);
  const reply = answers[0]?.[1] ?? "";
  const key = /"recoveryKey":"([^"]+)"/.exec(reply)?.[1] ?? "";
  value(key.length, reply.replaceAll(/[A-Za-z0-9 ]{20,}/g, "…")).toBeGreaterThan(40);
  confided.push(
    { name: "recovery key as shown", bytes: Buffer.from(key) },
    { name: "recovery key as typed", bytes: Buffer.from(key.replaceAll(" ", "")) },
  );
  await eventually("the backup to have keys", () => (world.homeserver.keyBackup(world.you)?.count ?? 0) > 0);
}

let copies = 0;
/** What is in the store now; a person with the passphrase could read it like this. */
const takeRegistry = (name: string): Promise<SecretRegistry> =>
  withStoreCopy(app.accountFolder, join(world.folder, `copy-${name}-${++copies}`), PASSPHRASE, registerSecrets);

/** Names of what was found; the test's message must not repeat the values. */
const names = (found: readonly Found[]): string[] => [...new Set(found.map(({ name, form, where }) => `${name}, as ${form}, in ${where}`))];

function search(what: string, secrets: readonly NamedSecret[], where: Iterable<readonly [string, Uint8Array]>): string[] {
  const scanner = new SecretScanner(secrets);
  const found = [...where].flatMap(([name, bytes]) => scanner.scan(name, bytes));
  scanned[what] = (scanned[what] ?? 0) + scanner.bytesScanned;
  return names(found);
}

function searchMemory(what: string, secrets: readonly NamedSecret[], pids: readonly number[]): string[] {
  const scanner = new SecretScanner(secrets);
  const found: Found[] = [];
  for (const pid of pids) readMemory(pid, scanner.overlap, (piece) => found.push(...scanner.scan(what, piece)));
  scanned[what] = (scanned[what] ?? 0) + scanner.bytesScanned;
  return names(found);
}

/** Main and everything of Chromium: every process of the app but the worker. */
function otherProcesses(): number[] {
  const worker = app.host.workerPid();
  value(worker).toBeDefined();
  return processTree(app.host.pid).filter((pid) => pid !== worker);
}

/** Main's heap as V8 writes it down, which collects garbage before. */
async function mainHeap(): Promise<Buffer> {
  const before = new Set(readdirSync(folders.heaps));
  process.kill(app.host.pid, "SIGUSR2");
  let file: string | undefined;
  let size = -1;
  await eventually("main to write its heap down", () => {
    file = readdirSync(folders.heaps).find((name) => !before.has(name));
    const now = file === undefined ? 0 : statSync(join(folders.heaps, file)).size;
    const complete = now > 0 && now === size;
    size = now;
    return complete;
  });
  return readFileSync(join(folders.heaps, file ?? ""));
}

const traffic = (link: string): Buffer => readFileSync(join(folders.traffic, `${link}.log`));

describe("while the account is open", () => {
  test("the account has all kinds of secrets to look for", () => {
    const found = registry.keys.map(({ name }) => name).join("\n");
    for (const kind of [
      "store key",
      "pickle key",
      "Ed25519 identity key",
      "Curve25519 identity key",
      "one-time key",
      "Olm session 0, root key",
    ])
      value(found).toContain(kind);
    for (const kind of [
      /outbound room key \d+, part 0/,
      /^room key \d+, part 3/m,
      /cross_signing_key\.seed/,
      /backup_decryption_key\.private_key/,
      /custom_value\.value/,
    ])
      value(found).toMatch(kind);
  });

  test("no key, token or passphrase is in the chat page's heap, which holds the messages", async () => {
    const heap = Buffer.from(await heapSnapshot(app.page));
    value(search("heap of the chat page", [...registry.keys, ...registry.tokens, ...confided], [["chat", heap]])).toEqual([]);
    value(search("heap of the chat page", canaries, [["chat", heap]])).not.toEqual([]);
  });

  test("no key or passphrase is in main's heap, nor a message; the token is", async () => {
    const heap = await mainHeap();
    value(search("heap of main", [...registry.keys, ...confided, ...canaries], [["main", heap]])).toEqual([]);
    value(search("heap of main", registry.tokens, [["main", heap]])).not.toEqual([]);
  });

  test("no key is in the memory of any process but the worker, freed memory included", ({ skip }) => {
    if (!canReadMemory(app.host.pid)) skip("this system keeps the memory of other processes to itself");
    const worker = app.host.workerPid();
    // The search works: in the worker it finds them.
    value(searchMemory("memory of the worker", registry.keys, worker === undefined ? [] : [worker])).not.toEqual([]);
    value(searchMemory("memory of the others", registry.keys, otherProcesses())).toEqual([]);
  });

  test("the links between the processes carried no key; the chat page's neither token nor passphrase, and main's no message", () => {
    const links = readdirSync(folders.traffic).map((name) => name.replace(/\.log$/, ""));
    value(links.toSorted()).toEqual(["chat", "vault", "worker"]);
    const all = links.map((link) => [link, traffic(link)] as const);
    value(search("links", registry.keys, all)).toEqual([]);
    value(search("links", [...registry.tokens, ...confided], [["chat", traffic("chat")]])).toEqual([]);
    value(search("links", [...registry.tokens, ...canaries], [["vault", traffic("vault")]])).toEqual([]);
    // What main passes on for the worker is ciphertext; a room's name is public in Matrix.
    value(search("links", [...canaries.slice(0, 1), ...confided], [["worker", traffic("worker")]])).toEqual([]);
    // The notes are complete enough to hold what they should.
    value(search("links", canaries, [["chat", traffic("chat")]])).not.toEqual([]);
    value(search("links", registry.tokens, [["worker", traffic("worker")]])).not.toEqual([]);
    value(search("links", confided.slice(0, 1), [["vault", traffic("vault")]])).not.toEqual([]);
  });

  test("the server got no key, passphrase or message, and the token only where it belongs", () => {
    const requests = world.homeserver.requests({ userId: world.you });
    value(requests.length).toBeGreaterThan(20);
    const bodies = requests.map(
      ({ method, path, query, body }) =>
        [`${method} ${path.replaceAll(/[!@$][^/]+/g, "…")}`, Buffer.from(JSON.stringify([path, query, body]))] as const,
    );
    value(search("requests to the server", [...registry.keys, ...registry.tokens, ...confided, ...canaries.slice(0, 1)], bodies)).toEqual(
      [],
    );
  });
});

describe("the report for the developers", () => {
  test("is shown first, says nothing of anybody, and is saved exactly as shown", async () => {
    await app.page.keyboard.press("Control+,");
    await app.page.getByRole("tab", { name: text("settings.about"), exact: true }).click();
    await app.page.getByRole("button", { name: text("diagnostics.show") }).click();
    const report = app.page.getByRole("textbox", { name: text("diagnostics.label") });
    await expect(report).toHaveValue(/"event":"app\.start"/);
    const shown = await report.inputValue();
    await app.screenshot("diagnostics");
    const path = join(world.folder, "report.txt");
    app.host.dialogs.next({ filePath: path });
    await app.page.getByRole("button", { name: text("diagnostics.save") }).click();
    await expect(app.page.getByRole("button", { name: text("diagnostics.saved") })).toBeVisible();
    value(readFileSync(path, "utf8")).toBe(shown);
    const ids = [world.you, eve.userId, roomId, world.homeserver.url, world.folder].map((id, n) => ({
      name: `id ${n}`,
      bytes: Buffer.from(id),
    }));
    const secrets = [...registry.keys, ...registry.tokens, ...confided, ...canaries, ...ids];
    value(search("report", secrets, [["report", Buffer.from(shown)]])).toEqual([]);
    await app.page.keyboard.press("Escape");
  });
});

describe("without the worker", () => {
  test("a locked app has no key in any process, and its page nothing of what it showed", async ({ skip }) => {
    const open = app.host.workerPid();
    // Locking starts the page anew, so that nobody waits for the answer.
    await callShell(app.page, "lock", {}).catch(() => undefined);
    await eventually(
      "another worker to wait for the passphrase",
      () => app.host.workerPid() !== undefined && app.host.workerPid() !== open,
    );
    await app.vault();
    await expect(app.page.getByRole("heading", { name: text("vaultGate.unlock") })).toBeVisible();
    if (canReadMemory(app.host.pid))
      value(searchMemory("memory of all processes, locked", registry.keys, processTree(app.host.pid))).toEqual([]);
    const heap = Buffer.from(await heapSnapshot(app.page));
    value(search("heap of the chat page, locked", [...registry.keys, ...canaries], [["chat", heap]])).toEqual([]);
    if (!canReadMemory(app.host.pid)) skip("this system keeps the memory of other processes to itself");
  });

  test("when the worker is killed, nobody can read what arrives, and no key is left", async ({ skip }) => {
    await app.unlock();
    await app.openRoom(CANARY_ROOM);
    await app.expectMessage(`${CANARY} from eve 2`);
    const late = "canary-late-3d9a44-breakwater";
    const open = app.host.workerPid();
    app.killWorker();
    await eventually("another worker", () => app.host.workerPid() !== undefined && app.host.workerPid() !== open);
    await eve.send(roomId, late);
    await app.page.waitForTimeout(3000);
    const secrets = [{ name: "what arrived", bytes: Buffer.from(late) }];
    const heaps = [
      ["chat", Buffer.from(await heapSnapshot(app.page))],
      ["main", await mainHeap()],
    ] as const;
    value(search("heaps, worker killed", [...registry.keys, ...secrets], heaps)).toEqual([]);
    value(search("heaps, worker killed", secrets, [["chat", traffic("chat")]])).toEqual([]);
    if (!canReadMemory(app.host.pid)) return skip("this system keeps the memory of other processes to itself");
    value(searchMemory("memory of all processes, worker killed", registry.keys, processTree(app.host.pid))).toEqual([]);
    // With the passphrase, it is read.
    await app.unlock();
    await app.openRoom(CANARY_ROOM);
    await app.expectMessage(late);
    registry = await takeRegistry("last");
  });
});

describe("on the disk", () => {
  test("no key, token, passphrase, message or room's name is in any file of the profile, in the log, or in temporary files", async () => {
    const logs = app.host.logs;
    const during = filesBelow(app.profile);
    await app.close();
    const files = [...during, ...filesBelow(app.profile), ...filesBelow(folders.temporary)];
    value(files.length).toBeGreaterThan(4);
    const secrets = [...registry.keys, ...registry.tokens, ...confided, ...canaries];
    value(search("files", secrets, files)).toEqual([]);
    value(search("output of the processes", secrets, [["output", Buffer.from(logs + app.host.logs)]])).toEqual([]);
  });

  test("how much was looked through", () => {
    const total = Object.values(scanned).reduce((sum, bytes) => sum + bytes, 0);
    const report = { secrets: registry.keys.length + registry.tokens.length + confided.length, bytes: total, of: scanned };
    const folder = join(import.meta.dirname, "..", "..", "test-output");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "isolation.json"), `${JSON.stringify(report, null, 2)}\n`);
    value(total).toBeGreaterThan(20 * 1024 * 1024);
  });
});
