import type { AttachmentPart } from "../../store/tables/outgoing-attachments.ts";
import { objectField, type JsonObject } from "../../wire/json.ts";
import { mediaClaims, parseMediaFile, withMediaFile, type MediaClaims } from "../media/media-content.ts";
import { eventText } from "../timeline/event-text.ts";

type Rooms = { readonly fromEncrypted: boolean; readonly toEncrypted: boolean };

/**
 * What a message says as a new one of ours; a sticker goes as a picture, a poll as its text. It is written anew from what is known of messages and mentions nobody, so that nothing goes along that was meant for
 * another room. Undefined where there is nothing to pass on, and for a file that is encrypted the other way than the room that it is to go to.
 */
export function composeForward(type: string, content: JsonObject, rooms: Rooms): JsonObject | undefined {
  const text = eventText(type, content);
  if (text === undefined) return undefined;
  const formatted = text.html === null ? {} : { format: "org.matrix.custom.html", formatted_body: text.html };
  const said = { msgtype: `m.${text.msgtype}`, body: text.body, ...formatted, "m.mentions": {} };
  if (text.kind === "message") return said;
  const info = objectField(content, "info") ?? {};
  const described = { ...said, filename: text.name, info: encodeClaims(text) };
  const message = withFile(described, content, "file", rooms);
  if (message === undefined) return undefined;
  const thumbnailInfo = encodeClaims(mediaClaims(objectField(info, "thumbnail_info") ?? {}));
  return withFile({ ...message, info: { ...message.info, thumbnail_info: thumbnailInfo } }, content, "thumbnail", rooms) ?? message;
}

/**
 * SECURITY: the key of an encrypted file is only ever written into what will be encrypted. A file that lies open is not named in an encrypted room, where nothing
 * would bind it to what was sent.
 */
function withFile<T extends JsonObject>(
  message: T,
  content: JsonObject,
  part: AttachmentPart,
  { fromEncrypted, toEncrypted }: Rooms,
): (T & JsonObject) | undefined {
  const file = parseMediaFile(content, part, fromEncrypted);
  if (file === undefined) return undefined;
  using key = file.keys?.key;
  return (key !== undefined) === toEncrypted ? { ...message, ...withMediaFile(message, part, file) } : undefined;
}

function encodeClaims({ size, mimetype, width, height, durationMs }: MediaClaims): JsonObject {
  return {
    ...(size === null ? {} : { size }),
    ...(mimetype === null ? {} : { mimetype }),
    ...(width === null ? {} : { w: width }),
    ...(height === null ? {} : { h: height }),
    ...(durationMs === null ? {} : { duration: durationMs }),
  };
}
