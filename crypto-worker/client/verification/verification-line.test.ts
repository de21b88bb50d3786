import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseEventId, type RoomId } from "../../../protocol/ids.ts";
import type { TimelineContent } from "../../../protocol/messages/timeline-item.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import { InProcessClient } from "../../../tests/support/in-process-client.ts";

const world = useClientWorld();
let ada: InProcessClient;
let bob: InProcessClient;
let roomId: RoomId;

beforeEach(async () => {
  [ada, bob] = [await person("ada"), await person("bob")];
  roomId = await ada.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: true });
  await bob.until(() => bob.client.summaries().length > 0, "the invite");
  await bob.client.rooms.join(roomId);
});
afterEach(() => vi.restoreAllMocks());

async function person(name: string): Promise<InProcessClient> {
  const client = await world.person(name, { store: world.newStore() });
  await client.until(() => client.client.account.encryptionStatus().crossSigning.thisDeviceSigned, "the identity");
  return client;
}

type Line = Extract<TimelineContent, { kind: "verification" }>;
function lines(client: InProcessClient): (Line & { readonly eventId: string | null })[] {
  return client.timeline(roomId).flatMap(({ content, eventId }) => (content.kind === "verification" ? [{ ...content, eventId }] : []));
}
const shows = (client: InProcessClient, flowId: string, state: Line["state"]): Promise<unknown> =>
  client.until(() => lines(client).find((line) => line.eventId === flowId)?.state === state, `${client.userId}'s line to say ${state}`);

test("a request has one line on both sides, which follows it to its end", async () => {
  const told: string[] = [];
  const stop = bob.client.watchTimeline(roomId);
  bob.client.emitter.on("timelineChanged", ({ upserts }) => {
    for (const { content } of upserts) if (content.kind === "verification") told.push(content.state);
  });
  const flowId = await ada.client.verification.request({ kind: "user", userId: bob.userId, roomId });
  await Promise.all([shows(ada, flowId, "asked"), shows(bob, flowId, "asked")]);
  expect(lines(bob)).toMatchObject([{ to: bob.userId, eventId: flowId }]);
  const eventId = parseEventId(flowId);
  expect(eventId.ok && bob.store.events.load(roomId, eventId.value)).toMatchObject({ shown: 1, notify: 0 });
  await bob.client.verification.accept(flowId);
  await Promise.all([shows(ada, flowId, "running"), shows(bob, flowId, "running")]);
  await ada.client.verification.startSas(flowId);
  for (const client of [ada, bob])
    await client.until(() => client.client.verification.views().some(({ state }) => state === "sas-compare"), "the emoji");
  for (const client of [ada, bob]) client.client.verification.confirmSas(flowId);
  await Promise.all([shows(ada, flowId, "verified"), shows(bob, flowId, "verified")]);
  await bob.until(() => told.at(-1) === "verified", "the page to be told");
  expect(told.filter((state, i) => state !== told[i - 1])).toEqual(["asked", "running", "verified"]);
  stop();
  // The line follows what is held of the person now, not what was said then.
  vi.spyOn(bob.machine, "getIdentity").mockReturnValue(undefined);
  expect(lines(bob).map(({ state }) => state)).toEqual(["over"]);
});

test("a request that was declined, or that this device knows nothing of any more, cannot be opened", async () => {
  const declined = await ada.client.verification.request({ kind: "user", userId: bob.userId, roomId });
  await shows(bob, declined, "asked");
  bob.client.verification.cancel(declined);
  await Promise.all([shows(ada, declined, "cancelled"), shows(bob, declined, "cancelled")]);
  const lost = await bob.client.verification.request({ kind: "user", userId: ada.userId, roomId });
  await shows(ada, lost, "asked");
  // Verifications are not kept over a restart.
  ada = await world.resume(ada);
  expect(lines(ada).map(({ state }) => state)).toEqual(["cancelled", "over"]);
});
