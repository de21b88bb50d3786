import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
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
  const sentence = (id: string): boolean => /\S.*\.$/.test(catalogue.get(id) ?? "");
  const incomplete = errorCodeSchema.options.filter((code) => {
    const { what, kept, next } = errorSentence(code);
    return !/\S/.test(catalogue.get(what) ?? "") || !sentence(kept) || !sentence(next);
  });
  expect(incomplete).toEqual([]);
});

test("an error that came as text is read strictly", () => {
  expect(parseErrorCode("timeout")).toBe("timeout");
  expect(parseErrorCode("<b>boo</b>")).toBe("internal");
  expect(parseErrorCode(null)).toBe("internal");
});

test("every reason for an unreadable message and every mark has its sentence and its next step", () => {
  const wanted = [
    ...utdSchema.shape.cause.options.flatMap((cause) => [`utd.${cause}`, `utd.${cause}Next`]),
    ...shieldSchema.shape.code.options.flatMap((code) => [`shield.${code}`, `shield.${code}Text`]),
  ];
  expect(wanted.filter((id) => !catalogue.has(id))).toEqual([]);
});

test("every message is well-formed, and its placeholders are filled", () => {
  const broken = Array.from(catalogue).filter(([id, message]) => {
    const names = Array.from(message.matchAll(/\{(\w+)/g), (match) => match[1] ?? "");
    const values = Object.fromEntries(names.map((name) => [name, /count|seconds|messages/.test(name) ? 2 : "x"]));
    return !/\S/.test(intl.formatMessage({ id }, values));
  });
  expect(broken).toEqual([]);
});

test("no id stands in two parts of the catalogue, where one sentence would silently replace the other", () => {
  const ids = globSync("messages/en-*.ts", { cwd: import.meta.dirname }).flatMap((file) =>
    Array.from(readFileSync(join(import.meta.dirname, file), "utf8").matchAll(/^ {2}"([^"]+)":/gmu), (match) => match[1] ?? ""),
  );
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  expect(ids).toHaveLength(catalogue.size);
});

test("no jargon: people have devices, not sessions", () => {
  expect(Array.from(catalogue).filter(([, message]) => /\bsession/i.test(message))).toEqual([]);
});

test("plurals", () => {
  expect(intl.formatMessage({ id: "timeline.jumpCount" }, { count: 1 })).toBe("1 new message");
  expect(intl.formatMessage({ id: "timeline.jumpCount" }, { count: 12 })).toBe("12 new messages");
});

test("no sentence is left over: the pages ask for each of them by name or by family", () => {
  const sources = globSync("renderer/**/*.{ts,tsx}", {
    cwd: join(import.meta.dirname, "../.."),
    exclude: (name) => /messages|\.test\./.test(name),
  })
    .map((file) => readFileSync(join(import.meta.dirname, "../..", file), "utf8"))
    .join("\n");
  const families = Array.from(sources.matchAll(/`([a-zA-Z.]+)\$\{/g), (match) => match[1] ?? "");
  expect(
    Array.from(catalogue.keys()).filter((id) => !sources.includes(`"${id}"`) && !families.some((family) => id.startsWith(family))),
  ).toEqual([]);
});
