import { z } from "zod";

/** The standard error body. Unknown fields are allowed here: servers add their own. */
const matrixErrorSchema = z.object({
  errcode: z.string().max(255),
  soft_logout: z.boolean().optional().catch(undefined),
  retry_after_ms: z.number().optional().catch(undefined),
});
export type MatrixError = z.infer<typeof matrixErrorSchema>;

const MAX_ERROR_BYTES = 65_536;

/** The error that a non-2xx body holds, if it holds one. */
export function parseMatrixError(body: Uint8Array): MatrixError | undefined {
  if (body.byteLength > MAX_ERROR_BYTES) return undefined;
  const parsed = matrixErrorSchema.safeParse(parseJson(body));
  return parsed.success ? parsed.data : undefined;
}

/** JSON in UTF-8, or undefined. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decodeText(body));
  } catch {
    return undefined;
  }
}

export const decodeText = (body: Uint8Array): string => new TextDecoder().decode(body);
