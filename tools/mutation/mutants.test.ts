import { describe, expect, test } from "vitest";
import { applyMutant, findMutants } from "./mutants.ts";

const changes = (text: string): string[] => findMutants("a.ts", text).map((mutant) => `${mutant.operator}: ${applyMutant(mutant, text)}`);

describe("mutants", () => {
  test("a guard is taken out, the test of another branch is turned round", () => {
    expect(changes("function f() { if (a) return; }")).toEqual(["guard: function f() { ; }"]);
    expect(changes("if (a) { throw b; }")).toEqual(["guard: ;"]);
    expect(changes("if (a) b();")).toEqual(["condition: if (!(a)) b();", "call: if (a) ;"]);
    expect(changes("if (a) throw b; else c;")).toEqual(["condition: if (!(a)) throw b; else c;"]);
    expect(changes("x = a ? b : c;")).toEqual(["condition: x = !(a) ? b : c;"]);
  });

  test("operators, and each side of a condition alone", () => {
    expect(changes("x = a && b;")).toEqual(["logic: x = ((a) || (b));", "operand: x = (a);", "operand: x = (b);"]);
    expect(changes("x = a <= b;")).toEqual(["comparison: x = a < b;"]);
    expect(changes("x = a >>> b;")).toEqual(["arithmetic: x = a << b;"]);
    expect(changes("x = a.some(b);")).toEqual(["quantifier: x = a.every(b);"]);
    expect(changes("x = a ?? b;")).toEqual([]);
  });

  test("constants, and calls for their effect", () => {
    expect(changes("x = [true, 7, 8n];")).toEqual([
      "boolean: x = [false, 7, 8n];",
      "number: x = [true, 8, 8n];",
      "number: x = [true, 7, 9n];",
    ]);
    expect(changes("a(b); await c();")).toEqual(["call: ; await c();", "call: a(b); ;"]);
    expect(changes("class A extends B { constructor() { super(); } }")).toEqual([]);
  });

  test("types and imports are left alone, what is cast is not", () => {
    expect(changes('import { a } from "b"; type A = 1 | true; let x: 2; const y = (a === b) as true;')).toEqual([
      'comparison: import { a } from "b"; type A = 1 | true; let x: 2; const y = (a !== b) as true;',
    ]);
  });

  test("what is outside of ASCII moves nothing", () => {
    expect(changes('f("🔑ä", 1 < 2);')).toContain('comparison: f("🔑ä", 1 <= 2);');
  });
});
