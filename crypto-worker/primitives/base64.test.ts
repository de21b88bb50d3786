import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64, encodeBase64Url, encodePaddedBase64 } from "./base64.ts";

describe("base64", () => {
  test("RFC 4648 vectors, padded and not", () => {
    const vectors: readonly [string, string][] = [
      ["", ""],
      ["f", "Zg=="],
      ["fo", "Zm8="],
      ["foo", "Zm9v"],
      ["foob", "Zm9vYg=="],
      ["fooba", "Zm9vYmE="],
      ["foobar", "Zm9vYmFy"],
    ];
    for (const [text, padded] of vectors) {
      const bytes = Buffer.from(text);
      const unpadded = padded.replaceAll("=", "");
      expect(encodePaddedBase64(bytes)).toBe(padded);
      expect(encodeBase64(bytes)).toBe(unpadded);
      for (const form of [padded, unpadded]) expect(decodeBase64(form)).toEqual({ ok: true, value: bytes });
    }
  });

  test.each(["Z", "Zh", "Zm9=", "Zg=", "Zg===", "=", "====", "Zm 9v", "Zm9v\n", " Zm9v", "Zm9v-", "Zm9_", "Zm8=Zm8=", "Zm9é", "Zh=="])(
    "refuses %j",
    (text) => {
      expect(decodeBase64(text)).toEqual({ ok: false, error: "invalid-base64" });
    },
  );

  test("padding can be demanded or forbidden", () => {
    expect(decodeBase64("Zg==", { padding: "none" }).ok).toBe(false);
    expect(decodeBase64("Zg", { padding: "none" }).ok).toBe(true);
    expect(decodeBase64("Zg", { padding: "required" }).ok).toBe(false);
    expect(decodeBase64("Zm9v", { padding: "required" }).ok).toBe(true);
  });

  test("the URL alphabet is separate", () => {
    const bytes = Uint8Array.from([0xfb, 0xff, 0xbf]);
    expect(encodeBase64Url(bytes)).toBe("-_-_");
    expect(decodeBase64("-_-_", { alphabet: "url" })).toEqual({ ok: true, value: Buffer.from(bytes) });
    expect(decodeBase64("+/+/", { alphabet: "url" }).ok).toBe(false);
    expect(decodeBase64("-_-_").ok).toBe(false);
  });

  test("the bound counts decoded bytes", () => {
    expect(decodeBase64("Zm9vYg", { maxBytes: 4 }).ok).toBe(true);
    expect(decodeBase64("Zm9vYmE", { maxBytes: 4 })).toEqual({ ok: false, error: "too-large" });
    expect(decodeBase64("A".repeat(1000), { maxBytes: 4 })).toEqual({ ok: false, error: "too-large" });
  });

  test("round trips, and accepts exactly one text for each padding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(decodeBase64(text, { padding: "none" })).toEqual({ ok: true, value: Buffer.from(bytes) });
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        const decoded = decodeBase64(text, { padding: "none" });
        if (decoded.ok) expect(encodeBase64(decoded.value)).toBe(text);
      }),
    );
  });
});
