import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as wasm from "@matrix-org/matrix-sdk-crypto-wasm";
import * as sdk from "matrix-js-sdk";
import { expect } from "vitest";
import { z } from "zod";
import type { ForeignClient } from "../foreign-client.ts";
import type { Bulkhead } from "./bulkhead.ts";
import { until } from "./party.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

/** The smallest picture there is; what is around it is noise, so that nothing can be found in it by chance. */
const PNG = Buffer.concat([
  Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64"),
  randomBytes(200_000),
]);
const THUMBNAIL = Buffer.concat([PNG.subarray(0, 70), randomBytes(3000)]);

const encryptedFileSchema = z.looseObject({ url: z.string(), v: z.literal("v2") });
const imageSchema = z.looseObject({
  msgtype: z.literal("m.image"),
  body: z.string(),
  filename: z.string(),
  file: encryptedFileSchema,
  info: z.looseObject({ w: z.int(), h: z.int(), size: z.int(), mimetype: z.string(), thumbnail_file: encryptedFileSchema }),
});

type Saved = { readonly size: number; readonly sha256: string; readonly mimetype: string; readonly name: string };

export const attachments: readonly Scenario[] = [
  {
    name: "an encrypted picture with its thumbnail and caption, in both directions",
    async play(world) {
      await wasm.initAsync();
      const [ada, bob] = await Promise.all([world.ada(), world.bob()]);
      const roomId = await ada.createRoom({ invite: [bob.userId] });
      await bob.join(roomId);
      const folder = folderOf(world);

      const picture = put(folder, "harbour at night.png", PNG);
      const thumbnail = { path: put(folder, "thumbnail.png", THUMBNAIL), width: 320, height: 200 };
      const { eventId } = await ada.call<{ eventId: string }>("sendFile", {
        roomId,
        path: picture,
        caption: "the **harbour**",
        width: 1600,
        height: 1000,
        thumbnail,
      });
      const content = imageSchema.parse((await bob.waitForEvent(roomId, eventId)).getContent());
      expect(content).toMatchObject({ body: "the **harbour**", filename: "harbour at night.png", format: "org.matrix.custom.html" });
      expect(content.info).toMatchObject({ w: 1600, h: 1000, size: PNG.length, mimetype: "image/png" });
      expect(content.info).toMatchObject({ thumbnail_info: { w: 320, h: 200, size: THUMBNAIL.length, mimetype: "image/png" } });
      expect(Buffer.from(await decrypted(bob, content.file)).equals(PNG)).toBe(true);
      expect(Buffer.from(await decrypted(bob, content.info.thumbnail_file)).equals(THUMBNAIL)).toBe(true);
      expect(content.file["key"]).not.toEqual(content.info.thumbnail_file["key"]);
      expect(JSON.stringify(await bob.rawEvent(roomId, eventId))).not.toMatch(/harbour|png|mxc/);
      // Nothing stays behind once the server has it.
      await until("the spool to be empty", () => spooled(ada).length === 0 || undefined);
      expect(await saved(ada, roomId, eventId, folder)).toMatchObject({ size: PNG.length, sha256: hashOf(PNG), mimetype: "image/png" });

      const theirs = await sendPicture(bob, roomId, { body: "from us", filename: "../quay.png" });
      expect(await ada.read(roomId, "from us")).toMatchObject({ eventId: theirs });
      expect(await saved(ada, roomId, theirs, folder)).toEqual({
        size: PNG.length,
        sha256: hashOf(PNG),
        mimetype: "image/png",
        name: "quay.png",
      });
      expect(await saved(ada, roomId, theirs, folder, "thumbnail")).toMatchObject({ sha256: hashOf(THUMBNAIL) });
      await until("the spool to be empty again", () => spooled(ada).length === 0 || undefined);
    },
  },
  {
    name: "a file that is not what its message says is neither opened nor saved",
    async play(world) {
      await wasm.initAsync();
      const [ada, bob] = await Promise.all([world.ada(), world.bob()]);
      const roomId = await ada.createRoom({ invite: [bob.userId] });
      await bob.join(roomId);
      const folder = folderOf(world);
      const changes: Readonly<Record<string, (file: Record<string, unknown>) => object>> = {
        "another hash": (file) => ({ ...file, hashes: { sha256: Buffer.alloc(32, 1).toString("base64").replace("=", "") } }),
        "no hash": (file) => ({ ...file, hashes: {} }),
        "an old version": (file) => ({ ...file, v: "v1" }),
        "a short nonce": (file) => ({ ...file, iv: "AAAA" }),
        "a short key": (file) => ({ ...file, key: { kty: "oct", alg: "A256CTR", k: "AAAA", key_ops: ["decrypt"], ext: true } }),
        "a place that is none": (file) => ({ ...file, url: "mxc://../../x" }),
      };
      for (const [body, change] of Object.entries(changes)) {
        const eventId = await sendPicture(bob, roomId, { body, filename: "x.png" }, change);
        await ada.read(roomId, body);
        await expect(saved(ada, roomId, eventId, folder), body).rejects.toMatchObject({ code: "attachment-damaged" });
      }
      // An unencrypted file in an encrypted room is bound to nothing.
      const { content_uri: url } = await bob.client.uploadContent(new Blob([PNG]), { type: "image/png" });
      const { event_id: clear } = await bob.client.sendMessage(roomId, { msgtype: sdk.MsgType.Image, body: "clear.png", url });
      await ada.read(roomId, "clear.png");
      await expect(saved(ada, roomId, clear, folder)).rejects.toMatchObject({ code: "attachment-damaged" });
      expect(readdirSync(folder)).toEqual([]);
      await until("the spool to be empty", () => spooled(ada).length === 0 || undefined);
    },
  },
  {
    name: "an upload goes on after the process was killed in the middle of it",
    async play(world) {
      const [bob, line] = await Promise.all([world.bob(), world.line()]);
      const ada = await world.bulkhead(world.account("sender", line.url));
      const roomId = await ada.createRoom({ invite: [bob.userId] });
      await bob.join(roomId);
      const folder = folderOf(world);
      line.delay(/media\/v3\/upload/, 3_000);
      const sending = ada.call("sendFile", { roomId, path: put(folder, "slow.bin", PNG), caption: "slowly" }).catch(() => "gone");
      await until("the upload to begin", () => line.count("POST", /media\/v3\/upload/) > 0 || undefined);
      expect(spooled(ada)).toHaveLength(1);
      await ada.end("kill");
      expect(await sending).toBe("gone");
      // What lies on disk is not the file.
      expect(readFileSync(join(mediaFolder(ada), spooled(ada)[0] ?? "")).includes(PNG.subarray(100, 200))).toBe(false);
      await ada.resume();
      const event = await bob.waitForBody(roomId, "slowly");
      const file = encryptedFileSchema.parse(event.getContent()["file"]);
      expect(Buffer.from(await decrypted(bob, file)).equals(PNG)).toBe(true);
      await until("the spool to be empty", () => spooled(ada).length === 0 || undefined);
      await ada.end("stop");
    },
  },
];

function folderOf(world: World): string {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-files-"));
  world.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function put(folder: string, name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const mediaFolder = (of: Bulkhead): string => join(of.profile, "account", "media");

/** What lies between worker and server. */
function spooled(of: Bulkhead): string[] {
  try {
    return readdirSync(mediaFolder(of));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

async function saved(by: Bulkhead, roomId: string, eventId: string, folder: string, part = "file"): Promise<Saved> {
  const path = join(folder, `saved-${part}`);
  const answer = await by.call<Saved>("saveFile", { roomId, eventId, path, part });
  expect(hashOf(readFileSync(path))).toBe(answer.sha256);
  rmSync(path);
  return answer;
}

/** Downloads and decrypts as other clients do. */
async function decrypted(by: ForeignClient, file: z.infer<typeof encryptedFileSchema>): Promise<Uint8Array> {
  const url = by.client.mxcUrlToHttp(file.url, undefined, undefined, undefined, false, true, true);
  const response = await fetch(url ?? "", { headers: { authorization: `Bearer ${by.client.getAccessToken() ?? ""}` } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return wasm.Attachment.decrypt(new wasm.EncryptedAttachment(bytes, JSON.stringify(file)));
}

async function sendPicture(
  by: ForeignClient,
  roomId: string,
  text: { readonly body: string; readonly filename: string },
  change: (file: Record<string, unknown>) => object = (file) => file,
): Promise<string> {
  const upload = async (plain: Buffer): Promise<Record<string, unknown>> => {
    const { encryptedData, mediaEncryptionInfo } = wasm.Attachment.encrypt(new Uint8Array(plain));
    const { content_uri: url } = await by.client.uploadContent(new Blob([new Uint8Array(encryptedData)]), {
      type: "application/octet-stream",
      includeFilename: false,
    });
    return { ...z.looseObject({}).parse(JSON.parse(mediaEncryptionInfo ?? "")), url };
  };
  const [file, thumbnail] = [change(await upload(PNG)), await upload(THUMBNAIL)];
  const picture: object = {
    file,
    info: { w: 1, h: 1, size: PNG.length, mimetype: "image/png", thumbnail_file: thumbnail, thumbnail_info: { mimetype: "image/png" } },
  };
  const { event_id } = await by.client.sendMessage(roomId, { msgtype: sdk.MsgType.Image, ...text, ...picture });
  return event_id;
}
