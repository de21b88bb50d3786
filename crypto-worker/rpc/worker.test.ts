import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answering } from "../../tests/support/fake-network.ts";
import { chatContract } from "../../protocol/chat.ts";
import { controlContract, type Session } from "../../protocol/control.ts";
import { networkContract } from "../../protocol/network.ts";
import { connect, serve, type Client } from "../../protocol/rpc.ts";
import { vaultContract, type VaultTask } from "../../protocol/vault.ts";
import { describeContracts, PROTOCOL_VERSION } from "../../protocol/version.ts";
import { AccountHost } from "../client/account-host.ts";
import { StoreKeyCustody } from "../client/keys/store-key-custody.ts";
import { createLog } from "../log.ts";
import { soloCrew } from "../primitives/crew/crew.ts";
import { systemEnv } from "../primitives/system-env.ts";
import { serveControl } from "./control-server.ts";
import { portChannel, type PortLike } from "./port-channel.ts";
import { storeFiles } from "../store/store-files.ts";

const session: Session = {
  homeserver: "https://example.org",
  userId: "@you:example.org",
  deviceId: "DEVICE",
  accessToken: "syt_a_secret_token",
  refreshToken: null,
};
const { userId, deviceId } = session;
const hello = { version: PROTOCOL_VERSION, schemaHash: createHash("sha256").update(describeContracts()).digest("hex") };
const passphrase = "correct horse battery";

let folder: string;
let path: string;
let control: Client<typeof controlContract>;
let hosts: AccountHost[] = [];
let lines: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-worker-"));
  path = join(folder, "account.db");
  lines = [];
  startWorker();
});
afterEach(() => {
  for (const host of hosts) host.close();
  hosts = [];
  rmSync(folder, { recursive: true, force: true });
});

describe("the control port", () => {
  test("answers nothing before both sides have named the same contracts", async () => {
    expect(await control.call("newStoreKey", { wrap: "keychain" })).toEqual({ ok: false, error: { code: "protocol-mismatch" } });
    expect(await control.call("hello", { ...hello, schemaHash: "0".repeat(64) })).toMatchObject({ error: { code: "protocol-mismatch" } });
    expect(await control.call("newStoreKey", { wrap: "keychain" })).toMatchObject({ error: { code: "protocol-mismatch" } });
    expect(await control.call("hello", hello)).toEqual({ ok: true, value: hello });
    expect(await control.call("newStoreKey", { wrap: "keychain" })).toMatchObject({ ok: true });
  });

  test("creates an account with a keychain's key and opens it again", async () => {
    await control.call("hello", hello);
    const made = await control.call("newStoreKey", { wrap: "keychain" });
    expect(await control.call("createAccount", { path, session })).toEqual({ ok: true, value: {} });
    expect(await control.call("syncPosition", {})).toMatchObject({ ok: true, value: { since: null } });
    expect(await control.call("createAccount", { path, session })).toMatchObject({ error: { code: "already-signed-in" } });
    await control.call("close", {});
    if (!made.ok || made.value.wrap !== "keychain") throw new Error("no key");
    await control.call("takeStoreKey", { wrap: "keychain", storeKey: made.value.storeKey });
    expect(await control.call("openAccount", { path, userId: "@eve:example.org", deviceId })).toMatchObject({
      error: { code: "store-other-account" },
    });
    expect(await control.call("openAccount", { path, userId, deviceId })).toEqual({ ok: true, value: { session } });
  });

  test("an account is on the disk before main hears that there is one", async () => {
    await control.call("hello", hello);
    await control.call("newStoreKey", { wrap: "keychain" });
    await control.call("createAccount", { path, session });
    // Comes with the first commit that has to outlive a power cut.
    expect(existsSync(`${path}.key-check`)).toBe(true);
  });

  test("a store that exists is never replaced, one that is gone never made anew", async () => {
    await control.call("hello", hello);
    await control.call("newStoreKey", { wrap: "keychain" });
    await control.call("createAccount", { path, session });
    await control.call("close", {});
    await control.call("newStoreKey", { wrap: "keychain" });
    expect(await control.call("createAccount", { path, session })).toMatchObject({ error: { code: "conflict" } });
    expect(await control.call("openAccount", { path, userId, deviceId })).toMatchObject({ error: { code: "store-wrong-key" } });
    expect(await control.call("openAccount", { path: `${path}.other`, userId, deviceId })).toMatchObject({
      error: { code: "store-missing" },
    });
  });

  test("deletes the files of the account", async () => {
    await control.call("hello", hello);
    await control.call("newStoreKey", { wrap: "keychain" });
    await control.call("createAccount", { path, session });
    expect(await control.call("deleteAccount", {})).toMatchObject({ ok: true });
    expect(existsSync(path)).toBe(false);
    expect(await control.call("syncPosition", {})).toMatchObject({ error: { code: "not-signed-in" } });
  });

  test("logs say nothing of the session", async () => {
    await control.call("hello", hello);
    await control.call("newStoreKey", { wrap: "keychain" });
    await control.call("createAccount", { path, session });
    await control.call("receiveSync", { since: null, body: "not json" });
    expect(lines.join("\n")).not.toMatch(/syt_|@you|example\.org|account\.db/);
  });
});

describe("the vault port", () => {
  test("a passphrase is chosen, then needed; failures are counted and the seal appears with the store", async () => {
    await control.call("hello", hello);
    const vault = connect(vaultContract, await window("vault"));
    const tasks: VaultTask[] = [];
    vault.on("taskChanged", (task) => tasks.push(task));
    const wanted: boolean[] = [];
    control.on("vaultWanted", (event) => wanted.push(event.wanted));

    expect(await vault.call("seal", {})).toEqual({ ok: true, value: null });
    const made = control.call("newStoreKey", { wrap: "passphrase" });
    expect(await until(() => tasks.at(-1))).toEqual({ kind: "create-passphrase" });
    expect(await vault.call("createPassphrase", { passphrase: "aaaaaaaaa" })).toMatchObject({ error: { code: "weak-passphrase" } });
    expect(await vault.call("createPassphrase", { passphrase })).toEqual({ ok: true, value: {} });
    const wrapped = await made;
    if (!wrapped.ok || wrapped.value.wrap !== "passphrase") throw new Error("no wrapped key");
    await control.call("createAccount", { path, session });
    const seal = await vault.call("seal", {});
    expect(seal).toMatchObject({ ok: true, value: { symbols: expect.any(Array) } });
    await control.call("close", {});

    const taken = control.call("takeStoreKey", wrapped.value);
    await until(() => tasks.at(-1)?.kind === "unlock");
    expect(await vault.call("unlock", { passphrase: "wrong horse battery" })).toMatchObject({ error: { code: "wrong-passphrase" } });
    expect(await vault.call("task", {})).toEqual({ ok: true, value: { kind: "unlock", failures: 1 } });
    expect(await control.call("openAccount", { path, userId, deviceId })).toMatchObject({ error: { code: "locked" } });
    expect(await vault.call("unlock", { passphrase })).toEqual({ ok: true, value: {} });
    expect((await taken).ok).toBe(true);
    expect(await control.call("openAccount", { path, userId, deviceId })).toMatchObject({ ok: true });
    expect(await vault.call("seal", {})).toEqual(seal);
    expect(wanted).toEqual([true, false, true, false]);
  });

  test("giving up the call takes the dialog away", async () => {
    await control.call("hello", hello);
    const vault = connect(vaultContract, await window("vault"));
    const controller = new AbortController();
    const made = control.call("newStoreKey", { wrap: "passphrase" }, { signal: controller.signal });
    await until(async () => {
      const task = await vault.call("task", {});
      return task.ok && task.value.kind === "create-passphrase";
    });
    controller.abort();
    expect(await made).toEqual({ ok: false, error: { code: "cancelled" } });
    expect(await vault.call("task", {})).toEqual({ ok: true, value: { kind: "idle" } });
  });

  test("has no verb of the chat port, and the chat port none of the vault's", async () => {
    await control.call("hello", hello);
    for (const [kind, foreign] of [
      ["vault", "rooms"],
      ["chat", "unlock"],
      ["chat", "seal"],
      ["chat", "constructor"],
      ["vault", "__proto__"],
    ] as const) {
      const channel = await window(kind);
      const answer = new Promise((resolve) => channel.onMessage(resolve));
      channel.post({ id: 1, method: foreign, params: {} });
      expect(await answer).toEqual({ id: 1, ok: false, error: { code: "unknown-method" } });
    }
  });
});

describe("the chat port", () => {
  test("waits for the account and follows it", async () => {
    await control.call("hello", hello);
    const chat = connect(chatContract, await window("chat"));
    expect(await chat.call("account", {})).toMatchObject({ error: { code: "not-signed-in" } });
    await control.call("newStoreKey", { wrap: "keychain" });
    await control.call("createAccount", { path, session });
    expect(await chat.call("account", {})).toMatchObject({ ok: true, value: { userId, deviceId } });
    const rooms: string[] = [];
    chat.on("roomsChanged", ({ upserts }) => rooms.push(...upserts.map((room) => room.name)));
    const body = JSON.stringify({
      next_batch: "s1",
      rooms: {
        join: {
          "!a:example.org": {
            state: {
              events: [
                event("$create", "m.room.create", { room_version: "11" }, ""),
                event("$member", "m.room.member", { membership: "join" }, userId),
                event("$name", "m.room.name", { name: "Lobby" }, ""),
              ],
            },
            timeline: { limited: false, prev_batch: "p", events: [event("$1", "m.room.message", { msgtype: "m.text", body: "hi" })] },
          },
        },
      },
    });
    expect(await control.call("receiveSync", { since: null, body })).toEqual({ ok: true, value: { since: "s1" } });
    await until(() => rooms.includes("Lobby"));
    expect(await chat.call("openTimeline", { roomId: "!a:example.org", limit: 50 })).toMatchObject({
      ok: true,
      value: { items: [{ content: { kind: "message", body: "hi" } }], reachedStart: false },
    });
    // Main repeats a batch that it is not sure about: nothing happens twice.
    expect(await control.call("receiveSync", { since: null, body })).toEqual({ ok: true, value: { since: "s1" } });
  });
});

function event(event_id: string, type: string, content: object, state_key?: string) {
  return {
    event_id,
    type,
    content,
    sender: userId,
    origin_server_ts: 1_700_000_000_000,
    ...(state_key === undefined ? {} : { state_key }),
  };
}

function startWorker(): void {
  const [ours, theirs] = portPair();
  const channel = portChannel(theirs);
  const log = createLog((line) => lines.push(line), Date.now);
  const custody = new StoreKeyCustody(systemEnv);
  const host = new AccountHost({
    custody,
    stores: storeFiles,
    network: connect(networkContract, channel),
    env: systemEnv,
    log,
    crew: soloCrew,
  });
  serveControl(host, custody, channel, log);
  const mains = portChannel(ours);
  serve(networkContract, answering({ status: 404, body: "{}", bytes: null, contentType: null }), mains);
  control = connect(controlContract, mains);
  hosts.push(host);
}

async function window(kind: "chat" | "vault") {
  const [ours, theirs] = portPair();
  expect(await control.call("connectPort", { kind }, { transfer: [theirs] })).toEqual({ ok: true, value: {} });
  return portChannel(ours);
}

/** Two ends that deliver as Electron's do: data cloned, ports beside it. */
function portPair(): [PortLike, PortLike] {
  const listeners = [new Set<(event: unknown) => void>(), new Set<(event: unknown) => void>()];
  const end = (mine: number): PortLike => ({
    on: (name, listener) => (name === "message" ? listeners[mine]?.add(listener) : undefined),
    postMessage(message, transfer = []) {
      const data: unknown = structuredClone(message);
      setImmediate(() => listeners[1 - mine]?.forEach((listener) => listener({ data, ports: transfer })));
    },
  });
  return [end(0), end(1)];
}

async function until<T>(probe: () => T | Promise<T>): Promise<T> {
  for (let i = 0; i < 500; i += 1) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("waited in vain");
}
