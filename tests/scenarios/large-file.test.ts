// A file that is much larger than what any of the processes may hold of it. LARGE_FILE_MIB takes another size than the usual one, 1024 for example; the most
// memory that each process has had is then written to stderr.
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { startHomeserver } from "../../tools/homeserver/homeserver.ts";
import { HeadlessClient } from "../support/headless-client.ts";

const MIB = 1024 * 1024;
const WISH = process.env["LARGE_FILE_MIB"];
const MIBS = WISH === undefined ? 200 : Number.parseInt(WISH, 10);
const SIZE = MIBS * MIB;
/** What moving the file may add to a process that has moved a small one already. */
const ALLOWED = 90 * MIB;

const folder = mkdtempSync(join(tmpdir(), "bulkhead-large-"));
const homeserver = await startHomeserver({ maxUploadBytes: SIZE + MIB });
const client = new HeadlessClient(join(folder, "profile"), { homeserver: homeserver.url });
afterAll(async () => {
  await client.kill();
  await homeserver.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.skipIf(process.platform !== "linux")(
  `${MIBS} MiB go out and come back, and neither main nor the worker grows with them`,
  async () => {
    await client.register(homeserver.url, "carrier", "the secret of carrier");
    const roomId = await client.createRoom({});
    const small = await writeNoise(join(folder, "small.bin"), 4 * MIB);
    await roundTrip(roomId, "small.bin", small, 4 * MIB);
    const before = peaks();
    expect(before.size).toBe(2);

    const large = await writeNoise(join(folder, "large.bin"), SIZE);
    await roundTrip(roomId, "large.bin", large, SIZE);
    const after = peaks();
    if (WISH !== undefined) process.stderr.write(`${describe("before", before)}\n${describe("after", after)}\n`);
    for (const [pid, peak] of after) expect(peak - (before.get(pid) ?? 0), `process ${pid}`).toBeLessThan(ALLOWED);
    expect(readdirSync(join(folder, "profile", "account", "media"))).toEqual([]);
  },
  MIBS * 1500,
);

/** Main comes first, as it is the one that starts the other. */
const describe = (when: string, peak: ReadonlyMap<number, number>): string =>
  `${when}: ${[...peak.values()].map((bytes, i) => `${i === 0 ? "main" : "worker"} ${Math.round(bytes / MIB)} MiB`).join(", ")}`;

async function roundTrip(roomId: string, name: string, sha256: string, size: number): Promise<void> {
  const { eventId } = await client.call<{ eventId: string }>("sendFile", { roomId, path: join(folder, name) });
  const path = join(folder, "saved.bin");
  expect(await client.call("saveFile", { roomId, eventId, path })).toMatchObject({ size, sha256 });
  expect(await hashOf(path)).toBe(sha256);
}

/** The most that the client's two processes have had in memory, by process. */
function peaks(): ReadonlyMap<number, number> {
  const pids = [client.pid, ...childrenOf(client.pid)];
  return new Map(
    pids.map((pid) => {
      const [, kib = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      return [pid, Number(kib) * 1024];
    }),
  );
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .split(" ")
    .flatMap((child) => (child === "" ? [] : [Number(child)]));

/** Writes what does not compress; answers its hash. */
async function writeNoise(path: string, size: number): Promise<string> {
  const noise = createCipheriv("aes-128-ctr", randomBytes(16), randomBytes(16));
  const hash = createHash("sha256");
  const file = createWriteStream(path);
  for (let at = 0; at < size; at += MIB) {
    const piece = noise.update(Buffer.alloc(MIB));
    hash.update(piece);
    if (!file.write(piece)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
  return hash.digest("hex");
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest("hex");
}
