import fc from "fast-check";
import { expect, test } from "vitest";
import { codec } from "./codec.ts";

const roundTrip = (value: unknown): unknown => codec.decode(codec.encode(value));

test("what JSON cannot carry survives", () => {
  const value = {
    bytes: new Uint8Array([0, 1, 255]),
    view: new Float64Array([1.5, -2]),
    buffer: new Uint8Array([9]).buffer,
    map: new Map<unknown, unknown>([["a", { b: new Set([1n, undefined]) }]]),
    date: new Date(86_400_000),
    numbers: [NaN, Infinity, -Infinity, -0, 0],
    nothing: undefined,
    escaped: { $: "Date", v: 1 },
  };
  expect(roundTrip(value)).toEqual(value);
  expect(Object.is((roundTrip([-0]) as number[])[0], -0)).toBe(true);
});

test("a Buffer arrives as a Uint8Array, an Error as an Error", () => {
  const bytes = roundTrip(Buffer.from("abc"));
  expect(bytes).toEqual(new Uint8Array([97, 98, 99]));
  expect(Buffer.isBuffer(bytes)).toBe(false);
  const error = roundTrip(new RangeError("too far"));
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: "RangeError", message: "too far" });
});

test("an own __proto__ key stays a key", () => {
  const value: unknown = JSON.parse('{"__proto__":{"polluted":true},"$":1}');
  const back = roundTrip(value);
  expect(Object.hasOwn(back as object, "__proto__")).toBe(true);
  expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
});

test("functions, symbols and cycles are refused", () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  for (const bad of [() => 1, Symbol("s"), { f: () => 1 }, cycle, new WeakMap()]) expect(() => codec.encode(bad)).toThrow(TypeError);
});

test("any JSON-like value comes back equal", () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, maxDepth: 3 }),
      (value) => {
        expect(roundTrip(value)).toEqual(value);
      },
    ),
    { numRuns: 200 },
  );
});
