import { expect, test } from "vitest";
import { messages } from "../../ui/messages/en.ts";
import { cancelReason } from "./cancel-reason.ts";
import { emojiName } from "./emoji-names.ts";
import { drawCode, isVerificationCode, readCode, type Pixels } from "./qr-bytes.ts";
import { minutesAndSeconds } from "./time-left.tsx";

/** Every byte value, in a disorder that no text encoding survives. */
const BYTES = Uint8Array.from({ length: 256 }, (_, at) => (at * 167 + 89) & 0xff);

/** Paints a drawn code as a canvas would, `scale` pixels a module. */
function paint({ size, path }: { readonly size: number; readonly path: string }, scale: number): Pixels {
  const side = size * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x = "", y = "", length = ""] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++)
      for (let column = Number(x) * scale; column < (Number(x) + Number(length)) * scale; column++)
        data.set([0, 0, 0], (row * side + column) * 4);
  return { data, width: side, height: side };
}

test("a drawn code is read again, byte by byte", () => {
  expect(readCode(paint(drawCode(BYTES), 3), 2000)).toEqual(BYTES);
  const digits = new TextEncoder().encode("MATRIX012345678901234567890123456789");
  expect(readCode(paint(drawCode(digits), 2), 2000)).toEqual(digits);
});

test("a picture without a code has none, and pixels of the wrong size neither", () => {
  expect(readCode({ data: new Uint8ClampedArray(100 * 100 * 4).fill(255), width: 100, height: 100 }, 200)).toBeUndefined();
  expect(readCode({ data: new Uint8ClampedArray(16), width: 100, height: 100 }, 200)).toBeUndefined();
});

test("the code has its quiet zone", () => {
  const { path, size } = drawCode(BYTES);
  const starts = Array.from(path.matchAll(/M(\d+) (\d+)h(\d+)/g), (match) => match.slice(1).map(Number));
  expect(Math.min(...starts.map(([x = 0]) => x))).toBe(4);
  expect(Math.min(...starts.map(([, y = 0]) => y))).toBe(4);
  expect(Math.max(...starts.map(([x = 0, , length = 0]) => x + length))).toBe(size - 4);
});

test("what is no verification's code is told apart before it is sent anywhere", () => {
  expect(isVerificationCode(new TextEncoder().encode("MATRIX\u0002"))).toBe(true);
  expect(isVerificationCode(new TextEncoder().encode("https://example.org"))).toBe(false);
  expect(isVerificationCode(new TextEncoder().encode("MATR"))).toBe(false);
  expect(isVerificationCode(new Uint8Array(4000).fill(0x4d))).toBe(false);
});

test("emoji names: the person's language, its region or script, else English", () => {
  expect(emojiName(0, "Dog", ["en-GB", "de"])).toEqual({ text: "Dog", lang: "en" });
  expect(emojiName(0, "Dog", ["de-AT", "en"])).toEqual({ text: "Hund", lang: "de" });
  expect(emojiName(0, "Dog", ["tlh", "fr-CA"])).toEqual({ text: "Chien", lang: "fr" });
  expect(emojiName(0, "Dog", ["pt-BR"])).toEqual({ text: "Cachorro", lang: "pt-BR" });
  expect(emojiName(0, "Dog", ["pt-PT"])).toEqual({ text: "Cão", lang: "pt" });
  expect(emojiName(0, "Dog", ["pt"])).toEqual({ text: "Cão", lang: "pt" });
  expect(emojiName(0, "Dog", ["zh-TW"])).toEqual({ text: "狗", lang: "zh-Hant" });
  expect(emojiName(0, "Dog", ["no"])).toEqual({ text: "Hund", lang: "nb-NO" });
  expect(emojiName(0, "Dog", ["", "x!"])).toEqual({ text: "Dog", lang: "en" });
  expect(emojiName(64, "Thing", ["de"])).toEqual({ text: "Thing", lang: "en" });
});

test("every reason for an end has its sentences; those that mean an attack alarm", () => {
  const catalogue: Readonly<Record<string, string>> = messages;
  const alarming = new Set<string>();
  for (const code of [
    "m.user",
    "m.timeout",
    "m.unknown_transaction",
    "m.unknown_method",
    "m.unexpected_message",
    "m.key_mismatch",
    "m.user_mismatch",
    "m.invalid_message",
    "m.accepted",
    "m.mismatched_commitment",
    "m.mismatched_sas",
    "m.qr_code.invalid",
    "org.example.else",
  ])
    for (const [byUs, own] of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      const reason = cancelReason({ code, byUs }, own);
      expect(catalogue[reason.what]).toMatch(/[^.]$/);
      expect(catalogue[reason.next]).toMatch(/\.$/);
      if (reason.alarming) alarming.add(code);
    }
  expect(Array.from(alarming)).toEqual(["m.key_mismatch", "m.user_mismatch", "m.mismatched_commitment", "m.mismatched_sas"]);
});

test("time left, rounded up", () => {
  expect(minutesAndSeconds(600_000)).toBe("10:00");
  expect(minutesAndSeconds(59_001)).toBe("1:00");
  expect(minutesAndSeconds(4_200)).toBe("0:05");
  expect(minutesAndSeconds(0)).toBe("0:00");
});
