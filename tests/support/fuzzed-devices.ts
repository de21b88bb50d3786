import { afterEach, beforeAll, expect } from "vitest";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { countOlmObjects, isPolluted } from "./hostile.ts";
import type { TestDevice } from "./machine-world.ts";

/** For all tests of a file: the devices are closed after each, nothing that was refused is still held by libolm, and no prototype has changed. */
export function watchDevices(devices: () => readonly TestDevice[]): void {
  let aliveObjects: () => number;
  beforeAll(async () => {
    await OlmMachine.ready();
    aliveObjects = countOlmObjects();
  });
  afterEach(() => {
    for (const device of devices()) {
      device.machine.close();
      device.store.close();
    }
    expect(aliveObjects()).toBe(0);
    expect(isPolluted()).toBe(false);
  });
}
