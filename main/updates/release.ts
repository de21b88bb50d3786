import { z } from "zod";
import { err, ok, type Result } from "../../protocol/result.ts";
import { parseJson } from "../matrix/matrix-error.ts";

const packageKindSchema = z.enum(["appimage", "nsis", "mac-zip"]);
export type PackageKind = z.infer<typeof packageKindSchema>;
const archSchema = z.enum(["x64", "arm64"]);

const MAX_PACKAGE_BYTES = 1024 * 1024 * 1024;
const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}$/;

/** The channel's file. What a later version of the program adds to it is left out of account; what it changes gets another `format`. */
export const releaseSchema = z.object({
  format: z.literal(1),
  appId: z.string().max(255),
  channel: z.string().max(32),
  version: z.string().regex(VERSION),
  /** When it was signed: of two, the one that was signed later counts, whatever versions they name. */
  issued: z.iso.datetime(),
  /** After this it counts no longer, so that nobody can hold people at an old version by repeating what was once signed. */
  expires: z.iso.datetime(),
  packages: z
    .array(
      z.object({
        kind: packageKindSchema,
        arch: archSchema,
        /** Beside the channel's file. */
        file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
        size: z.int().min(1).max(MAX_PACKAGE_BYTES),
        /** Of its bytes, in base64. */
        sha512: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
      }),
    )
    .max(32),
});
export type Release = z.infer<typeof releaseSchema>;

/** One package of a newer version, for this computer. */
export type Offer = { readonly version: string } & Pick<Release["packages"][number], "file" | "size" | "sha512">;

/** What a channel's file says: what there is for this program, if anything, and when that was signed. */
export type Announcement = { readonly offer: Offer | null; readonly issued: number };

/** What is running. */
export type Installed = {
  readonly appId: string;
  readonly channel: string;
  readonly version: string;
  readonly kind: PackageKind;
  readonly arch: "x64" | "arm64";
};

/**
 * What a channel's file, whose signature was checked, offers to this program: null where there is nothing newer for it. `update-untrusted` where it was signed
 * for something else; `update-outdated` where it has expired, was signed before `newestSeen` (milliseconds), or names an older version than the one that runs.
 */
export function decideOffer(
  bytes: Uint8Array,
  installed: Installed,
  newestSeen: number,
  now: number,
): Result<Announcement, "update-untrusted" | "update-outdated"> {
  const parsed = releaseSchema.safeParse(parseJson(bytes));
  if (!parsed.success) return err("update-untrusted");
  const { appId, channel, version, expires, packages } = parsed.data;
  if (appId !== installed.appId || channel !== installed.channel) return err("update-untrusted");
  const issued = Date.parse(parsed.data.issued);
  const order = compareVersions(version, installed.version);
  if (Date.parse(expires) <= now || issued < newestSeen || order < 0) return err("update-outdated");
  const fitting = packages.find(({ kind, arch }) => kind === installed.kind && arch === installed.arch);
  if (order === 0 || fitting === undefined) return ok({ offer: null, issued });
  const { file, size, sha512 } = fitting;
  return ok({ offer: { version, file, size, sha512 }, issued });
}

/** Negative where `a` is older. Throws for what is no version of three numbers: ours always is. */
function compareVersions(a: string, b: string): number {
  if (!VERSION.test(a) || !VERSION.test(b)) throw new Error("not a version of three numbers");
  const theirs = b.split(".").map(Number);
  const differences = a.split(".").map((part, index) => Number(part) - (theirs[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}
