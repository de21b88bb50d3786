import { createIntl } from "react-intl";
import { expect, test } from "vitest";
import { errorCodeSchema } from "../../protocol/errors.ts";
import { utdSchema, shieldSchema } from "../../protocol/messages/timeline-item.ts";
import { errorSentence, parseErrorCode } from "./error-sentence.ts";
import { messages } from "./messages/en.ts";

const catalogue = new Map<string, string>(Object.entries(messages));
const intl = createIntl({
  locale: "en",
  messages,
  onError: (error) => {
    throw error;
  },
});

test("every error code says what happened, what was not lost and what to do", () => {
  for (const code of errorCodeSchema.options) {
    const { what, kept, next } = errorSentence(code);
    expect(catalogue.get(what), code).toMatch(/\S/);
    expect(catalogue.get(kept), code).toMatch(/\.$/);
    expect(catalogue.get(next), code).toMatch(/\.$/);
  }
});

test("an error that came as text is read strictly", () => {
  expect(parseErrorCode("timeout")).toBe("timeout");
  expect(parseErrorCode("<b>boo</b>")).toBe("internal");
  expect(parseErrorCode(null)).toBe("internal");
});

test("every reason for an unreadable message and every mark has its sentence and its next step", () => {
  for (const cause of utdSchema.shape.cause.options) {
    expect(catalogue.has(`utd.${cause}`), cause).toBe(true);
    expect(catalogue.has(`utd.${cause}Next`), cause).toBe(true);
  }
  for (const code of shieldSchema.shape.code.options) {
    expect(catalogue.has(`shield.${code}`), code).toBe(true);
    expect(catalogue.has(`shield.${code}Text`), code).toBe(true);
  }
});

test("every message is well-formed, and its placeholders are filled", () => {
  for (const [id, message] of catalogue) {
    const names = new Set(Array.from(message.matchAll(/\{(\w+)/g), (match) => match[1] ?? ""));
    const values = Object.fromEntries(Array.from(names, (name) => [name, /plural|count|seconds|messages/.test(name) ? 2 : "x"]));
    expect(intl.formatMessage({ id }, values), id).toMatch(/\S/);
  }
});

test("no jargon: people have devices, not sessions or clients", () => {
  for (const [id, message] of catalogue)
    if (!id.startsWith("about.") && !id.startsWith("signOut.") && !id.startsWith("utd.")) expect(message, id).not.toMatch(/\bsession/i);
});

test("plurals", () => {
  expect(intl.formatMessage({ id: "timeline.jumpCount" }, { count: 1 })).toBe("1 new message");
  expect(intl.formatMessage({ id: "timeline.jumpCount" }, { count: 12 })).toBe("12 new messages");
});
