import { parseMxcUri, type MxcUri } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { decodeBase64, encodeBase64, encodeBase64Url } from "../primitives/base64.ts";
import { Secret } from "../primitives/secret.ts";
import { isJsonObject, isWithinDepth, objectField, stringField, type JsonObject } from "./json.ts";

/** What reads one encrypted file, and proves that it is that file (E2EE §Sending encrypted attachments). */
export type AttachmentKeys = {
  readonly key: Secret<"attachment-key">;
  /** 16 bytes: 8 random ones, then the counter. */
  readonly iv: Uint8Array;
  /** Of the ciphertext. */
  readonly sha256: Uint8Array;
};

/** The same with the place where the file lies. */
export type EncryptedFile = AttachmentKeys & { readonly url: MxcUri };

export type EncryptedFileFailure =
  "not-an-object" | "unsupported-version" | "invalid-mxc-uri" | "unsupported-key" | "key-length" | "iv-length" | "missing-hash";

const VERSION = "v2";
const KEY_BYTES = 32;
const IV_BYTES = 16;
const HASH_BYTES = 32;

/** Only version 2: the one before it had a counter that repeats. The caller disposes of the key. */
export function parseEncryptedFile(value: unknown): Result<EncryptedFile, EncryptedFileFailure> {
  if (!isJsonObject(value) || !isWithinDepth(value, 8)) return err("not-an-object");
  if (stringField(value, "v") !== VERSION) return err("unsupported-version");
  const url = parseMxcUri(stringField(value, "url"));
  if (!url.ok) return url;
  const iv = decodeBase64(stringField(value, "iv") ?? "", { maxBytes: IV_BYTES });
  if (!iv.ok || iv.value.length !== IV_BYTES) return err("iv-length");
  const sha256 = decodeBase64(stringField(objectField(value, "hashes") ?? {}, "sha256") ?? "", { maxBytes: HASH_BYTES });
  if (!sha256.ok || sha256.value.length !== HASH_BYTES) return err("missing-hash");
  const key = parseKey(objectField(value, "key") ?? {});
  return key.ok ? ok({ url: url.value, key: key.value, iv: iv.value, sha256: sha256.value }) : key;
}

/** SECURITY: holds the key of the file; only for the inside of encrypted events. */
export function encodeEncryptedFile(url: MxcUri, { key, iv, sha256 }: AttachmentKeys): JsonObject {
  return {
    v: VERSION,
    url,
    key: { kty: "oct", key_ops: ["encrypt", "decrypt"], alg: "A256CTR", k: key.use(encodeBase64Url), ext: true },
    iv: encodeBase64(iv),
    hashes: { sha256: encodeBase64(sha256) },
  };
}

function parseKey(key: JsonObject): Result<Secret<"attachment-key">, EncryptedFileFailure> {
  if (stringField(key, "kty") !== "oct" || stringField(key, "alg") !== "A256CTR") return err("unsupported-key");
  const bytes = decodeBase64(stringField(key, "k") ?? "", { alphabet: "url", maxBytes: KEY_BYTES });
  return bytes.ok && bytes.value.length === KEY_BYTES ? ok(Secret.take(bytes.value, "attachment-key")) : err("key-length");
}
