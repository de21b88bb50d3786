import { randomBytes } from "node:crypto";

/** The process's clock and random source, for machines that are not given others. */
export const systemEnv = {
  now: (): number => Date.now(),
  randomBytes: (length: number): Uint8Array => randomBytes(length),
};
