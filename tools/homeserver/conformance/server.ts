import { afterAll } from "vitest";
import { startHomeserver } from "../homeserver.ts";
import { dig, type TestUser } from "../test-user.ts";
import type { JsonObject } from "../json.ts";

// What clients rely on, over plain HTTP. With HOMESERVER_URL set it runs on that homeserver instead (such as the real Synapse of tools/synapse),
// which is how the embedded one is kept honest.
const given = process.env["HOMESERVER_URL"];

/** Whether it is ours, which may be held to more than the spec asks of others. */
export const isEmbedded = given === undefined;

/** The homeserver that the tests of a file run on: its base URL. */
export async function homeserverUnderTest(): Promise<string> {
  if (given !== undefined) return given;
  const embedded = await startHomeserver();
  afterAll(() => embedded.stop());
  return embedded.url;
}

export const encryptedState = [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }];

export const bodies = (events: JsonObject[]) => events.map((event) => dig(event, "content", "body")).filter((body) => body !== undefined);

export async function roomOf(owner: TestUser, ...others: TestUser[]): Promise<string> {
  const roomId = await owner.createRoom({ preset: "private_chat", invite: others.map((user) => user.userId) });
  for (const other of others) await other.join(roomId);
  return roomId;
}

export const oneTimeKey = (key: string) => ({ key, signatures: {} });
export const fallbackKey = (key: string) => ({ key, signatures: {}, fallback: true });
export const path = (roomId: string) => `/v3/rooms/${encodeURIComponent(roomId)}`;
