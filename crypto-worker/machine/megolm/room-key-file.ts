import { err, ok, type Result } from "../../../protocol/result.ts";
import { aesCtr, AES_IV_BYTES, AES_KEY_BYTES, clearCounterBit } from "../../primitives/aes-ctr.ts";
import { decodeBase64, encodePaddedBase64 } from "../../primitives/base64.ts";
import { constantTimeEqual, hmacSha256 } from "../../primitives/hmac.ts";
import { pbkdf2Sha512 } from "../../primitives/pbkdf2.ts";
import type { JsonValue } from "../../wire/json.ts";
import type { Env } from "../env.ts";
import type { ExportedRoomKey } from "./exported-room-key.ts";
import {
  CIPHERTEXT_AT,
  DERIVED_BYTES,
  HEADER,
  IV_AT,
  LINE_LENGTH,
  MAC_BYTES,
  ROUNDS_AT,
  SALT_AT,
  SALT_BYTES,
  TRAILER,
  VERSION,
} from "./room-key-file-format.ts";

/** Why a key file cannot be read. A wrong passphrase and a damaged file look the same. */
export type RoomKeyFileFailure =
  | "no-header"
  | "no-trailer"
  | "invalid-base64"
  | "too-short"
  | "too-large"
  | "unsupported-version"
  /** The file sets the work for the passphrase: above ten million rounds it is refused. */
  | "rounds-out-of-range"
  | "wrong-passphrase"
  | "invalid-json";

/** Some 400,000 keys. */
const MAX_FILE_LENGTH = 256 * 1024 * 1024;

/** E2EE §Key export format. Blocks for the rounds of PBKDF2. */
export function encryptRoomKeyFile(
  keys: readonly ExportedRoomKey[],
  passphrase: string,
  rounds: number,
  env: Pick<Env, "randomBytes">,
): Result<string, "rounds-out-of-range"> {
  const salt = env.randomBytes(SALT_BYTES);
  const iv = clearCounterBit(env.randomBytes(AES_IV_BYTES));
  const derived = pbkdf2Sha512(passphrase, { salt, rounds, length: DERIVED_BYTES }, "key-export");
  if (!derived.ok) return derived;
  using secret = derived.value;
  return secret.use((bytes) => {
    const plaintext = Buffer.from(JSON.stringify(keys), "utf8");
    const file = new Uint8Array(CIPHERTEXT_AT + plaintext.length + MAC_BYTES);
    file[0] = VERSION;
    file.set(salt, SALT_AT);
    file.set(iv, IV_AT);
    new DataView(file.buffer).setUint32(ROUNDS_AT, rounds);
    file.set(aesCtr(bytes.subarray(0, AES_KEY_BYTES), iv, plaintext), CIPHERTEXT_AT);
    plaintext.fill(0);
    file.set(hmacSha256(bytes.subarray(AES_KEY_BYTES), file.subarray(0, -MAC_BYTES)), file.length - MAC_BYTES);
    return ok(armour(encodePaddedBase64(file)));
  });
}

/** The entries as they are in the file: each is checked when it is imported. The MAC is checked before anything is decrypted. */
export function decryptRoomKeyFile(text: string, passphrase: string): Result<readonly JsonValue[], RoomKeyFileFailure> {
  const unwrapped = unarmour(text);
  if (!unwrapped.ok) return unwrapped;
  const file = unwrapped.value;
  if (file.length < CIPHERTEXT_AT + MAC_BYTES) return err("too-short");
  if (file[0] !== VERSION) return err("unsupported-version");
  const salt = file.subarray(SALT_AT, IV_AT);
  const iv = file.subarray(IV_AT, ROUNDS_AT);
  const rounds = new DataView(file.buffer, file.byteOffset).getUint32(ROUNDS_AT);
  const derived = pbkdf2Sha512(passphrase, { salt, rounds, length: DERIVED_BYTES }, "key-export");
  if (!derived.ok) return derived;
  using secret = derived.value;
  return secret.use((bytes) => {
    const mac = hmacSha256(bytes.subarray(AES_KEY_BYTES), file.subarray(0, -MAC_BYTES));
    if (!constantTimeEqual(mac, file.subarray(-MAC_BYTES))) return err("wrong-passphrase");
    const plaintext = aesCtr(bytes.subarray(0, AES_KEY_BYTES), iv, file.subarray(CIPHERTEXT_AT, -MAC_BYTES));
    return parseEntries(Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength).toString("utf8"));
  });
}

function parseEntries(text: string): Result<readonly JsonValue[], "invalid-json"> {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? ok(value) : err("invalid-json");
  } catch (error) {
    if (error instanceof SyntaxError) return err("invalid-json");
    throw error;
  }
}

function armour(base64: string): string {
  const lines = [HEADER];
  for (let at = 0; at < base64.length; at += LINE_LENGTH) lines.push(base64.slice(at, at + LINE_LENGTH));
  lines.push(TRAILER, "");
  return lines.join("\n");
}

function unarmour(text: string): Result<Uint8Array, RoomKeyFileFailure> {
  if (text.length > MAX_FILE_LENGTH) return err("too-large");
  const start = text.indexOf(HEADER);
  if (start < 0) return err("no-header");
  const end = text.indexOf(TRAILER, start);
  if (end < 0) return err("no-trailer");
  const bytes = decodeBase64(text.slice(start + HEADER.length, end).replaceAll(/\s/g, ""));
  return bytes.ok ? bytes : err("invalid-base64");
}
