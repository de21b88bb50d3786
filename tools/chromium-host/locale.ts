/** The language of the app and of Chromium: `--lang=`, else that of the environment. */
export function decideLocale(args: readonly string[]): string {
  const given = args.findLast((argument) => argument.startsWith("--lang="))?.slice("--lang=".length) ?? "";
  // Not asked of Intl, whose data takes longer to load than all else that goes before Chromium's start.
  const named = [process.env["LC_ALL"], process.env["LC_MESSAGES"], process.env["LANG"]].find((name) => name !== undefined && name !== "");
  const [, language, country] = /^([a-z]{2,3})(?:_([A-Z]{2}))?(?:[.@]|$)/.exec(named ?? "") ?? [];
  return given || (language === undefined ? "en-US" : [language, country].filter((part) => part !== undefined).join("-"));
}
