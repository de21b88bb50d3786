import { expect, test } from "vitest";
import { newDevice, Party } from "../../../tests/support/megolm-world.ts";
import type { Device } from "../devices/device.ts";
import type { DecryptedOlmEvent } from "../olm/decrypted-olm-event.ts";
import { OwnDevices } from "./own-devices.ts";

function event(device: Device): DecryptedOlmEvent {
  const { userId: sender, curve25519: senderCurve25519, ed25519: senderEd25519 } = device;
  return { type: "t", content: {}, sender, senderCurve25519, senderEd25519, senderDevice: device, senderDeviceSource: "embedded" };
}

test("the sender is another device of ours in the list, with the keys of the message's session (matrix-js-sdk a587d7c36)", () => {
  const us = new Party("alice", "US");
  const other = newDevice(us.user, "OTHER");
  us.directory.put(other);
  const devices = new OwnDevices(us.context, us.directory);
  expect(devices.senderOf(event(other))).toBe(other);
  const stranger = newDevice(us.user, "OTHER");
  const bobs = { ...other, userId: new Party("bob", "OTHER").user };
  const refused: DecryptedOlmEvent[] = [
    event(us.device),
    event(bobs),
    event(newDevice(us.user, "UNKNOWN")),
    event(stranger),
    event({ ...other, curve25519: stranger.curve25519 }),
    event({ ...other, ed25519: stranger.ed25519 }),
    { ...event(other), senderDevice: undefined, senderDeviceSource: "unknown" },
  ];
  for (const refusal of refused) expect(devices.senderOf(refusal)).toBeUndefined();
  us.directory.change(other, { deleted: true });
  expect(devices.senderOf(event(other))).toBeUndefined();
});
