import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Secret } from "./secret.ts";

const BYTES = [222, 173, 190, 239];

describe("Secret", () => {
  test("prints its kind and nothing else, however it is printed", () => {
    const secret = Secret.from(Uint8Array.from(BYTES), "ed25519-seed");
    const printed = {
      text: String(secret),
      concatenated: "" + secret,
      json: JSON.stringify({ secret }),
      inspect: inspect(secret),
      deep: inspect({ a: { b: [secret] } }, { depth: null, showHidden: true }),
      keys: Object.keys(secret).join(),
      values: JSON.stringify(Object.values(secret)),
      cause: inspect(new Error("outer", { cause: secret }))
        .split("\n")
        .at(-2),
    };
    expect(printed).toMatchInlineSnapshot(`
      {
        "cause": "  [cause]: [secret ed25519-seed]",
        "concatenated": "[secret ed25519-seed]",
        "deep": "{ a: { b: [ [secret ed25519-seed], [length]: 1 ] } }",
        "inspect": "[secret ed25519-seed]",
        "json": "{"secret":"[secret ed25519-seed]"}",
        "keys": "kind",
        "text": "[secret ed25519-seed]",
        "values": "["ed25519-seed"]",
      }
    `);
  });

  test("does not survive a structured clone with its bytes", () => {
    const clone: unknown = structuredClone(Secret.from(Uint8Array.from(BYTES), "k"));
    expect(inspect(clone, { depth: null, showHidden: true })).toBe("{ kind: 'k' }");
  });

  test("copies what it is made from; take wipes the original", () => {
    const bytes = Uint8Array.from(BYTES);
    const copied = Secret.from(bytes, "k");
    const taken = Secret.take(bytes, "k");
    expect([...bytes]).toEqual([0, 0, 0, 0]);
    expect(copied.use((b) => [...b])).toEqual(BYTES);
    expect(taken.use((b) => [...b])).toEqual(BYTES);
  });

  test("compares by content", () => {
    const a = Secret.from(Uint8Array.from(BYTES), "k");
    expect(a.equals(Secret.from(Uint8Array.from(BYTES), "k"))).toBe(true);
    expect(a.equals(Secret.from(Uint8Array.from([222, 173, 190, 238]), "k"))).toBe(false);
    expect(a.equals(Secret.from(Uint8Array.from([222]), "k"))).toBe(false);
  });

  test("is wiped on dispose and unusable afterwards", () => {
    const secret = Secret.from(Uint8Array.from(BYTES), "k");
    let lent: Uint8Array | undefined;
    secret.use((bytes) => (lent = bytes));
    secret[Symbol.dispose]();
    expect(lent && [...lent]).toEqual([0, 0, 0, 0]);
    expect(() => secret.use(() => 0)).toThrow("wiped");
  });
});
