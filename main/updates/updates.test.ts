import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { UpdateState } from "../../protocol/messages/update-state.ts";
import { APP_ID, UpdateFeedServer } from "../../tests/support/update-feed-server.ts";
import { publicKeyOf } from "../../tools/release/signed-feed.ts";
import { Log } from "../logging/log.ts";
import type { Clock } from "../matrix/clock.ts";
import { fetchTransport } from "../matrix/transport.ts";
import { appImageInstaller } from "./install/app-image.ts";
import { Updates, type UpdatePlan } from "./updates.ts";

let server: UpdateFeedServer;
let folder: string;
let appImage: string;
let restarted: string[];
let phases: UpdateState["phase"][];
const content = randomBytes(300_000);

beforeEach(async () => {
  server = await UpdateFeedServer.start();
  folder = mkdtempSync(join(tmpdir(), "bulkhead-updates-"));
  appImage = join(folder, "Bulkhead.AppImage");
  writeFileSync(appImage, "the old one");
  restarted = [];
  phases = [];
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const seenFile = (): string => join(folder, "newest-update.json");
const always = (): boolean => true;
const OUTDATED = { phase: "failed", code: "update-outdated", version: null };
const MINUTE_MS = 60_000;

/** Announces a version as signed some minutes from now, or before. */
const publishAt = (minutes: number, version: string): void =>
  void server.publish(version, content, { change: { issued: new Date(Date.now() + minutes * MINUTE_MS).toISOString() } });

/** A clock on which nothing comes by itself. */
const still: Clock = { now: () => Date.now(), random: () => 0.5, sleep: () => new Promise(() => undefined) };

function updatesOf(plan: UpdatePlan, clock: Clock = still): Updates {
  const updates = new Updates({
    plan,
    folder: join(folder, "updates"),
    seenFile: seenFile(),
    transport: fetchTransport,
    clock,
    log: new Log("test", []),
    leave: (last) => {
      last();
      return Promise.resolve();
    },
  });
  updates.state.watch(({ phase }) => {
    if (phases.at(-1) !== phase) phases.push(phase);
  });
  return updates;
}

function planFor(change: { readonly version?: string; readonly keys?: string[] } = {}): UpdatePlan {
  return {
    kind: "self",
    feed: { appId: APP_ID, url: server.url, channel: "stable", keys: change.keys ?? [server.publicKey], windowsPublisher: null },
    installed: { appId: APP_ID, channel: "stable", version: change.version ?? "0.1.0", kind: "appimage", arch: "x64" },
    installer: appImageInstaller(appImage, (program) => restarted.push(program)),
  };
}

async function settled(updates: Updates): Promise<UpdateState> {
  const busy: ReadonlySet<string> = new Set(["checking", "downloading", "installing"]);
  const { promise, resolve } = Promise.withResolvers<UpdateState>();
  const look = (state: UpdateState): void => void (busy.has(state.phase) || resolve(state));
  updates.state.watch(look);
  look(updates.state.value);
  return promise;
}

async function check(plan: UpdatePlan = planFor()): Promise<UpdateState> {
  const updates = updatesOf(plan);
  expect(updates.check()).toBe(true);
  return settled(updates);
}

const downloads = (): string[] => (existsSync(join(folder, "updates")) ? readdirSync(join(folder, "updates")) : []);

describe("a good update", () => {
  test("is downloaded and checked, and installed only when a person says so", async () => {
    server.publish("0.2.0", content);
    const updates = updatesOf(planFor());
    expect(updates.install()).toBe(false);
    updates.check();
    expect(updates.check(), "one at a time").toBe(false);
    expect(await settled(updates)).toEqual({ phase: "ready", version: "0.2.0" });
    expect(phases).toEqual(["checking", "downloading", "ready"]);
    expect(server.asked).toEqual(["/feed/stable.json", "/feed/stable.json.sig", "/feed/app-0.2.0-x64.AppImage"]);
    expect(readFileSync(appImage, "utf8")).toBe("the old one");

    expect(updates.install()).toBe(true);
    await expect.poll(() => restarted).toEqual([appImage]);
    expect(readFileSync(appImage).equals(content)).toBe(true);
    expect(statSync(appImage).mode & 0o777).toBe(0o755);
    expect(readdirSync(folder).toSorted()).toEqual(["Bulkhead.AppImage", "newest-update.json", "updates"]);
  });

  test("that is here already is not fetched again; what is left of others goes", async () => {
    server.publish("0.2.0", content);
    await check();
    writeFileSync(join(folder, "updates", "app-0.1.5-x64.AppImage"), "old");
    writeFileSync(join(folder, "updates", "app-0.2.0-x64.AppImage.part"), "half");
    server.asked.length = 0;
    expect(await check()).toEqual({ phase: "ready", version: "0.2.0" });
    expect(server.asked).toEqual(["/feed/stable.json", "/feed/stable.json.sig"]);
    expect(downloads()).toEqual(["app-0.2.0-x64.AppImage"]);
  });

  test("may be signed by an old key and a new one", async () => {
    const next = generateKeyPairSync("ed25519").privateKey;
    server.publish("0.2.0", content, { keys: [server.key, next] });
    expect(await check(planFor({ keys: [publicKeyOf(next)] }))).toMatchObject({ phase: "ready" });
    expect(await check(planFor({ keys: [server.publicKey] }))).toMatchObject({ phase: "ready" });
  });

  test("that was changed while it waited is not installed", async () => {
    server.publish("0.2.0", content);
    const updates = updatesOf(planFor());
    updates.check();
    await settled(updates);
    writeFileSync(join(folder, "updates", "app-0.2.0-x64.AppImage"), "something else");
    updates.install();
    expect(await settled(updates)).toEqual({ phase: "failed", code: "update-untrusted", version: "0.2.0" });
    expect(readFileSync(appImage, "utf8")).toBe("the old one");
    expect(restarted).toEqual([]);
  });

  test("that was withdrawn while it waited is not installed, and does not stay", async () => {
    publishAt(-2, "0.2.0");
    const updates = updatesOf(planFor());
    updates.check();
    await settled(updates);
    publishAt(-1, "0.1.0");
    updates.install();
    expect(await settled(updates)).toMatchObject({ phase: "idle", checkedAt: expect.any(Number) });
    expect(restarted).toEqual([]);
    expect(downloads()).toEqual([]);
  });

  test("makes way for a newer one that came while it waited; that one waits for a word of its own", async () => {
    publishAt(-2, "0.2.0");
    const updates = updatesOf(planFor());
    updates.check();
    await settled(updates);
    publishAt(-1, "0.3.0");
    updates.install();
    expect(await settled(updates)).toEqual({ phase: "ready", version: "0.3.0" });
    expect(restarted).toEqual([]);
    expect(downloads()).toEqual(["app-0.3.0-x64.AppImage"]);
    updates.install();
    await expect.poll(() => restarted).toEqual([appImage]);
  });

  test("is not installed where nobody says that it still counts", async () => {
    server.publish("0.2.0", content);
    const updates = updatesOf(planFor());
    updates.check();
    await settled(updates);
    await server.stop();
    updates.install();
    expect(await settled(updates)).toEqual({ phase: "failed", code: "offline", version: "0.2.0" });
    expect(readFileSync(appImage, "utf8")).toBe("the old one");
  });

  test("that cannot be put in place leaves the old one", async () => {
    server.publish("0.2.0", content);
    const plan = planFor();
    const updates = updatesOf(
      plan.kind === "self" ? { ...plan, installer: appImageInstaller("/proc/nowhere/x.AppImage", () => restarted.push("")) } : plan,
    );
    updates.check();
    await settled(updates);
    updates.install();
    expect(await settled(updates)).toEqual({ phase: "failed", code: "update-not-installed", version: "0.2.0" });
    expect(restarted).toEqual([]);
  });
});

describe("nothing is downloaded", () => {
  const untrusted = { phase: "failed", code: "update-untrusted", version: null };

  test("without a feed there is no request at all, however long it runs", async () => {
    const impatient: Clock = { ...still, sleep: () => Promise.resolve() };
    for (const plan of [{ kind: "off" }, { kind: "managed", by: "packages" }, { kind: "managed", by: "flatpak" }] as const) {
      const updates = updatesOf(plan, impatient);
      updates.start(always);
      expect(updates.check()).toBe(false);
      expect(updates.install()).toBe(false);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(updates.state.value.phase).toBe(plan.kind);
    }
    expect(server.asked).toEqual([]);
    expect(downloads()).toEqual([]);
  });

  test("of a version that runs already, or where there is none for this system", async () => {
    server.publish("0.1.0", content);
    mkdirSync(join(folder, "updates"));
    writeFileSync(join(folder, "updates", "app-0.1.0-x64.AppImage"), "what runs by now");
    expect(await check()).toMatchObject({ phase: "idle", checkedAt: expect.any(Number) });
    expect(downloads()).toEqual([]);
    server.publish("0.2.0", content, { change: { packages: [] } });
    expect(await check()).toMatchObject({ phase: "idle" });
    const [one] = JSON.parse(server.publish("0.2.0", content).release).packages;
    server.publish("0.2.0", content, {
      change: {
        packages: [
          { ...one, arch: "arm64" },
          { ...one, kind: "nsis" },
        ],
      },
    });
    expect(await check()).toMatchObject({ phase: "idle" });
    expect(server.asked.some((path) => path.endsWith(".AppImage"))).toBe(false);
  });

  test("where the signature is wrong, missing, or by another key", async () => {
    server.publish("0.2.0", content, { keys: [generateKeyPairSync("ed25519").privateKey] });
    expect(await check()).toEqual(untrusted);
    const { release, signatures } = server.publish("0.2.0", content);
    for (const spoilt of [
      "",
      "\n\n",
      "A".repeat(1000),
      signatures.replace(/^./, (first) => (first === "A" ? "B" : "A")),
      `x${signatures}`,
    ]) {
      server.serve("stable.json.sig", Buffer.from(spoilt));
      expect(await check(), JSON.stringify(spoilt)).toEqual(untrusted);
    }
    server.serve("stable.json.sig", Buffer.from(signatures));
    server.serve("stable.json", Buffer.from(release.replace("0.2.0", "0.3.0")));
    expect(await check()).toEqual(untrusted);
    server.serve("stable.json", Buffer.from(release.slice(0, -20)));
    expect(await check(), "truncated").toEqual(untrusted);
    expect(downloads()).toEqual([]);
  });

  test("where what was signed is for another program or channel, or is no release", async () => {
    for (const change of [
      { appId: "chat.example.Other" },
      { channel: "beta" },
      { version: "1.0" },
      { format: 2 as 1 },
      { packages: undefined as never },
    ]) {
      server.publish("0.2.0", content, { change });
      expect(await check(), JSON.stringify(change)).toEqual(untrusted);
    }
  });

  test("where it has expired, or is older than what runs", async () => {
    server.publish("0.2.0", content, { change: { expires: new Date(Date.now() - 1000).toISOString() } });
    expect(await check()).toEqual(OUTDATED);
    server.publish("0.2.0", content);
    expect(await check(planFor({ version: "0.2.1" }))).toEqual(OUTDATED);
    server.publish("0.9.0", content);
    expect(await check(planFor({ version: "0.10.0" })), "versions are numbers").toEqual(OUTDATED);
  });

  test("where a newer announcement was seen before, in an earlier run too, until there is one that was signed later", async () => {
    publishAt(-1, "0.3.0");
    expect(await check()).toEqual({ phase: "ready", version: "0.3.0" });
    publishAt(-2, "0.2.0");
    expect(await check()).toEqual(OUTDATED);
    publishAt(-2, "0.4.0");
    expect(await check(), "the time counts, not the version").toEqual(OUTDATED);
    publishAt(0, "0.2.0");
    expect(await check(), "signed later: the newer version was withdrawn").toEqual({ phase: "ready", version: "0.2.0" });
    expect(statSync(seenFile()).mode & 0o077).toBe(0);
  });

  test("where what was announced cannot be remembered", async () => {
    mkdirSync(`${seenFile()}.new`);
    server.publish("0.2.0", content);
    expect(await check()).toEqual({ phase: "failed", code: "update-not-saved", version: null });
    expect(downloads()).toEqual([]);
  });

  test("where the feed is huge, leads elsewhere, or is not there", async () => {
    server.publish("0.2.0", content);
    server.serve("stable.json", (response) => void response.writeHead(200).end(Buffer.alloc(1_000_000, " ")));
    expect(await check()).toEqual(untrusted);
    server.serve("stable.json", (response) => void response.writeHead(302, { location: "/feed/other.json" }).end());
    expect(await check()).toEqual({ phase: "failed", code: "server-error", version: null });
    expect(server.asked).not.toContain("/feed/other.json");
    await server.stop();
    expect(await check()).toEqual({ phase: "failed", code: "offline", version: null });
  });
});

describe("a package", () => {
  const failed = (code: string): unknown => ({ phase: "failed", code, version: "0.2.0" });

  test("that is another file than the signed one is thrown away", async () => {
    server.publish("0.2.0", content);
    const tampered = Buffer.from(content);
    tampered.writeUInt8(tampered.readUInt8(1000) ^ 1, 1000);
    for (const other of [tampered, content.subarray(0, 1000), Buffer.alloc(0), Buffer.concat([content, Buffer.from("more")])]) {
      server.serve("app-0.2.0-x64.AppImage", other);
      expect(await check()).toEqual(failed("update-untrusted"));
      expect(downloads().filter((name) => !name.endsWith(".part"))).toEqual([]);
    }
  });

  test("that never ends is given up when it is longer than was signed", async () => {
    server.publish("0.2.0", content);
    let sent = 0;
    server.serve("app-0.2.0-x64.AppImage", (response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
        if (!response.destroyed) response.once("drain", pour);
      };
      pour();
    });
    expect(await check()).toEqual(failed("update-untrusted"));
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test("that breaks off is an error of the network; it begins anew with the next check", async () => {
    server.publish("0.2.0", content);
    server.serve("app-0.2.0-x64.AppImage", (response) => {
      response.writeHead(200, { "content-length": String(content.byteLength) });
      response.write(content.subarray(0, 50_000), () => response.destroy());
    });
    const updates = updatesOf(planFor());
    updates.check();
    expect(await settled(updates)).toEqual(failed("offline"));
    server.serve("app-0.2.0-x64.AppImage", content);
    expect(updates.check()).toBe(true);
    expect(await settled(updates)).toEqual({ phase: "ready", version: "0.2.0" });
  });

  test("that comes slowly shows how far it is and can be given up; a clock does not fetch it again, a person does", async () => {
    server.publish("0.2.0", content);
    server.serve("app-0.2.0-x64.AppImage", (response) => {
      response.writeHead(200, { "content-length": String(content.byteLength) });
      response.write(content.subarray(0, 60_000));
    });
    const ticks: (() => void)[] = [];
    const updates = updatesOf(planFor(), { ...still, sleep: () => new Promise((resolve) => ticks.push(() => resolve())) });
    updates.start(always);
    ticks.shift()?.();
    await expect
      .poll(() => updates.state.value)
      .toEqual({ phase: "downloading", version: "0.2.0", received: 60_000, size: content.byteLength });
    updates.cancel();
    expect(updates.state.value).toEqual({ phase: "available", version: "0.2.0" });
    ticks.shift()?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(updates.state.value).toEqual({ phase: "available", version: "0.2.0" });
    server.serve("app-0.2.0-x64.AppImage", content);
    updates.check();
    expect(await settled(updates)).toEqual({ phase: "ready", version: "0.2.0" });
  });

  test("that finds no place to be saved says so", async () => {
    server.publish("0.2.0", content);
    writeFileSync(join(folder, "updates"), "a file where the folder would be");
    expect(await check()).toEqual(failed("update-not-saved"));
  });
});

test("a damaged memory begins anew, and never below what runs", async () => {
  for (const damaged of ["", "{", "null", '{"channel":"stable"}', '{"channel":"stable","issued":"soon"}', "x".repeat(5000)]) {
    writeFileSync(seenFile(), damaged);
    publishAt(-3, "0.2.0");
    expect(await check(), damaged.slice(0, 40)).toEqual({ phase: "ready", version: "0.2.0" });
    publishAt(-2, "0.0.9");
    expect(await check()).toEqual(OUTDATED);
  }
});

test("what was seen on another channel says nothing of this one", async () => {
  writeFileSync(seenFile(), JSON.stringify({ channel: "beta", issued: new Date(Date.now() + MINUTE_MS).toISOString() }));
  server.publish("0.2.0", content);
  expect(await check()).toEqual({ phase: "ready", version: "0.2.0" });
});

test("who does not want the daily look is not asked for, and asks by hand", async () => {
  server.publish("0.2.0", content);
  const ticks: (() => void)[] = [];
  const updates = updatesOf(planFor(), { ...still, sleep: () => new Promise((resolve) => ticks.push(() => resolve())) });
  let wanted = false;
  updates.start(() => wanted);
  for (let days = 0; days < 3; days++) {
    await expect.poll(() => ticks.length).toBe(1);
    ticks.shift()?.();
  }
  await expect.poll(() => ticks.length).toBe(1);
  expect(server.asked).toEqual([]);
  wanted = true;
  ticks.shift()?.();
  expect(await settled(updates)).toMatchObject({ phase: "idle" });
  await expect.poll(() => updates.state.value).toEqual({ phase: "ready", version: "0.2.0" });
  wanted = false;
  expect(await check()).toEqual({ phase: "ready", version: "0.2.0" });
});

test("it looks soon after the start and then about once a day, not at the same time as everybody", async () => {
  const waits: number[] = [];
  const chances = [0, 0, 1, 1];
  const ticks: (() => void)[] = [];
  const updates = updatesOf(planFor(), {
    now: () => Date.now(),
    random: () => chances.shift() ?? 0,
    sleep: (ms) => {
      waits.push(ms);
      return new Promise((resolve) => ticks.push(() => resolve()));
    },
  });
  updates.start(always);
  ticks.shift()?.();
  await expect.poll(() => waits).toEqual([20_000, 22 * 3_600_000]);
  await settled(updates);
  ticks.shift()?.();
  await expect.poll(() => waits).toEqual([20_000, 22 * 3_600_000, 26 * 3_600_000]);
});
