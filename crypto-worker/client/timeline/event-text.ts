import { arrayField, isJsonObject, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { messageText, type MessageText } from "./message-text.ts";

const MAX_ANSWERS = 20;

/** What an event of the timeline says, whatever kind of message it is. Undefined where there is no way to show it. */
export function eventText(type: string, content: JsonObject): MessageText | undefined {
  switch (type) {
    case "m.room.message":
      return messageText(content);
    // A picture with a life of its own; its body is what it shows.
    case "m.sticker":
      return messageText({ ...content, msgtype: "m.image" });
    case "m.poll.start":
    case "org.matrix.msc3381.poll.start":
      return pollText(content);
    default:
      return undefined;
  }
}

/** A poll as a text, for where it cannot be answered (MSC3381, in its stable and its unstable form). */
function pollText(content: JsonObject): MessageText | undefined {
  const poll = objectField(content, "m.poll") ?? objectField(content, "org.matrix.msc3381.poll.start") ?? {};
  const question = extensibleText(objectField(poll, "question") ?? {}) ?? extensibleText(content);
  if (question === undefined) return undefined;
  const answers = (arrayField(poll, "answers") ?? [])
    .slice(0, MAX_ANSWERS)
    .flatMap((answer) => (isJsonObject(answer) ? [extensibleText(answer)] : []))
    .flatMap((answer) => (answer === undefined ? [] : [`• ${answer}`]));
  return messageText({ msgtype: "m.notice", body: [`📊 ${question}`, ...answers].join("\n") });
}

/** The plain text of extensible content (MSC1767). */
export function extensibleText(content: JsonObject): string | undefined {
  const unstable = stringField(content, "org.matrix.msc1767.text");
  if (unstable !== undefined) return unstable;
  const plain = (arrayField(content, "m.text") ?? [])
    .filter(isJsonObject)
    .find((part) => [undefined, "text/plain"].includes(stringField(part, "mimetype")));
  return plain === undefined ? undefined : stringField(plain, "body");
}
