// Every parser, on arbitrary values and on good values with one thing changed: a Result with a short code, never an exception.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCurve25519PublicKey, parseEd25519PublicKey } from "../../protocol/ids.ts";
import { entriesOfBackup, parseBackupEntry, parseBackupInfo } from "./backup.ts";
import { parseCrossSigningKey } from "./cross-signing-keys.ts";
import { parseDeviceKeys } from "./device-keys.ts";
import { parseMegolmContent, parseOlmCiphertext } from "./encrypted-content.ts";
import { parseEncryptedFile } from "./encrypted-file.ts";
import { parseEncryptionContent } from "./encryption-event.ts";
import { parseHistoryVisibility } from "./history-visibility.ts";
import { parseKeysClaimResponse, parseKeysQueryResponse, parseKeysUploadResponse } from "./keys-responses.ts";
import { parseOlmPlaintext } from "./olm-plaintext.ts";
import { parseOneTimeKey } from "./one-time-key.ts";
import { parseRoomEvent, parseStrippedStateEvent } from "./room-event.ts";
import { encodeEncryptedSecret, parseDefaultKeyId, parseEncryptedSecret, parseKeyDescription } from "./secret-storage.ts";
import * as toDevice from "./to-device-events.ts";

const KEY = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo";
const SIGNATURE = "A".repeat(86);
const curve = parseCurve25519PublicKey(KEY);
const ed = parseEd25519PublicKey(KEY);
if (!curve.ok || !ed.ok) throw new Error("not a key");
const ours = curve.value;
const owner = { userId: "@a:x", deviceId: "D", ed25519: ed.value };

const session = { algorithm: "m.megolm.v1.aes-sha2", room_id: "!r:x", session_id: "S", session_key: "K", code: "m.unverified" };
const event = { event_id: "$e", type: "m.room.message", sender: "@a:x", origin_server_ts: 1, content: { body: "hi" }, state_key: "" };
const signatures = { "@a:x": { "ed25519:D": SIGNATURE } };

type Parser = { readonly parse: (value: unknown) => unknown; readonly good: unknown };

const PARSERS: Readonly<Record<string, Parser>> = {
  deviceKeys: {
    parse: (v) => parseDeviceKeys(v),
    good: {
      user_id: "@a:x",
      device_id: "D",
      algorithms: ["a"],
      keys: { "curve25519:D": KEY, "ed25519:D": KEY },
      signatures,
      unsigned: { device_display_name: "x" },
    },
  },
  crossSigningKey: {
    parse: (v) => parseCrossSigningKey(v, { userId: "@a:x", usage: "master" }),
    good: { user_id: "@a:x", usage: ["master"], keys: { [`ed25519:${KEY}`]: KEY }, signatures },
  },
  oneTimeKey: { parse: (v) => parseOneTimeKey("signed_curve25519:A", v, owner), good: { key: KEY, signatures } },
  megolmContent: {
    parse: parseMegolmContent,
    good: { algorithm: session.algorithm, ciphertext: "x", session_id: "S", sender_key: KEY, device_id: "D" },
  },
  olmCiphertext: {
    parse: (v) => parseOlmCiphertext(v, ours),
    good: { algorithm: "m.olm.v1.curve25519-aes-sha2", sender_key: KEY, ciphertext: { [KEY]: { type: 0, body: "x" } } },
  },
  encryptionEvent: {
    parse: parseEncryptionContent,
    good: { algorithm: session.algorithm, rotation_period_ms: 1, rotation_period_msgs: 1 },
  },
  keysQuery: {
    parse: parseKeysQueryResponse,
    good: {
      device_keys: { "@a:x": { D: {} } },
      master_keys: { "@a:x": {} },
      self_signing_keys: {},
      user_signing_keys: {},
      failures: { x: {} },
    },
  },
  keysClaim: { parse: parseKeysClaimResponse, good: { one_time_keys: { "@a:x": { D: { "signed_curve25519:A": {} } } }, failures: {} } },
  keysUpload: { parse: parseKeysUploadResponse, good: { one_time_key_counts: { signed_curve25519: 1 } } },
  roomEvent: { parse: parseRoomEvent, good: event },
  strippedState: { parse: parseStrippedStateEvent, good: event },
  toDeviceEvent: { parse: toDevice.parseToDeviceEvent, good: { type: "t", sender: "@a:x", content: {} } },
  roomKey: { parse: toDevice.parseRoomKey, good: session },
  forwardedRoomKey: {
    parse: toDevice.parseForwardedRoomKey,
    good: { ...session, sender_key: KEY, sender_claimed_ed25519_key: KEY, forwarding_curve25519_key_chain: [KEY] },
  },
  withheld: { parse: toDevice.parseWithheld, good: { ...session, sender_key: KEY } },
  roomKeyRequest: {
    parse: toDevice.parseRoomKeyRequest,
    good: { action: "request", request_id: "R", requesting_device_id: "D", body: session },
  },
  secretRequest: { parse: toDevice.parseSecretRequest, good: { action: "request", request_id: "R", requesting_device_id: "D", name: "n" } },
  secretSend: { parse: toDevice.parseSecretSend, good: { request_id: "R", secret: "s" } },
  roomKeyBundle: { parse: toDevice.parseRoomKeyBundle, good: { room_id: "!r:x", file: {} } },
  backupInfo: {
    parse: parseBackupInfo,
    good: { algorithm: "m.megolm_backup.v1.curve25519-aes-sha2", auth_data: { public_key: KEY, signatures }, version: "1" },
  },
  backupEntry: {
    parse: (v) => parseBackupEntry("!r:x", "S", v),
    good: {
      first_message_index: 0,
      forwarded_count: 0,
      is_verified: false,
      session_data: { ephemeral: KEY, ciphertext: "AAAA", mac: "AAAA" },
    },
  },
  encryptedFile: {
    parse: parseEncryptedFile,
    good: {
      v: "v2",
      url: "mxc://x/y",
      key: { kty: "oct", key_ops: ["encrypt", "decrypt"], alg: "A256CTR", k: "A".repeat(43), ext: true },
      iv: "A".repeat(22),
      hashes: { sha256: "A".repeat(43) },
    },
  },
  secretStorageKey: {
    parse: (v) => parseKeyDescription("K", v),
    good: {
      algorithm: "m.secret_storage.v1.aes-hmac-sha2",
      name: "n",
      passphrase: { algorithm: "m.pbkdf2", salt: "s", iterations: 1, bits: 256 },
      iv: "A".repeat(22),
      mac: "A".repeat(43),
    },
  },
  encryptedSecret: {
    parse: (v) => parseEncryptedSecret(v, "K"),
    good: { encrypted: { K: { iv: "A".repeat(22), ciphertext: "AAAA", mac: "A".repeat(43) } } },
  },
  olmPlaintext: {
    parse: (v) => parseOlmPlaintext(typeof v === "string" ? v : (JSON.stringify(v) ?? "")),
    good: {
      type: "t",
      content: {},
      sender: "@a:x",
      recipient: "@b:x",
      recipient_keys: { ed25519: KEY },
      keys: { ed25519: KEY },
      sender_device_keys: {},
    },
  },
};

/** Values that have broken parsers before. */
const NASTY: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  1.5,
  -1,
  2 ** 53,
  Number.NaN,
  "",
  "__proto__",
  "\u0000",
  "\ud800",
  "x".repeat(70_000),
  "A".repeat(43),
  [],
  [null],
  {},
  JSON.parse('{"__proto__":{"type":"x"}}'),
  Object.assign(Object.create(null), { a: 1 }),
  JSON.parse("[".repeat(3000) + "]".repeat(3000)),
  JSON.parse('{"a":'.repeat(3000) + "1" + "}".repeat(3000)),
];

/** Every copy of `value` in which one property at any depth is gone or nasty. */
function* mutations(value: unknown): Generator {
  yield* NASTY;
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    for (const changed of mutations(item)) {
      const copy: unknown = Array.isArray(value)
        ? value.map((old, i) => (String(i) === key ? changed : (old as unknown)))
        : { ...value, [key]: changed };
      yield copy;
    }
  }
}

/** A success, or a failure with a short code and nothing of the input. */
function isResult(result: unknown): boolean {
  const { ok, error } = result as { ok: unknown; error?: unknown };
  return ok === true || (ok === false && typeof error === "string" && /^[a-z][a-z0-9-]{2,30}$/.test(error));
}

describe.each(Object.entries(PARSERS))("%s", (_, { parse, good }) => {
  test("is a Result for arbitrary values", () => {
    const arbitrary = fc.oneof(fc.anything({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4, stringUnit: "binary" }));
    fc.assert(
      fc.property(arbitrary, (value) => isResult(parse(value))),
      { numRuns: 200 },
    );
    expect(isResult(parse(good))).toBe(true);
  });

  test("is a Result for every good value with one thing changed", () => {
    for (const value of mutations(good)) expect(isResult(parse(value))).toBe(true);
  });
});

test("what reads whole bodies of a backup and of account data never throws", () => {
  const iv = new Uint8Array(16);
  fc.assert(
    fc.property(fc.anything({ maxDepth: 5 }), fc.string({ unit: "binary" }), (value, keyId) => {
      for (const [roomId, sessionId, entry] of entriesOfBackup(value))
        expect(isResult(parseBackupEntry(roomId, sessionId, entry))).toBe(true);
      expect(["string", "undefined"]).toContain(typeof parseDefaultKeyId(value));
      const mine = encodeEncryptedSecret(value, keyId, { iv, ciphertext: iv, mac: new Uint8Array(32) });
      expect(parseEncryptedSecret(mine, keyId).ok).toBe(true);
    }),
  );
});

test("history visibility is total", () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(["invited", "joined", "shared", "world_readable"]).toContain(parseHistoryVisibility(value));
    }),
  );
});
