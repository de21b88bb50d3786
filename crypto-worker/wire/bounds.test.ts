import { describe, expect, test } from "vitest";
import { parseAuthChallenge } from "./auth-challenge.ts";
import { isBackupVersion, parseBackupEntry, parseBackupInfo } from "./backup.ts";
import { parseEncryptionContent } from "./encryption-event.ts";
import { parseOlmPlaintext } from "./olm-plaintext.ts";
import { parseSecretName, SECRET_NAMES } from "./secret-name.ts";
import { parseDefaultKeyId, parseKeyDescription } from "./secret-storage.ts";
import { parseSecretRequest, parseSecretSend } from "./to-device-events.ts";

// The largest that is taken, and the smallest that is not.

describe("to-device content", () => {
  test("a secret", () => {
    const send = (secret: unknown): boolean => parseSecretSend({ request_id: "1", secret }).ok;
    expect([send("x"), send("x".repeat(65_536))]).toEqual([true, true]);
    expect([send(""), send("x".repeat(65_537)), send(7)]).toEqual([false, false, false]);
  });

  test("a secret's name", () => {
    const request = (name: unknown): boolean =>
      parseSecretRequest({ action: "request", requesting_device_id: "A", request_id: "1", name }).ok;
    expect([request("x"), request("x".repeat(255))]).toEqual([true, true]);
    expect([request(""), request("x".repeat(256)), request(undefined)]).toEqual([false, false, false]);
  });
});

describe("account data", () => {
  const description = (passphrase: object) => {
    const parsed = parseKeyDescription("key", {
      algorithm: "m.secret_storage.v1.aes-hmac-sha2",
      passphrase: { algorithm: "m.pbkdf2", ...passphrase },
    });
    return parsed.ok ? parsed.value.passphrase : parsed.error;
  };

  test("a passphrase's salt", () => {
    const salt = "x".repeat(1024);
    expect(description({ salt, iterations: 1 })).toEqual({ salt, iterations: 1 });
    expect(description({ salt: `${salt}x`, iterations: 1 })).toBeUndefined();
    expect(description({ salt, iterations: 1.5 })).toBeUndefined();
    expect(description({ salt, iterations: 1, bits: 256 })).toEqual({ salt, iterations: 1 });
    expect(description({ salt, iterations: 1, bits: 128 })).toBeUndefined();
  });

  test("the id of the default key", () => {
    expect(parseDefaultKeyId({ key: "x".repeat(256) })).toBe("x".repeat(256));
    for (const key of ["", "x".repeat(257), 7, undefined]) expect(parseDefaultKeyId({ key })).toBeUndefined();
  });
});

test("what a server asks for before it does something", () => {
  const stages = (count: number, length = 7) => Array.from({ length: count }, () => "s".repeat(length));
  const flowsOf = (...flows: unknown[]) => parseAuthChallenge({ flows: flows as never })?.flows;
  expect(flowsOf({ stages: stages(16) }, { stages: stages(17) }, { stages: 7 }, 7)).toEqual([stages(16)]);
  expect(flowsOf({ stages: stages(1, 255) }, { stages: stages(1, 256) })).toEqual([stages(1, 255)]);
  expect(flowsOf(...Array.from({ length: 40 }, () => ({ stages: [] })))).toHaveLength(32);
  expect(parseAuthChallenge({ flows: [], completed: stages(20) })?.completed).toHaveLength(16);
  expect(parseAuthChallenge({ flows: [], session: "x".repeat(1024) })?.session).toHaveLength(1024);
  for (const session of ["", "x".repeat(1025)]) expect(parseAuthChallenge({ flows: [], session })).toBeUndefined();
  expect(parseAuthChallenge({})).toBeUndefined();
});

test("the periods of a room's key are those that say something", () => {
  const periods = (rotation_period_ms: unknown, rotation_period_msgs: unknown) => {
    const parsed = parseEncryptionContent({ algorithm: "m.megolm.v1.aes-sha2", rotation_period_ms, rotation_period_msgs });
    return parsed.ok ? [parsed.value.rotationPeriodMs, parsed.value.rotationPeriodMsgs] : parsed.error;
  };
  expect(periods(1, 1)).toEqual([1, 1]);
  for (const odd of [0, -1, 1.5, "1", null, undefined]) expect(periods(odd, odd)).toEqual([undefined, undefined]);
});

describe("a backup", () => {
  test("its version", () => {
    expect([isBackupVersion("1"), isBackupVersion("x".repeat(255))]).toEqual([true, true]);
    for (const version of ["", "x".repeat(256), 7, undefined]) expect(isBackupVersion(version)).toBe(false);
  });

  test("its public key says what is wrong with it", () => {
    const info = (public_key: unknown) => {
      const parsed = parseBackupInfo({ algorithm: "m.megolm_backup.v1.curve25519-aes-sha2", auth_data: { public_key }, version: "1" });
      return parsed.ok ? "ok" : parsed.error;
    };
    expect(info("hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo")).toBe("ok");
    expect([info("A".repeat(43)), info("A"), info(undefined)]).toEqual(["low-order-key", "invalid-public-key", "invalid-public-key"]);
  });

  test("the parts of an entry", () => {
    const parts = { ephemeral: "x".repeat(44), ciphertext: "x".repeat(65_536), mac: "x".repeat(44) };
    const parse = (session_data: object) => parseBackupEntry("!r:x", "S", { session_data: JSON.parse(JSON.stringify(session_data)) });
    expect(parse(parts)).toMatchObject({ ok: true, value: { message: parts } });
    for (const [name, part] of Object.entries(parts))
      for (const bad of [`${part}x`, undefined, 7])
        expect(parse({ ...parts, [name]: bad })).toEqual({ ok: false, error: "invalid-session-data" });
  });
});

test("the names of secrets that are shared", () => {
  for (const name of SECRET_NAMES) expect(parseSecretName(name)).toBe(name);
  for (const name of ["", "m.cross_signing", "m.megolm_backup.v1 ", undefined]) expect(parseSecretName(name)).toBeUndefined();
});

test("the type of what a device says to us", () => {
  const key = { ed25519: "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo" };
  const payload = { content: {}, sender: "@a:x", recipient: "@b:x", recipient_keys: key, keys: key };
  const parse = (type: unknown) => parseOlmPlaintext(JSON.stringify({ ...payload, type }));
  expect([parse("x").ok, parse("x".repeat(255)).ok]).toEqual([true, true]);
  for (const type of ["", "x".repeat(256), 7]) expect(parse(type)).toEqual({ ok: false, error: "invalid-type" });
});
