import { z } from "zod";

/** Bounds of everything that crosses a port. Matrix ids are at most 255 bytes; an event is at most 65,536. */
export const MAX_BODY_CHARS = 60_000;

export const idSchema = z.string().min(1).max(255);
export const userIdSchema = z
  .string()
  .max(255)
  .regex(/^@[^\s:]*:.+$/);
export const roomIdSchema = z
  .string()
  .max(255)
  .regex(/^![^\s]+$/);
export const eventIdSchema = z
  .string()
  .max(255)
  .regex(/^\$[^\s]+$/);
export const mxcSchema = z
  .string()
  .max(512)
  .regex(/^mxc:\/\/[A-Za-z0-9.:[\]-]+\/[A-Za-z0-9_-]+$/);
/** Names and topics as shown to people. */
export const nameSchema = z.string().max(1024);
export const bodySchema = z.string().max(MAX_BODY_CHARS);
export const millisSchema = z.int().min(0);
export const countSchema = z.int().min(0);
export const bytesSchema = (max: number) => z.instanceof(Uint8Array<ArrayBufferLike>).refine((bytes) => bytes.byteLength <= max);
