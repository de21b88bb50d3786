import { z } from "zod";
import { errorCodeSchema } from "../errors.ts";
import { countSchema, millisSchema } from "./text.ts";

const versionSchema = z.string().max(64);

/** How it stands with newer versions of the program. Nothing is installed before a person asks for it. */
export const updateStateSchema = z.discriminatedUnion("phase", [
  /** No feed was built in: nothing is asked for, ever. */
  z.strictObject({ phase: z.literal("off") }),
  /** The package came from a package manager, which is the one to replace it. */
  z.strictObject({ phase: z.literal("managed"), by: z.enum(["flatpak", "packages"]) }),
  /** `checkedAt`: when this version was found to be the newest; null before the first check. */
  z.strictObject({ phase: z.literal("idle"), checkedAt: millisSchema.nullable() }),
  z.strictObject({ phase: z.literal("checking") }),
  z.strictObject({ phase: z.literal("downloading"), version: versionSchema, received: countSchema, size: countSchema }),
  /** The download was given up by the person. */
  z.strictObject({ phase: z.literal("available"), version: versionSchema }),
  /** Downloaded and checked. */
  z.strictObject({ phase: z.literal("ready"), version: versionSchema }),
  z.strictObject({ phase: z.literal("installing"), version: versionSchema }),
  /** The last check, download or installation failed; `version` where one was found. */
  z.strictObject({ phase: z.literal("failed"), code: errorCodeSchema, version: versionSchema.nullable() }),
]);
export type UpdateState = z.infer<typeof updateStateSchema>;
