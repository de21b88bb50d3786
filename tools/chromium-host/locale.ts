/** The language of the app and of Chromium: `--lang=`, else that of the environment. */
export function decideLocale(args: readonly string[]): string {
  const given = args.findLast((argument) => argument.startsWith("--lang="))?.slice("--lang=".length) ?? "";
  const { locale } = Intl.DateTimeFormat().resolvedOptions();
  return given || (locale === "und" ? "en-US" : locale);
}
