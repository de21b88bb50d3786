import type { DeviceView } from "../../../protocol/messages/device.ts";

/** Our devices other than this one: those that are not verified first, then those seen last. */
export function arrangeDevices(devices: readonly DeviceView[], thisDevice: string): readonly DeviceView[] {
  return devices
    .filter(({ deviceId }) => deviceId !== thisDevice)
    .toSorted((a, b) => Number(a.verified) - Number(b.verified) || seen(b) - seen(a) || (a.deviceId < b.deviceId ? -1 : 1));
}

function seen({ lastSeen, firstSeen }: DeviceView): number {
  return lastSeen ?? firstSeen;
}
