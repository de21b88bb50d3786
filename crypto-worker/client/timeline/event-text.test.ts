import { expect, test } from "vitest";
import { eventText } from "./event-text.ts";

test("a poll says its question and its answers, in both forms", () => {
  const expected = { kind: "message", msgtype: "notice", body: "📊 Lunch?\n• Soup\n• Bread" };
  const text = (body: string) => ({ "m.text": [{ mimetype: "text/html", body: "<b>x</b>" }, { body }] });
  expect(
    eventText("m.poll.start", { "m.poll": { question: text("Lunch?"), answers: [{ "m.id": "1", ...text("Soup") }, text("Bread")] } }),
  ).toMatchObject(expected);
  const unstable = (body: string) => ({ "org.matrix.msc1767.text": body });
  expect(
    eventText("org.matrix.msc3381.poll.start", {
      "org.matrix.msc3381.poll.start": { question: unstable("Lunch?"), answers: [unstable("Soup"), 7, unstable("Bread")] },
    }),
  ).toMatchObject(expected);
  expect(eventText("m.poll.start", { "m.poll": 1 })).toBeUndefined();
});

test("a sticker is a picture by the name of what it shows", () => {
  expect(eventText("m.sticker", { body: "a whale", url: "mxc://x.org/1", info: { w: 10, h: 10 } })).toMatchObject({
    kind: "media",
    msgtype: "image",
    name: "a whale",
    width: 10,
  });
  expect(eventText("m.sticker", { url: "mxc://x.org/1" })).toBeUndefined();
  expect(eventText("org.example.other", { body: "x", msgtype: "m.text" })).toBeUndefined();
});
