import { expect, test } from "vitest";
import { encodeBase64, encodeBase64Url } from "../../primitives/base64.ts";
import { composeForward } from "./forward.ts";

const encryptedFile = {
  v: "v2",
  url: "mxc://x.org/file",
  key: { kty: "oct", key_ops: ["encrypt", "decrypt"], alg: "A256CTR", k: encodeBase64Url(new Uint8Array(32).fill(1)), ext: true },
  iv: encodeBase64(new Uint8Array(16).fill(2)),
  hashes: { sha256: encodeBase64(new Uint8Array(32).fill(3)) },
};
const inside = { fromEncrypted: true, toEncrypted: true };

test("text goes with its formatting, and with nothing that was about the other room", () => {
  const forwarded = composeForward(
    "m.room.message",
    {
      msgtype: "m.text",
      body: "> <@ada:x.org> quoted\n\n**hello** @Ada",
      format: "org.matrix.custom.html",
      formatted_body: "<mx-reply><blockquote>quoted</blockquote></mx-reply><strong>hello</strong> @Ada",
      "m.mentions": { user_ids: ["@ada:x.org"], room: true },
      "m.relates_to": { rel_type: "m.thread", event_id: "$1", "m.in_reply_to": { event_id: "$2" } },
      "org.example.secret": "x",
    },
    inside,
  );
  expect(forwarded).toEqual({
    msgtype: "m.text",
    body: "**hello** @Ada",
    format: "org.matrix.custom.html",
    formatted_body: "<strong>hello</strong> @Ada",
    "m.mentions": {},
  });
});

test("a file goes by the reference that it has, described by what is known of files", () => {
  const content = {
    msgtype: "m.image",
    body: "a *tide* table",
    filename: "../tide.png",
    format: "org.matrix.custom.html",
    formatted_body: "a <em>tide</em> table",
    file: { ...encryptedFile, extra: 1 },
    info: {
      w: 4,
      h: 3,
      size: 9,
      mimetype: "image/png",
      blurhash: "x",
      thumbnail_file: encryptedFile,
      thumbnail_info: { w: 2, h: 1, x: 1 },
    },
  };
  expect(composeForward("m.room.message", content, inside)).toEqual({
    msgtype: "m.image",
    body: "a *tide* table",
    filename: "tide.png",
    format: "org.matrix.custom.html",
    formatted_body: "a <em>tide</em> table",
    file: encryptedFile,
    info: { w: 4, h: 3, size: 9, mimetype: "image/png", thumbnail_file: encryptedFile, thumbnail_info: { w: 2, h: 1 } },
    "m.mentions": {},
  });
});

test("the key of a file is never written into what is not encrypted, and what lies open is not named in what is", () => {
  const encrypted = { msgtype: "m.file", body: "x", file: encryptedFile };
  const open = { msgtype: "m.file", body: "x", url: "mxc://x.org/open", info: { thumbnail_file: encryptedFile, thumbnail_info: {} } };
  expect(composeForward("m.room.message", encrypted, { fromEncrypted: true, toEncrypted: false })).toBeUndefined();
  expect(composeForward("m.room.message", encrypted, { fromEncrypted: false, toEncrypted: false })).toBeUndefined();
  expect(composeForward("m.room.message", open, { fromEncrypted: false, toEncrypted: true })).toBeUndefined();
  expect(composeForward("m.room.message", open, inside)).toBeUndefined();
  expect(composeForward("m.room.message", open, { fromEncrypted: false, toEncrypted: false })).toEqual({
    msgtype: "m.file",
    body: "x",
    filename: "x",
    url: "mxc://x.org/open",
    info: {},
    "m.mentions": {},
  });
});

test("what has no text of its own is not passed on", () => {
  expect(composeForward("m.room.message", { msgtype: "m.key.verification.request", body: "x" }, inside)).toBeUndefined();
  expect(composeForward("m.room.message", { body: "x" }, inside)).toBeUndefined();
  expect(composeForward("m.reaction", { body: "x", msgtype: "m.text" }, inside)).toBeUndefined();
});

test("a sticker goes as the picture that it is, a poll as what it asks", () => {
  const open = { fromEncrypted: false, toEncrypted: false };
  expect(composeForward("m.sticker", { body: "a whale", url: "mxc://x.org/1", info: { w: 2, h: 2 } }, open)).toMatchObject({
    msgtype: "m.image",
    filename: "a whale",
    url: "mxc://x.org/1",
  });
  const poll = { "m.poll": { question: { "m.text": [{ body: "Lunch?" }] }, answers: [{ "m.id": "1", "m.text": [{ body: "Soup" }] }] } };
  expect(composeForward("m.poll.start", poll, inside)).toMatchObject({ msgtype: "m.notice", body: "📊 Lunch?\n• Soup" });
});
