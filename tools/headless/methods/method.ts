import type { z } from "zod";
import type { HeadlessApp } from "../headless-app.ts";

/** One method of the JSON-RPC surface. Failures are thrown as `CodedError`. */
export type Method = {
  readonly params: z.ZodType;
  readonly run: (app: HeadlessApp, params: never) => Promise<unknown>;
};

/** Ties a method's parameters to its function. */
export const method = <P extends z.ZodType>(params: P, run: (app: HeadlessApp, params: z.infer<P>) => Promise<unknown>): Method => ({
  params,
  run,
});

export type Methods = Readonly<Record<string, Method>>;
