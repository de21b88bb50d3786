import { err, ok, type Result } from "../../../protocol/result.ts";
import { decodeBase64, encodeBase64 } from "../../primitives/base64.ts";
import { Secret } from "../../primitives/secret.ts";

const KEY_BYTES = 32;

/** The text in which secrets that are 32-byte keys are stored and shared: unpadded base64 (Secrets §Storage, §Sharing). */
export function encodeKeyText(key: Secret<string>): Secret<"stored-secret"> {
  return key.use((bytes) => Secret.take(new TextEncoder().encode(encodeBase64(bytes)), "stored-secret"));
}

/** Padded or not; other clients wrote both. The key is not checked against anything: compare its public part. */
export function parseKeyText<Kind extends string>(text: Secret<string>, kind: Kind): Result<Secret<Kind>, "invalid-key"> {
  const bytes = text.use((utf8) => decodeBase64(new TextDecoder().decode(utf8).trim(), { maxBytes: KEY_BYTES }));
  return bytes.ok && bytes.value.length === KEY_BYTES ? ok(Secret.take(bytes.value, kind)) : err("invalid-key");
}
