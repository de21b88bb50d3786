import type { JsonObject } from "./json.ts";

/** An error that the client-server API answers with; thrown anywhere while a request is handled. */
export class MatrixError extends Error {
  readonly status: number;
  readonly errcode: string;
  readonly extra: JsonObject;

  constructor(status: number, errcode: string, message: string, extra: JsonObject = {}) {
    super(message);
    this.status = status;
    this.errcode = errcode;
    this.extra = extra;
  }

  get body(): JsonObject {
    return { errcode: this.errcode, error: this.message, ...this.extra };
  }
}

export const notFound = (message: string) => new MatrixError(404, "M_NOT_FOUND", message);
export const forbidden = (message: string) => new MatrixError(403, "M_FORBIDDEN", message);
export const badJson = (message: string) => new MatrixError(400, "M_BAD_JSON", message);
export const invalidParam = (message: string) => new MatrixError(400, "M_INVALID_PARAM", message);
export const missingParam = (message: string) => new MatrixError(400, "M_MISSING_PARAM", message);
