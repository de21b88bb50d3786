import type { z } from "zod";

/**
 * What a reply or an event of a verb may carry at most. The bulkhead test enumerates every verb of every port and fails on one without a
 * decision here; `secret` exists on the vault and the control port only.
 */
export type Sensitivity = "public" | "plaintext" | "secret";

export type CallVerb<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> = {
  readonly kind: "call";
  readonly params: P;
  readonly result: R;
  readonly sensitivity: Sensitivity;
};

export type EventVerb<E extends z.ZodType = z.ZodType> = {
  readonly kind: "event";
  readonly payload: E;
  readonly sensitivity: Sensitivity;
};

export type Verb = CallVerb | EventVerb;

/** One port's whole surface: calls go from the client to the server, events from the server to the client. */
export type Contract = Readonly<Record<string, Verb>>;

export const call = <P extends z.ZodType, R extends z.ZodType>(sensitivity: Sensitivity, params: P, result: R): CallVerb<P, R> => ({
  kind: "call",
  params,
  result,
  sensitivity,
});

export const event = <E extends z.ZodType>(sensitivity: Sensitivity, payload: E): EventVerb<E> => ({ kind: "event", payload, sensitivity });

export type CallsOf<C extends Contract> = { [K in keyof C as C[K] extends CallVerb ? K : never]: C[K] extends CallVerb ? C[K] : never };
export type EventsOf<C extends Contract> = { [K in keyof C as C[K] extends EventVerb ? K : never]: C[K] extends EventVerb ? C[K] : never };

export type ParamsOf<V> = V extends CallVerb<infer P> ? z.infer<P> : never;
export type ResultOf<V> = V extends CallVerb<z.ZodType, infer R> ? z.infer<R> : never;
export type PayloadOf<V> = V extends EventVerb<infer E> ? z.infer<E> : never;
