import { isAbsolute, resolve } from "node:path";
import { parseServerInput } from "../matrix/homeserver-url.ts";

/** What a start with the system adds to the command line. */
export const HIDDEN = "--hidden";

export type AppArguments = {
  /** Where the account lives; undefined for the default. */
  readonly profileDir: string | undefined;
  /** Fills in the sign-in form. */
  readonly homeserver: string | undefined;
  /** Started by the system, to be there without a window. */
  readonly hidden: boolean;
};

/** Reads `--profile-dir=DIR`, `--homeserver=URL` and `--hidden`. Everything else on the line is Chromium's, or nobody's; behind `--` there are only links. */
export function parseArguments(all: readonly string[], cwd: string): AppArguments {
  const end = all.indexOf("--");
  const argv = end === -1 ? all : all.slice(0, end);
  const profileDir = valueOf(argv, "--profile-dir");
  const homeserver = valueOf(argv, "--homeserver");
  return {
    profileDir: profileDir === undefined ? undefined : isAbsolute(profileDir) ? profileDir : resolve(cwd, profileDir),
    homeserver: homeserver !== undefined && parseServerInput(homeserver).ok ? homeserver : undefined,
    hidden: argv.includes(HIDDEN),
  };
}

function valueOf(argv: readonly string[], name: string): string | undefined {
  const prefix = `${name}=`;
  const value = argv.findLast((argument) => argument.startsWith(prefix))?.slice(prefix.length);
  return value === "" ? undefined : value;
}
