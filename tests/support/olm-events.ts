import type { OutgoingRequest } from "../../crypto-worker/machine/requests/outgoing-request.ts";
import { isJsonObject, objectField, stringField, type JsonObject } from "../../crypto-worker/wire/json.ts";
import type { TestDevice } from "./machine-world.ts";

/** The to-device event in which `from` sends this to `to`, over the session that they have. */
export function olmEvent(from: TestDevice, to: TestDevice, type: string, content: JsonObject): JsonObject {
  return {
    type: "m.room.encrypted",
    sender: from.userId,
    content: from.machine.encryptToDeviceEvent(to.userId, to.deviceId, type, content),
  };
}

/** An event that means nothing, to see whether a message gets through. */
export const ping = (from: TestDevice, to: TestDevice, n = 0): JsonObject => olmEvent(from, to, "org.example.ping", { n });

/** What became of each event that the device received. */
export function receive(device: TestDevice, ...toDeviceEvents: readonly JsonObject[]): string[] {
  return device.machine.receiveSyncChanges({ toDeviceEvents }).toDeviceEvents.map(({ kind }) => kind);
}

/** The Olm message in an event: type 0 is a pre-key message, 1 a normal one. */
export function messageOf(event: JsonObject): { type: unknown; body: string } {
  const [ciphertext] = Object.values(objectField(objectField(event, "content") ?? {}, "ciphertext") ?? {});
  const message = isJsonObject(ciphertext) ? ciphertext : {};
  return { type: message["type"], body: stringField(message, "body") ?? "" };
}

export function withBody(event: JsonObject, body: string): JsonObject {
  return JSON.parse(JSON.stringify(event).replace(messageOf(event).body, body));
}

/** The same event with one bit of the end of its ciphertext changed. */
export function damaged(event: JsonObject): JsonObject {
  const bytes = Buffer.from(messageOf(event).body, "base64");
  bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 1;
  return withBody(event, bytes.toString("base64").replace(/=+$/, ""));
}

/** What a to-device request says to each device. */
export function contentsOf({ body }: Pick<OutgoingRequest, "body">): JsonObject[] {
  return Object.values(objectField(body, "messages") ?? {}).flatMap((devices) =>
    isJsonObject(devices) ? Object.values(devices).filter(isJsonObject) : [],
  );
}
