import { expect } from "vitest";
import { until } from "./party.ts";
import type { Scenario } from "./scenario.ts";

export const outage: Scenario = {
  name: "the server is gone and comes back: what was written meanwhile is sent once, in order, also after a crash",
  async play(world) {
    const bob = await world.bob();
    const line = await world.line();
    const host = await world.bulkhead(world.account("host", line.url));
    const roomId = await host.createRoom({ invite: [bob.userId] });
    await bob.join(roomId);
    await host.send(roomId, "before the outage");
    await bob.read(roomId, "before the outage");

    line.cut();
    const written = ["first", "second", "third"].map((word) => `${word} while offline`);
    for (const body of written.slice(0, 2)) void host.send(roomId, body).catch(() => undefined);
    await until("two messages in the queue", async () => ((await host.status()).pendingSends === 2 ? true : undefined));
    await until("the outage to be noticed", async () => ((await host.status()).connection === "online" ? undefined : true));
    await bob.send(roomId, "bob does not notice");
    await host.restart("kill");
    expect((await host.status()).pendingSends).toBe(2);
    void host.send(roomId, written[2] ?? "").catch(() => undefined);
    await until("three messages in the queue", async () => ((await host.status()).pendingSends === 3 ? true : undefined));
    expect((await host.timeline(roomId, 10)).map(({ body }) => body)).toContain("before the outage");

    line.mend();
    for (const body of written) await bob.read(roomId, body, 60_000);
    await host.read(roomId, "bob does not notice");
    await until("an empty queue", async () => ((await host.status()).pendingSends === 0 ? true : undefined));

    // The server takes a message, but its answer is lost: it is asked again and knows it by its transaction id.
    line.loseAnswers(/\/send\/m\.room\.encrypted\//, 2);
    await host.send(roomId, "answered into the void");
    await bob.read(roomId, "answered into the void");
    // The same for the room key.
    const other = await host.createRoom({ invite: [bob.userId] });
    await bob.join(other);
    line.loseAnswers(/\/sendToDevice\//, 1);
    line.loseAnswers(/\/keys\/claim/, 1);
    await host.send(other, "with a key");
    await bob.read(other, "with a key");

    const events = (await bob.rawEvents(roomId)).filter(({ sender }) => sender === host.userId);
    expect(events.filter(({ type }) => type === "m.room.encrypted")).toHaveLength(5);
    expect(events.filter(({ type }) => type === "m.room.message")).toHaveLength(0);
    const order = (await host.timeline(roomId, 20)).flatMap(({ body, sender }) => (sender === host.userId ? [body] : []));
    expect(order).toEqual(["before the outage", ...written, "answered into the void"]);
  },
};
