// Hostile messages on every port, against the real servers: each well-formed call is answered once, with a typed reply; nothing crashes, nothing is a bug
// of ours, and nothing that was refused has changed anything.
import { storeFiles } from "../../crypto-worker/store/store-files.ts";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { AccountHost } from "../../crypto-worker/client/account-host.ts";
import { StoreKeyCustody } from "../../crypto-worker/client/keys/store-key-custody.ts";
import { createLog } from "../../crypto-worker/log.ts";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { soloCrew } from "../../crypto-worker/primitives/crew/crew.ts";
import { systemEnv } from "../../crypto-worker/primitives/system-env.ts";
import { serveControl } from "../../crypto-worker/rpc/control-server.ts";
import { portChannel, type PortLike } from "../../crypto-worker/rpc/port-channel.ts";
import { openSqlCipherStore } from "../../crypto-worker/store/store.ts";
import { Account } from "../../main/account/account.ts";
import { shellHandlers } from "../../main/ipc/shell-handlers.ts";
import { pickVaultHandlers, vaultShellContract } from "../../main/ipc/vault-shell.ts";
import { Log } from "../../main/logging/log.ts";
import { systemClock } from "../../main/matrix/clock.ts";
import { HomeserverClient } from "../../main/matrix/homeserver-client.ts";
import { serveHttp } from "../../main/matrix/network-server.ts";
import type { RawRequest } from "../../main/matrix/transport.ts";
import { mediaHandlers } from "../../main/media/media-server.ts";
import { MediaSpool } from "../../main/media/media-spool.ts";
import { ProfileFolder } from "../../main/profile/profile-folder.ts";
import { chatContract } from "../../protocol/chat.ts";
import { controlContract } from "../../protocol/control.ts";
import type { Contract } from "../../protocol/define.ts";
import { rpcErrorSchema } from "../../protocol/errors.ts";
import { networkContract } from "../../protocol/network.ts";
import { err, ok } from "../../protocol/result.ts";
import { connect, serve, type Channel, type Client } from "../../protocol/rpc.ts";
import { shellContract, type Settings } from "../../protocol/shell.ts";
import { vaultContract } from "../../protocol/vault.ts";
import { describeContracts, PROTOCOL_VERSION } from "../../protocol/version.ts";
import { answering } from "../support/fake-network.ts";
import { changedTables, dump, isPolluted, mutate, NASTY } from "../support/hostile.ts";
import { shellDeps } from "../support/shell-deps.ts";
import { seedOf, Seeded } from "../support/seeded.ts";

const SEED = seedOf("FUZZ_SEED");
const ROOM = "!room:example.org";
const SPOOL = "0123456789abcdef0123456789abcdef";
const session = {
  homeserver: "https://example.org",
  userId: "@you:example.org",
  deviceId: "DEVICE",
  accessToken: "syt_token",
  refreshToken: null,
};
const hello = { version: PROTOCOL_VERSION, schemaHash: createHash("sha256").update(describeContracts()).digest("hex") };
const passphrase = "correct horse battery";
const wrapped = { kdf: "scrypt", salt: "AAAA", n: 2 ** 14, r: 8, p: 1, nonce: "AAAA", ciphertext: "AAAA" };

const replySchema = z.union([
  z.strictObject({ id: z.int(), ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ id: z.int(), ok: z.literal(false), error: rpcErrorSchema }),
]);

/** Good parameters to spoil, for verbs that have some. */
const PARAMS: Readonly<Record<string, unknown>> = {
  hello,
  newStoreKey: { wrap: "passphrase" },
  takeStoreKey: { wrap: "passphrase", wrapped },
  createAccount: { path: "/nowhere/x.db", session },
  openAccount: { path: "/nowhere/x.db", userId: session.userId, deviceId: session.deviceId },
  updateSession: { session },
  connectPort: { kind: "vault" },
  receiveSync: { since: null, body: "{}" },
  connectivity: { online: true },
  sessionEnded: { soft: true },
  createPassphrase: { passphrase },
  unlock: { passphrase },
  changePassphrase: { current: passphrase, next: passphrase },
  rewrapStoreKey: { from: { wrap: "passphrase", wrapped }, to: "keychain" },
  describe: { userId: "@ada:example.org", deviceId: "D" },
  requestVerification: { target: { kind: "device", userId: "@ada:example.org", deviceId: "D" } },
  acceptVerification: { flowId: "F" },
  startSas: { flowId: "F" },
  confirmSas: { flowId: "F" },
  mismatchSas: { flowId: "F" },
  cancelVerification: { flowId: "F" },
  showQr: { flowId: "F" },
  scanQr: { flowId: "F", data: Uint8Array.of(1, 2, 3) },
  confirmQrScanned: { flowId: "F" },
  dismissVerification: { flowId: "F" },
  withdrawVerification: { userId: "@ada:example.org" },
  setUpIdentity: { auth: { kind: "password", password: "x" } },
  resetIdentity: { auth: { kind: "browser", session: "x" } },
  signOutDevices: { deviceIds: ["D"], auth: { kind: "none" } },
  enableRecovery: { passphrase, auth: { kind: "none" } },
  recover: { recoveryKey: "EsTc" },
  changeRecovery: { passphrase: null },
  exportKeys: { passphrase },
  readExport: { exportId: "E" },
  appendImport: { importId: "I", piece: "x" },
  importKeys: { importId: "I", passphrase },
  cancelJob: { job: "export-keys" },
  roomSafety: { roomId: ROOM },
  changePrecautions: { onlyVerified: true, exchangeKeys: false },
  setRoomPrecautions: { roomId: ROOM, onlyVerified: true },
  sendAnyway: { roomId: ROOM, itemId: "~1", devices: [{ userId: "@ada:example.org", deviceIds: ["D"] }] },
  askOwnDevices: { roomId: ROOM, eventId: "$1" },
  acceptIdentity: { userId: "@ada:example.org" },
  renameDevice: { deviceId: "D", name: "x" },
  openVault: { intent: { kind: "verify-user", userId: "@ada:example.org" } },
  changeAppLock: { to: "passphrase" },
  setQuiet: { quiet: true },
  room: { roomId: ROOM },
  openTimeline: { roomId: ROOM, limit: 50 },
  paginateBack: { roomId: ROOM, before: 10, limit: 50 },
  messageLink: { roomId: ROOM, eventId: "$1" },
  editHistory: { roomId: ROOM, eventId: "$1" },
  pins: { roomId: ROOM },
  setPinned: { roomId: ROOM, eventId: "$1", pinned: true },
  forward: { roomId: ROOM, eventId: "$1", toRoomId: ROOM },
  startPoll: { roomId: ROOM, poll: { question: "Lunch?", answers: ["Soup", "Bread"], disclosed: true, maxSelections: 1 } },
  answerPoll: { roomId: ROOM, eventId: "$1", answers: ["1"] },
  endPoll: { roomId: ROOM, eventId: "$1" },
  typing: { roomId: ROOM, typing: true },
  markRead: { roomId: ROOM, eventId: "$1", visible: true },
  markUnread: { roomId: ROOM, unread: true },
  setFavourite: { roomId: ROOM, favourite: true },
  setRoomNotify: { roomId: ROOM, notify: "mentions" },
  draft: { roomId: ROOM },
  recentEmoji: {},
  noteEmoji: { emoji: "🦊" },
  saveDraft: { roomId: ROOM, draft: { text: "hi", about: { kind: "reply", eventId: "$1" }, mentions: [] } },
  send: { roomId: ROOM, msgtype: "text", markdown: "hi", relation: { replyTo: "$1" }, mentions: ["@ada:example.org"] },
  edit: { roomId: ROOM, eventId: "$1", markdown: "hi" },
  react: { roomId: ROOM, eventId: "$1", key: "x" },
  redact: { roomId: ROOM, eventId: "$1", reason: "x" },
  cancelSend: { roomId: ROOM, itemId: "~1" },
  createRoom: { name: "x", encrypted: true, invite: ["@ada:example.org"], direct: false },
  invite: { roomId: ROOM, userId: "@ada:example.org" },
  join: { roomIdOrAlias: "#x:example.org", via: ["example.org"] },
  roomByAlias: { alias: "#x:example.org" },
  setBlacklisted: { userId: "@ada:example.org", deviceId: "D", blacklisted: true },
  avatar: { mxc: "mxc://example.org/x", size: 64 },
  search: { query: "hi", limit: 10 },
  beginAttachment: { roomId: ROOM, name: "x.png", mimetype: "image/png", size: 3, kind: "image", width: 1, height: 1 },
  appendAttachment: { attachmentId: "A", bytes: Uint8Array.of(1, 2, 3) },
  discardAttachment: { attachmentId: "A" },
  sendAttachment: { attachmentId: "A", thumbnail: null, caption: "hi", relation: { replyTo: "$1" }, mentions: [] },
  openAttachment: { roomId: ROOM, id: "$1", part: "file" },
  readAttachment: { transferId: "T", offset: 0 },
  closeAttachment: { transferId: "T" },
  spoolAppend: { spoolId: SPOOL, offset: 0, bytes: Uint8Array.of(1, 2, 3), durable: false },
  spoolRead: { spoolId: SPOOL, offset: 0, length: 10 },
  spoolRemove: { spoolIds: [SPOOL] },
  upload: { spoolId: SPOOL, path: "/_matrix/media/v3/upload", contentType: "application/octet-stream", timeoutMs: 1000 },
  download: { spoolId: SPOOL, path: "/_matrix/client/v1/media/download/x/y", maxBytes: 1000, timeoutMs: 1000 },
  searchUsers: { term: "ada" },
  setDisplayName: { name: "x" },
  http: {
    id: "1",
    kind: "room",
    method: "GET",
    path: "/_matrix/client/versions",
    accept: "json",
    auth: true,
    timeoutMs: 1000,
    retry: "never",
  },
  discover: { server: "example.org" },
  loginPassword: { server: "example.org", user: "you", password: "x" },
  openExternal: { url: "https://example.org" },
  changeSettings: { theme: "dark" },
  logout: { force: false },
};

let folder: string;
let path: string;
let host: AccountHost;
let control: Client<typeof controlContract>;
let mainsPort: PortLike;
let lines: string[];
let chance: Seeded;

beforeAll(() => OlmMachine.ready());

beforeEach(() => {
  chance = new Seeded(SEED);
  folder = mkdtempSync(join(tmpdir(), "bulkhead-ports-"));
  path = join(folder, "account.db");
  lines = [];
  startWorker();
});

afterEach(() => {
  host.close();
  rmSync(folder, { recursive: true, force: true });
  expect(lines.filter((line) => line.includes('"bug"') || line.includes('"fatal"'))).toEqual([]);
  expect(isPolluted()).toBe(false);
});

describe(`FUZZ_SEED=${SEED}`, () => {
  test.each(["chat", "vault"] as const)("the %s port of the worker", async (kind) => {
    const key = await openAccount();
    const before = await state(key);
    const port = await connectPort(kind);
    await attack(port, kind === "chat" ? chatContract : vaultContract, { valid: "refused" });
    port.postMessage({ cancel: -1 });
    expect(changedTables(before, await state(key))).toEqual([]);
  });

  test("good calls of the chat port about what is not there", async () => {
    const key = await openAccount();
    const before = await state(key);
    const port = await connectPort("chat");
    for (const [method, verb] of Object.entries(chatContract)) {
      if (verb.kind !== "call" || WRITES_WITHOUT_ROOM.has(method)) continue;
      const reply = replySchema.parse(await ask(port, { id: nextId(), method, params: PARAMS[method] ?? {} }));
      if (!reply.ok) expect(reply.error.code).not.toBe("internal");
    }
    // A display name is all that could be written without a room, and the server has refused that.
    expect(changedTables(before, await state(key)).filter((table) => table !== "device")).toEqual([]);
  });

  test("the control port of the worker, before the greeting and after it", async () => {
    await attack(mainsPort, controlContract, { valid: "skipped" });
    expect(readdirSync(folder)).toEqual([]);
    const key = await openAccount();
    const before = await state(key);
    await attack(mainsPort, controlContract, { valid: "skipped" });
    expect(changedTables(before, await state(key))).toEqual([]);
  });

  test("main's network port: nothing leaves for anywhere else", async () => {
    const sent: RawRequest[] = [];
    const transport = {
      send: (request: RawRequest) => {
        sent.push(request);
        return Promise.resolve(
          ok({ status: 200, contentType: "application/json", retryAfter: null, location: null, body: new Uint8Array() }),
        );
      },
    };
    const log = new Log("test", []);
    const client = new HomeserverClient(transport, systemClock, log, { refreshed: () => Promise.resolve(), ended: () => undefined });
    client.useSession(session);
    const [ours, theirs] = portPair();
    const bugs: unknown[] = [];
    const http: Parameters<typeof serve<typeof networkContract>>[1]["http"] = (request, { signal }) => serveHttp(client, request, signal);
    const media = mediaHandlers(client, new MediaSpool(join(folder, "media")), () => undefined);
    serve(networkContract, { http, ...media }, portChannel(theirs), { onBug: (_, error) => bugs.push(error) });
    await attack(ours, networkContract, { valid: "tried" });
    const paths = fc.oneof(
      fc.string({ unit: "binary" }).map((text) => `/_matrix/${text}`),
      fc.string({ unit: "binary" }).map((text) => `/_matrix/client/v3/rooms/${text}`),
      fc
        .array(
          fc.constantFrom("..", ".", "%2e%2e", "%2E.", "/", "\\", "//evil.example", "@evil.example", "?", "#", "a", "\t", "\u0000", ":80"),
          { maxLength: 6 },
        )
        .map((parts) => `/_matrix/client/v3/rooms/${parts.join("/")}`),
    );
    await fc.assert(
      fc.asyncProperty(paths, async (target) => {
        const params = { ...z.object({}).loose().parse(PARAMS["http"]), path: target };
        replySchema.parse(await ask(ours, { id: nextId(), method: "http", params }));
      }),
      { numRuns: 150, seed: SEED },
    );
    expect(sent.length).toBeGreaterThan(20);
    for (const { url } of sent)
      expect(new URL(url)).toMatchObject({
        origin: "https://example.org",
        pathname: expect.stringMatching(/^\/_matrix\/(?:client|media)\/(?:v[13]\/|versions$)/),
      });
    expect(bugs).toEqual([]);
  });

  test("main's shell port, for both pages", async () => {
    const profile = join(folder, "profile");
    const log = new Log("test", []);
    const account = new Account({
      folder: new ProfileFolder(profile),
      keychain: undefined,
      spawner: { spawn: () => ({ channel: silentChannel(), onExit: () => undefined, kill: () => undefined }) },
      transport: { send: () => Promise.resolve(err("offline" as const)) },
      clock: systemClock,
      log,
    });
    const saved: Settings[] = [];
    const handlers = shellHandlers({ ...shellDeps(account), saveSettings: (next) => saved.push(next) });
    const bugs: unknown[] = [];
    const onBug = (_: string, error: unknown): void => void bugs.push(error);
    const [chat, chatEnd] = portPair();
    const [vault, vaultEnd] = portPair();
    serve(shellContract, handlers, portChannel(chatEnd), { onBug });
    serve(vaultShellContract, pickVaultHandlers(handlers), portChannel(vaultEnd), { onBug });
    // Signing in waits for a worker that never comes here, so that calls which are good by accident are left out.
    await attack(chat, shellContract, { valid: "skipped" });
    await attack(vault, vaultShellContract, { valid: "skipped" });
    expect(replySchema.parse(await ask(vault, { id: nextId(), method: "logout", params: { force: true } }))).toMatchObject({
      error: { code: "unknown-method" },
    });
    expect(saved).toEqual([]);
    expect(bugs).toEqual([]);
    expect(account.state.value).toEqual({ phase: "starting" });
  });
});

/**
 * Every verb with nasty and spoilt parameters, verbs that do not exist, and messages that are no calls. What happens to a call that is good by accident:
 * `refused` and `tried` ones are sent, and of the former the server is expected to refuse those that would write.
 */
async function attack(port: PortLike, contract: Contract, { valid }: { readonly valid: "refused" | "tried" | "skipped" }): Promise<void> {
  for (const [method, verb] of Object.entries(contract)) {
    const good = PARAMS[method] ?? {};
    const hostile = [...NASTY, ...Array.from({ length: 25 }, () => mutate(good, chance))];
    for (const params of hostile) {
      const isGood = verb.kind === "call" && verb.params.safeParse(params).success;
      if (isGood && valid === "skipped") continue;
      if (isGood && valid === "refused" && WRITES.has(method)) continue;
      const reply = replySchema.parse(await ask(port, { id: nextId(), method, params }));
      if (!reply.ok) expect(reply.error.code).not.toBe("internal");
      if (!isGood) expect(reply).toMatchObject({ ok: false, error: { code: verb.kind === "call" ? "invalid-request" : "unknown-method" } });
    }
  }
  for (const method of ["__proto__", "constructor", "toString", "", "hasOwnProperty", "x".repeat(64), "\ud800"]) {
    expect(replySchema.parse(await ask(port, { id: nextId(), method, params: {} }))).toMatchObject({ error: { code: "unknown-method" } });
  }
  const call = { id: 1, method: "status", params: {} };
  const noise = [
    ...NASTY,
    ...[-1, 1.5, Number.NaN, "1", null, 2 ** 53].map((id) => ({ ...call, id })),
    { ...call, method: "x".repeat(65) },
    { ...call, extra: 1 },
    { id: 1, ok: true, value: {} },
    { id: 1, ok: false, error: { code: "internal" } },
    { event: "status", payload: {} },
    { cancel: 10 ** 9 },
    { cancel: "1" },
    ...fc.sample(fc.anything({ maxDepth: 3, withBigInt: true, withDate: true, withMap: true, withTypedArray: true }), {
      numRuns: 60,
      seed: SEED,
    }),
  ];
  let replies = 0;
  const count = (): void => void (replies += 1);
  port.on("message", count);
  for (const message of noise) if (isCloneable(message)) port.postMessage(message);
  // The last one is answered, and it is the only one.
  replySchema.parse(await ask(port, { id: nextId(), method: "no-such-verb", params: {} }));
  expect(replies).toBe(1);
}

/** What holds for all rooms is there without any. */
const WRITES_WITHOUT_ROOM: ReadonlySet<string> = new Set(["changePrecautions", "noteEmoji"]);

/** What may be written by a call that is good: these are tried by themselves. */
const WRITES: ReadonlySet<string> = new Set([
  "createPassphrase",
  "unlock",
  "setDisplayName",
  "setBlacklisted",
  ...WRITES_WITHOUT_ROOM,
  "devices",
  "createRoom",
  "join",
  // These ask the server for somebody's devices, and from then on follow them.
  "describe",
  "requestVerification",
  // These ask the server for our own devices first, which is noted.
  "setUpIdentity",
  "resetIdentity",
  "enableRecovery",
  "recover",
  "changeRecovery",
  "disableRecovery",
]);

let id = 0;
const nextId = (): number => ++id;

function isCloneable(message: unknown): boolean {
  try {
    structuredClone(message);
    return true;
  } catch (error) {
    if (error instanceof DOMException || error instanceof RangeError) return false;
    throw error;
  }
}

function ask(port: PortLike, message: { readonly id: number; readonly method: string; readonly params: unknown }): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => resolve({ id: message.id, unanswered: message.method }), 5000);
  port.on("message", (event) => {
    const data = event instanceof Object && "data" in event ? event.data : undefined;
    if (data instanceof Object && "id" in data && data.id === message.id && "ok" in data) {
      clearTimeout(timer);
      resolve(data);
    }
  });
  port.postMessage(isCloneable(message) ? message : { ...message, params: null });
  return promise;
}

/** Signs in on a new store with one room in it; answers its key. */
async function openAccount(): Promise<Uint8Array> {
  await control.call("hello", hello);
  const made = await control.call("newStoreKey", { wrap: "keychain" });
  if (!made.ok || made.value.wrap !== "keychain") throw new Error("no key");
  const key = Uint8Array.from(made.value.storeKey);
  expect(await control.call("createAccount", { path, session })).toMatchObject({ ok: true });
  const event = (event_id: string, type: string, content: object, state_key?: string) => ({
    event_id,
    type,
    content,
    sender: session.userId,
    origin_server_ts: 1_700_000_000_000,
    ...(state_key === undefined ? {} : { state_key }),
  });
  const events = [
    event("$create", "m.room.create", { room_version: "11" }, ""),
    event("$me", "m.room.member", { membership: "join" }, session.userId),
  ];
  const body = JSON.stringify({
    next_batch: "s1",
    rooms: {
      join: {
        "!other:example.org": {
          state: { events },
          timeline: { events: [event("$1", "m.room.message", { msgtype: "m.text", body: "hi" })] },
        },
      },
    },
  });
  expect(await control.call("receiveSync", { since: null, body })).toMatchObject({ ok: true });
  await new Promise((resolve) => setTimeout(resolve, 50));
  return key;
}

/** What is on disk once the account is closed; then it is open again. */
async function state(key: Uint8Array): Promise<ReturnType<typeof dump>> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await control.call("close", {})).toMatchObject({ ok: true });
  const store = openSqlCipherStore({ path, key });
  const rows = dump(store);
  store.close();
  await control.call("takeStoreKey", { wrap: "keychain", storeKey: Uint8Array.from(key) });
  expect(await control.call("openAccount", { path, userId: session.userId, deviceId: session.deviceId })).toMatchObject({ ok: true });
  return rows;
}

function startWorker(): void {
  const [ours, theirs] = portPair();
  const channel = portChannel(theirs);
  const log = createLog((line) => lines.push(line), Date.now);
  const custody = new StoreKeyCustody(systemEnv);
  host = new AccountHost({ custody, stores: storeFiles, network: connect(networkContract, channel), env: systemEnv, log, crew: soloCrew });
  serveControl(host, custody, channel, log);
  mainsPort = ours;
  const mainsChannel = portChannel(ours);
  serve(networkContract, answering({ status: 404, body: "{}", bytes: null, contentType: null }), mainsChannel);
  control = connect(controlContract, mainsChannel);
  // Numbers of this file's calls and of the client's must not meet.
  id = 1_000_000 + randomBytes(2).readUInt16BE();
}

async function connectPort(kind: "chat" | "vault"): Promise<PortLike> {
  const [ours, theirs] = portPair();
  expect(await control.call("connectPort", { kind }, { transfer: [theirs] })).toMatchObject({ ok: true });
  return ours;
}

const silentChannel = (): Channel => ({
  post: () => undefined,
  onMessage: () => undefined,
  onClose: () => undefined,
  close: () => undefined,
});

/** Two ends that deliver as Electron's do: data cloned, ports beside it. */
function portPair(): [PortLike, PortLike] {
  const listeners = [new Set<(event: unknown) => void>(), new Set<(event: unknown) => void>()];
  const end = (mine: number): PortLike => ({
    on: (name, listener) => (name === "message" ? listeners[mine]?.add(listener) : undefined),
    postMessage(message, transfer = []) {
      const data: unknown = structuredClone(message);
      setImmediate(() => {
        for (const listener of listeners[1 - mine] ?? []) listener({ data, ports: transfer });
      });
    },
  });
  return [end(0), end(1)];
}
