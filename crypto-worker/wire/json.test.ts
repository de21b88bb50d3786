import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  arrayField,
  booleanField,
  field,
  integerField,
  isJsonObject,
  isWithinDepth,
  isWithinSize,
  objectField,
  parseJson,
  parseJsonBody,
  parseJsonObject,
  stringArrayField,
  stringField,
  type JsonObject,
} from "./json.ts";

const LIMITS = { maxBytes: 1000, maxDepth: 8 };

describe("parseJson", () => {
  test("the size bound counts UTF-8 bytes", () => {
    const limits = { maxBytes: 8, maxDepth: 8 };
    expect(parseJson('"123456"', limits).ok).toBe(true);
    expect(parseJson('"1234567"', limits)).toEqual({ ok: false, error: "too-large" });
    expect(parseJson('"ééé"', limits).ok).toBe(true);
    expect(parseJson('"éééé"', limits)).toEqual({ ok: false, error: "too-large" });
    expect(parseJson('"日日"', limits).ok).toBe(true);
    expect(parseJson('"🔑🔑"', limits)).toEqual({ ok: false, error: "too-large" });
    expect(parseJson('"🔑ab"', limits).ok).toBe(true);
  });

  test("the depth bound", () => {
    expect(parseJson("[".repeat(8) + "]".repeat(8), LIMITS).ok).toBe(true);
    expect(parseJson("[".repeat(9) + "]".repeat(9), LIMITS)).toEqual({ ok: false, error: "too-deep" });
    expect(parseJson('{"a":'.repeat(9) + "1" + "}".repeat(9), LIMITS)).toEqual({ ok: false, error: "too-deep" });
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect(parseJson(deep, { maxBytes: 1e6, maxDepth: 64 }).ok).toBe(false);
  });

  test.each(["", "{", "{]", "nul", "01", "{'a':1}", "\u0000", '{"a":1}x', "undefined"])("refuses %j", (text) => {
    expect(parseJson(text, LIMITS)).toEqual({ ok: false, error: "invalid-json" });
  });

  test("an object is told from an array and from null", () => {
    expect(parseJsonObject("{}", LIMITS).ok).toBe(true);
    for (const text of ["[]", "null", "1", '"x"', "true"])
      expect(parseJsonObject(text, LIMITS)).toEqual({ ok: false, error: "not-an-object" });
  });

  test("nothing reaches a prototype", () => {
    const parsed = parseJsonObject('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}', LIMITS);
    if (!parsed.ok) throw new Error(parsed.error);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(stringField(parsed.value, "toString")).toBeUndefined();
    expect(field(parseEmpty(), "__proto__")).toBeUndefined();
    expect(objectField(parseEmpty(), "__proto__")).toBeUndefined();
    expect(field(parseEmpty(), "constructor")).toBeUndefined();
  });

  test("never throws, and agrees with JSON.parse on what it accepts", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
        const parsed = parseJson(text, LIMITS);
        if (parsed.ok) expect(parsed.value).toEqual(JSON.parse(text));
        else expect(["too-large", "invalid-json", "too-deep"]).toContain(parsed.error);
      }),
    );
  });
});

test("a body is cut where it nests too deep, and nothing else in it is lost", () => {
  const deep = `{"a":${"[".repeat(9)}${"]".repeat(9)},"b":{"__proto__":1}}`;
  expect(parseJsonBody(deep, { maxBytes: 1000, maxDepth: 3 })).toEqual({
    ok: true,
    value: JSON.parse('{"a":[[null]],"b":{"__proto__":1}}'),
  });
  expect(parseJsonBody("[1,{}]", LIMITS)).toEqual({ ok: true, value: [1, {}] });
  expect(parseJsonBody("{", LIMITS)).toEqual({ ok: false, error: "invalid-json" });
  expect(parseJsonBody(`"${"x".repeat(1000)}"`, LIMITS)).toEqual({ ok: false, error: "too-large" });
});

describe("fields", () => {
  const object: JsonObject = { s: "x", n: 1, f: 1.5, b: false, o: { a: 1 }, a: ["x"], m: ["x", 1], z: null };

  test("each reader takes its own type only", () => {
    const of = (read: (o: JsonObject, key: string) => unknown): string =>
      Object.keys(object)
        .filter((key) => read(object, key) !== undefined)
        .join("");
    expect(of(stringField)).toBe("s");
    expect(of(integerField)).toBe("n");
    expect(of(booleanField)).toBe("b");
    expect(of(objectField)).toBe("o");
    expect(of(arrayField)).toBe("am");
    expect(of(stringArrayField)).toBe("a");
    expect(of(field)).toBe("snfboamz");
  });

  test("isWithinSize counts keys, strings, and one for everything else", () => {
    const value = { ab: "cde", f: [1, null, true], g: {} };
    expect([isWithinSize(value, 1 + 5 + 1 + 1 + 6 + 2), isWithinSize(value, 1 + 5 + 1 + 1 + 6 + 1)]).toEqual([true, false]);
    expect([isWithinSize("", 0), isWithinSize("x", 0), isWithinSize(7, 0), isWithinSize([], 0)]).toEqual([true, false, false, false]);
  });

  test("isJsonObject and isWithinDepth take anything", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(typeof isJsonObject(value)).toBe("boolean");
        expect(typeof isWithinDepth(value, 5)).toBe("boolean");
      }),
    );
  });
});

function parseEmpty(): JsonObject {
  const parsed = parseJsonObject("{}", LIMITS);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
