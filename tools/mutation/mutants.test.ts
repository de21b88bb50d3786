import { describe, expect, test } from "vitest";
import { applyMutant, findMutants } from "./mutants.ts";

const changes = (text: string): string[] => findMutants("a.ts", text).map((mutant) => `${mutant.operator}: ${applyMutant(mutant, text)}`);

describe("mutants", () => {
  test("a guard is taken out, the test of another branch is turned round", () => {
    expect(changes("function f() { if (a) return; }")).toEqual(["guard: function f() { ; }"]);
    expect(changes("if (a) { throw b; }")).toEqual(["guard: ;"]);
    expect(changes("if (a) { b = c; continue; }")).toEqual(["guard: ;", "write: if (a) { ; continue; }"]);
    expect(changes("if (a) b();")).toEqual(["condition: if (!(a)) b();", "call: if (a) ;"]);
    expect(changes("if (a) throw b; else c;")).toEqual(["condition: if (!(a)) throw b; else c;"]);
    expect(changes("const x = a ? b : c;")).toEqual(["condition: const x = !(a) ? b : c;"]);
  });

  test("operators, and each side of a condition alone", () => {
    expect(changes("const x = a && b;")).toEqual(["logic: const x = ((a) || (b));", "operand: const x = (a);", "operand: const x = (b);"]);
    expect(changes("const x = a <= b;")).toEqual(["comparison: const x = a < b;"]);
    expect(changes("const x = a >>> b;")).toEqual(["arithmetic: const x = a << b;"]);
    expect(changes("const x = a.some(b);")).toEqual(["quantifier: const x = a.every(b);"]);
    expect(changes("const x = a ?? b;")).toEqual(["fallback: const x = (b);"]);
    expect(changes("const x = !a;")).toEqual(["negation: const x = a;"]);
    expect(changes("const x = a.filter(b).map(c);")).toEqual(["filter: const x = a.map(c);"]);
  });

  test("the answer of what is declared to give a truth value", () => {
    expect(changes("const f = (a): boolean => b(a);")).toEqual(["answer: const f = (a): boolean => !(b(a));"]);
    expect(changes("function f(a): a is B { return b.c; }")).toEqual(["answer: function f(a): a is B { return !(b.c); }"]);
    expect(changes("function f(a): string { return b.c; }")).toEqual([]);
    expect(changes("class A { f(): boolean { return [].g((b) => { return c; }); } }")).toHaveLength(1);
  });

  test("constants, and calls for their effect", () => {
    expect(changes("const x = [true, 7, 8n];")).toEqual([
      "boolean: const x = [false, 7, 8n];",
      "number: const x = [true, 8, 8n];",
      "number: const x = [true, 7, 9n];",
    ]);
    expect(changes("a(b); await c();")).toEqual(["call: ; await c();", "call: a(b); ;"]);
    expect(changes("class A extends B { constructor() { super(); this.a = b; } }")).toEqual([]);
    expect(changes("this.a = b; c++;")).toEqual(["write: ; c++;", "write: this.a = b; ;"]);
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
