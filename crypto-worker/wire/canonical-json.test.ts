import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, encodeCanonicalJson } from "./canonical-json.ts";

describe("canonicalJson", () => {
  test("sorts by code point, not by UTF-16 unit", () => {
    expect(encodeCanonicalJson({ "\u{10000}": 1, "\uffff": 2, "\ue000": 3, "\ud7ff": 4, a: 5 })).toBe(
      '{"a":5,"\ud7ff":4,"\ue000":3,"\uffff":2,"\u{10000}":1}',
    );
    expect(encodeCanonicalJson({ "a\u{1f600}": 1, "a\uff00": 2, a: 3, "a\u{1f600}b": 4, "a\u{1f601}": 5 })).toBe(
      '{"a":3,"a\uff00":2,"a\u{1f600}":1,"a\u{1f600}b":4,"a\u{1f601}":5}',
    );
  });

  test("integer-like keys are sorted as text", () => {
    expect(encodeCanonicalJson({ 10: 1, 9: 2, a: 3, "": 4 })).toBe('{"":4,"10":1,"9":2,"a":3}');
  });

  test("escapes only what must be escaped, in the shortest form", () => {
    const text = Array.from({ length: 0x80 }, (_, i) => String.fromCharCode(i)).join("");
    expect(encodeCanonicalJson(text)).toBe(
      '"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f' +
        "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f" +
        ' !\\"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\u007f"',
    );
    expect(encodeCanonicalJson("é/\u2028\u2029日🔑")).toBe('"é/\u2028\u2029日🔑"');
  });

  test("a __proto__ key is an ordinary one", () => {
    expect(encodeCanonicalJson(JSON.parse('{"b":1,"__proto__":{"x":2}}'))).toBe('{"__proto__":{"x":2},"b":1}');
  });

  test.each<[string, unknown]>([
    ["a float", { a: 1.5 }],
    ["2^53", 2 ** 53],
    ["-2^53", -(2 ** 53)],
    ["a huge number", 1e300],
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["undefined", { a: undefined }],
    ["a bigint", 1n],
    ["a lone high surrogate", "\ud800"],
    ["a lone low surrogate in a key", { "\udc00": 1 }],
  ])("refuses %s", (_, value) => {
    expect(canonicalJson(value)).toEqual({ ok: false, error: "not-canonical" });
    expect(() => encodeCanonicalJson(value)).toThrow();
  });

  test("bounds the depth", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(canonicalJson(nested(128)).ok).toBe(true);
    expect(canonicalJson(nested(129)).ok).toBe(false);
    expect(canonicalJson(JSON.parse("[".repeat(5000) + "]".repeat(5000))).ok).toBe(false);
  });

  test("never throws, parses back to the same value, and does not depend on key order", () => {
    const shuffle = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffle);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .map(([key, item]): [string, unknown] => [key, shuffle(item)])
          .reverse(),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: "binary" }), (value) => {
        const text = canonicalJson(value);
        if (!text.ok) return;
        expect(JSON.parse(text.value)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(shuffle(value))).toEqual(text);
        expect(canonicalJson(JSON.parse(text.value))).toEqual(text);
      }),
    );
  });
});
