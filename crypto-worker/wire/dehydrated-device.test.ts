import { describe, expect, test } from "vitest";
import { parseDehydratedDeviceData, parseDehydratedDeviceResponse, parseDehydratedEvents } from "./dehydrated-device.ts";
import type { JsonObject } from "./json.ts";

const LIBOLM = { algorithm: "org.matrix.msc3814.v1.olm", device_pickle: "pickle" };
const VODOZEMAC = { algorithm: "org.matrix.msc3814.v2", device_pickle: "pickle", nonce: "nonce" };

describe("the private keys of a dehydrated device", () => {
  test("come in either format", () => {
    expect(parseDehydratedDeviceData(LIBOLM)).toEqual({ ok: true, value: { format: "libolm", pickle: "pickle" } });
    expect(parseDehydratedDeviceData(VODOZEMAC)).toEqual({ ok: true, value: { format: "vodozemac", pickle: "pickle", nonce: "nonce" } });
  });

  test.each<[string, string, JsonObject]>([
    ["another algorithm", "unsupported-algorithm", { ...LIBOLM, algorithm: "org.example" }],
    ["no algorithm", "malformed", { device_pickle: "pickle" }],
    ["no pickle", "malformed", { ...LIBOLM, device_pickle: 7 }],
    ["a pickle beyond the bound", "malformed", { ...LIBOLM, device_pickle: "x".repeat(131_073) }],
    ["no nonce", "malformed", { ...VODOZEMAC, nonce: null }],
    ["a nonce beyond the bound", "malformed", { ...VODOZEMAC, nonce: "x".repeat(65) }],
  ])("are refused: %s", (_name, error, value) => expect(parseDehydratedDeviceData(value)).toEqual({ ok: false, error }));

  test("may be as long as the bounds", () => {
    expect(parseDehydratedDeviceData({ ...LIBOLM, device_pickle: "x".repeat(131_072) }).ok).toBe(true);
    expect(parseDehydratedDeviceData({ ...VODOZEMAC, nonce: "x".repeat(64) }).ok).toBe(true);
  });
});

test("the server's answer needs the device's id and an object of data", () => {
  const good = { device_id: "D", device_data: LIBOLM };
  expect(parseDehydratedDeviceResponse(good)).toEqual({ ok: true, value: { deviceId: "D", deviceData: LIBOLM } });
  for (const bad of [{}, { ...good, device_id: "" }, { ...good, device_data: "x" }])
    expect(parseDehydratedDeviceResponse(bad)).toEqual({ ok: false, error: "malformed" });
});

test("a page of events is a list, and says where the next one begins", () => {
  expect(parseDehydratedEvents({ events: [1, {}], next_batch: "b" })).toEqual({ ok: true, value: { events: [1, {}], nextBatch: "b" } });
  expect(parseDehydratedEvents({ events: [] })).toEqual({ ok: true, value: { events: [], nextBatch: undefined } });
  expect(parseDehydratedEvents({ events: [], next_batch: "x".repeat(4096) }).ok).toBe(true);
  for (const bad of [{}, { events: {} }, { events: [], next_batch: "x".repeat(4097) }])
    expect(parseDehydratedEvents(bad)).toEqual({ ok: false, error: "malformed" });
});
