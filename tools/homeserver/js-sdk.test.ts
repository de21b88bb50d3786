import { afterAll, expect, it, vi } from "vitest";
import { cryptoOf, makeEncryptedRoom, sayAndHear, setUpEncryption, startJsSdkClient } from "./js-sdk-conversation.ts";
import { startHomeserver } from "./homeserver.ts";

const homeserver = await startHomeserver();
afterAll(() => homeserver.stop());

it("carries an encrypted conversation between two matrix-js-sdk clients, with cross-signing and key backup", async () => {
  // js-sdk puts a backup off by a random time of up to 10 s.
  vi.spyOn(Math, "random").mockReturnValue(0);
  const ada = await startJsSdkClient(homeserver.url, "ada", "secret-a");
  const bob = await startJsSdkClient(homeserver.url, "bob", "secret-b");
  expect(await setUpEncryption(ada, "secret-a")).toBe("1");

  const roomId = await makeEncryptedRoom(ada, bob);
  const eventId = await sayAndHear(ada, bob, roomId, "Good morning");
  await sayAndHear(bob, ada, roomId, "And to you");

  const stored = homeserver.acceptedEvents(roomId).find((event) => event.eventId === eventId);
  expect(stored?.type).toBe("m.room.encrypted");
  expect(JSON.stringify(stored?.content)).not.toContain("Good morning");

  // The backup of the session key reaches the server, and ada's device is signed by her own identity.
  await expect.poll(() => homeserver.keyBackup("@ada:localhost")?.count, { timeout: 20_000 }).toBeGreaterThanOrEqual(1);
  const status = await cryptoOf(ada).getDeviceVerificationStatus(ada.getSafeUserId(), ada.getDeviceId() ?? "");
  expect(status?.signedByOwner).toBe(true);

  ada.stopClient();
  bob.stopClient();
});
