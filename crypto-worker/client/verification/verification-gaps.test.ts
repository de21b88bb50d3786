import { afterEach, expect, test, vi } from "vitest";
import { reaches, view } from "../../../tests/support/client-verification.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import type { InProcessClient } from "../../../tests/support/in-process-client.ts";
import type { RoomId } from "../../../protocol/ids.ts";

const world = useClientWorld();

afterEach(() => {
  vi.restoreAllMocks();
});

/** More than a sync brings of a room at once. */
const MANY = 40;

/** Ada and Bob have a chat, and Ada is away. */
async function adaAway(): Promise<{ ada: InProcessClient; bob: InProcessClient; roomId: RoomId }> {
  const [ada, bob] = [await person("ada"), await person("bob")];
  const roomId = await ada.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: true });
  await bob.until(() => bob.client.summaries().length > 0, "the invite");
  await bob.client.rooms.join(roomId);
  ada.send(roomId, "hello");
  await bob.untilText(roomId, "hello");
  await ada.stopSyncing();
  return { ada, bob, roomId };
}

async function person(name: string): Promise<InProcessClient> {
  const client = await world.person(name);
  await client.until(() => client.client.account.encryptionStatus().crossSigning.thisDeviceSigned, "the identity");
  return client;
}

async function chatter(client: InProcessClient, roomId: RoomId): Promise<void> {
  for (let n = 0; n < MANY; n++) client.send(roomId, `${n}`);
  await client.untilSent();
}

test("a request that lies in a gap of the timeline is found, and what was said about it after the gap counts", async () => {
  const { ada, bob, roomId } = await adaAway();
  const flowId = await bob.client.verification.request({ kind: "user", userId: ada.userId, roomId });
  await chatter(bob, roomId);
  await ada.sync();
  await reaches(ada, flowId, "asked");
  await ada.client.verification.accept(flowId);
  await reaches(bob, flowId, "ready");
});

test("an answer that lies in a gap counts before what came after it", async () => {
  const { ada, bob, roomId } = await adaAway();
  const flowId = await ada.client.verification.request({ kind: "user", userId: bob.userId, roomId });
  await reaches(bob, flowId, "asked");
  await bob.client.verification.accept(flowId);
  await chatter(bob, roomId);
  await bob.client.verification.startSas(flowId);
  await bob.until(() => bob.machine.outgoingRequests().length === 0, "the start to be sent");
  await ada.sync();
  await reaches(ada, flowId, "sas-compare");
  await reaches(bob, flowId, "sas-compare");
});

test("a request that was taken back in the gap comes to nothing", async () => {
  const { ada, bob, roomId } = await adaAway();
  const flowId = await bob.client.verification.request({ kind: "user", userId: ada.userId, roomId });
  bob.client.verification.cancel(flowId);
  await chatter(bob, roomId);
  await ada.sync();
  await ada.until(() => pagesRead(ada) > 0 && ada.machine.getVerificationRequests().length > 0, "the gap to be read");
  expect(ada.client.verification.incoming()).toEqual([]);
  expect(view(ada, flowId)?.state).not.toBe("asked");
});

test("a gap is left alone where all in it is too old to be answered", async () => {
  const { ada, bob, roomId } = await adaAway();
  const flowId = await bob.client.verification.request({ kind: "user", userId: ada.userId, roomId });
  await chatter(bob, roomId);
  const later = Date.now() + 11 * 60_000;
  vi.spyOn(Date, "now").mockImplementation(() => later);
  await ada.sync();
  await ada.sync();
  expect(pagesRead(ada)).toBe(0);
  expect(view(ada, flowId)?.state).toBeUndefined();
});

const pagesRead = ({ userId }: InProcessClient): number => world.server.requests({ userId, path: /\/messages$/ }).length;
