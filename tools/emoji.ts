// `node tools/run.mjs tools/emoji.ts emoji-test.txt`: writes renderer/chat/emoji/emoji-names.ts from Unicode's list (UTS #51). Run it when the list has grown.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Newer ones are boxes on the systems of today. */
const NEWEST = 14;
const GROUPS: Readonly<Record<string, string>> = {
  "Smileys & Emotion": "smileys",
  "People & Body": "people",
  "Animals & Nature": "nature",
  "Food & Drink": "food",
  "Travel & Places": "travel",
  Activities: "activities",
  Objects: "objects",
  Symbols: "symbols",
  Flags: "flags",
};
/** Skin tones and genders would make the list five times as long: the one that means all of them stands for them. */
const VARIANT = /[\u{1F3FB}-\u{1F3FF}]|\u200D[♀♂]|^[👨👩]\u200D|^[👨👩]/u;

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error("Which file? https://www.unicode.org/Public/emoji/latest/emoji-test.txt");
const groups = new Map<string, string[]>();
let group: string | undefined;
for (const line of readFileSync(source, "utf8").split("\n")) {
  const heading = /^# group: (.+)$/.exec(line);
  if (heading !== null) group = GROUPS[heading[1] ?? ""];
  const entry = /; fully-qualified +# (\S+) E(\d+)\.\d+ (.+)$/.exec(line);
  const [, emoji, version, name] = entry ?? [];
  if (group === undefined || emoji === undefined || name === undefined || Number(version) > NEWEST) continue;
  if (VARIANT.test(emoji) && !["👨", "👩"].includes(emoji)) continue;
  groups.set(group, [...(groups.get(group) ?? []), `${emoji} ${name.replace("flag: ", "")}`]);
}
const lines = [...groups].map(([name, list]) => `  ${name}: ${JSON.stringify(list.join("|"))},`);
writeFileSync(
  join(import.meta.dirname, "..", "renderer", "chat", "emoji", "emoji-names.ts"),
  `/** Made by tools/emoji.ts from Unicode's emoji-test.txt (© Unicode, Inc., Unicode License v3): each emoji and its name, by group. */
export const EMOJI_NAMES = {
${lines.join("\n")}
} as const;
`,
);
