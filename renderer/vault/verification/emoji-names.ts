import table from "@matrix-org/spec/sas-emoji.json" with { type: "json" };

export type EmojiName = { readonly text: string; readonly lang: string };

const NAMES: ReadonlyArray<ReadonlyMap<string, string>> = table.map(
  (entry) =>
    new Map(Object.entries(entry.translated_descriptions).flatMap(([lang, name]) => (name === null ? [] : [[lang, name] as const]))),
);

/** A SAS emoji's name in the first of the languages that the specification's table has; else in English, as it was given. */
export function emojiName(index: number, english: string, languages: readonly string[]): EmojiName {
  const names = NAMES[index];
  if (names !== undefined)
    for (const language of languages) {
      const locale = parseLocale(language);
      if (locale === undefined) continue;
      if (locale.language === "en") break;
      for (const key of keysOf(locale)) {
        const text = names.get(key);
        if (text !== undefined) return { text, lang: key.replace("_", "-") };
      }
    }
  return { text: english, lang: "en" };
}

function parseLocale(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag);
  } catch {
    return undefined;
  }
}

/** How the table may call a language, the closest first: with its region, its script, alone, or where it is mostly spoken. */
function keysOf(locale: Intl.Locale): readonly string[] {
  const language = locale.language === "no" ? "nb" : locale.language;
  const likely = new Intl.Locale(language, {
    ...(locale.region === undefined ? {} : { region: locale.region }),
    ...(locale.script === undefined ? {} : { script: locale.script }),
  }).maximize();
  return [
    ...(locale.region === undefined ? [] : [`${language}_${locale.region}`]),
    `${language}_${likely.script ?? ""}`,
    language,
    `${language}_${likely.region ?? ""}`,
  ];
}
