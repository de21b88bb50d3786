import { isAbsolute, resolve } from "node:path";
import { parseServerInput } from "../matrix/homeserver-url.ts";

export type AppArguments = {
  /** Where the account lives; undefined for the default. */
  readonly profileDir: string | undefined;
  /** Fills in the sign-in form. */
  readonly homeserver: string | undefined;
};

/** Reads `--profile-dir=DIR` and `--homeserver=URL`. Everything else on the line is Chromium's, or nobody's; behind `--` there are only links. */
export function parseArguments(all: readonly string[], cwd: string): AppArguments {
  const end = all.indexOf("--");
  const argv = end === -1 ? all : all.slice(0, end);
  const profileDir = valueOf(argv, "--profile-dir");
  const homeserver = valueOf(argv, "--homeserver");
  return {
    profileDir: profileDir === undefined ? undefined : isAbsolute(profileDir) ? profileDir : resolve(cwd, profileDir),
    homeserver: homeserver !== undefined && parseServerInput(homeserver).ok ? homeserver : undefined,
  };
}

function valueOf(argv: readonly string[], name: string): string | undefined {
  const prefix = `${name}=`;
  const value = argv.findLast((argument) => argument.startsWith(prefix))?.slice(prefix.length);
  return value === "" ? undefined : value;
}
