/** The outcome of something that a peer, a server or a user can make fail. Bugs of ours throw instead. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });

/** Marks a branch that the types say cannot be reached; throws where they were wrong. */
export function unreachable(value: never): never {
  throw new Error(`unreachable variant: ${typeof value}`);
}
