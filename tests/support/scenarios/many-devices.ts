import { expect } from "vitest";
import type { Scenario } from "./scenario.ts";

export const manyDevices: Scenario = {
  name: "3 people with 2 devices each, of both programs: everyone reads everyone; a device that comes later reads on from there",
  async play(world) {
    const names = { both: world.account("both"), ours: world.account("ours"), theirs: world.account("theirs") };
    const [bothA, oursA, theirsA] = await Promise.all([
      world.bulkhead(names.both),
      world.bulkhead(names.ours),
      world.foreign(names.theirs),
    ]);
    const [bothB, oursB, theirsB] = await Promise.all([
      world.foreign(names.both),
      world.bulkhead(names.ours, "login"),
      world.foreign(names.theirs),
    ]);
    const devices = [bothA, bothB, oursA, oursB, theirsA, theirsB];
    expect(new Set(devices.map(({ deviceId }) => deviceId)).size).toBe(6);
    const roomId = await bothA.createRoom({ invite: [oursA.userId, theirsA.userId] });
    await oursA.join(roomId);
    await theirsA.join(roomId);
    await Promise.all(devices.map((device) => device.knows(roomId, theirsA.userId, "join")));

    const sent = new Map<string, string>();
    for (const [index, device] of devices.entries()) {
      const body = `device ${index} speaks`;
      sent.set(body, await device.send(roomId, body));
    }
    for (const reader of devices) {
      for (const [body, eventId] of sent) expect(await reader.read(roomId, body)).toMatchObject({ eventId, utd: undefined });
    }

    // Each sender in turn: the late device gets what is said from now on, and knows why it cannot read what was said before.
    const late = [await world.bulkhead(names.theirs, "login"), await world.foreign(names.ours)];
    const [before] = [...sent.values()];
    if (before === undefined) throw new Error("nothing was sent");
    for (const device of late) {
      const seen = await device.see(roomId, before);
      expect(seen.body).toBeUndefined();
      if (device.program === "Bulkhead") expect(seen.utd).toEqual({ code: "MissingMegolmSession", cause: "historical" });
      else expect(seen.utd?.code).toMatch(/^HISTORICAL_MESSAGE/);
      for (const sender of devices) await sender.knowsDevice(device.userId, device.deviceId);
    }
    for (const [index, sender] of devices.entries()) {
      const body = `device ${index} goes on`;
      await sender.send(roomId, body);
      for (const device of late) expect((await device.read(roomId, body)).utd).toBeUndefined();
    }
    for (const [index, device] of late.entries()) {
      await device.send(roomId, `late device ${index} joins in`);
      for (const reader of devices) await reader.read(roomId, `late device ${index} joins in`);
      expect((await device.see(roomId, before)).body).toBeUndefined();
    }
  },
};
