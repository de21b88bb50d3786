// Every libolm object is freed on every path: counts what is alive while the wrappers succeed and fail in all the ways they can.
import { afterEach, beforeAll, expect, test } from "vitest";
import { parseCurve25519PublicKey, type Curve25519PublicKey } from "../../protocol/ids.ts";
import { Account } from "./account.ts";
import { InboundGroupSession, OutboundGroupSession } from "./group-session.ts";
import { loadOlm, olm } from "./olm-library.ts";
import { PickleCipher } from "./olm-pickle.ts";
import { OlmSession } from "./olm-session.ts";
import { PkDecryption, PkEncryption } from "./pk.ts";
import { Secret } from "./secret.ts";

const CLASSES = ["Account", "Session", "InboundGroupSession", "OutboundGroupSession", "PkEncryption", "PkDecryption"] as const;
const KEY = new Uint8Array(32).fill(1);
const OTHER_KEY = new Uint8Array(32).fill(2);
let made = 0;
let alive = 0;

function key(text: string): Curve25519PublicKey {
  const parsed = parseCurve25519PublicKey(text);
  if (!parsed.ok) throw new Error("not a key");
  return parsed.value;
}
const ZERO = key("A".repeat(43));

beforeAll(async () => {
  await loadOlm();
  const library = olm() as unknown as Record<string, new () => { free(): void }>;
  for (const name of CLASSES) {
    const Original = library[name];
    if (Original === undefined) throw new Error(`libolm has no ${name}`);
    library[name] = class extends Original {
      #freed = false;
      constructor() {
        super();
        made++;
        alive++;
      }
      override free(): void {
        if (this.#freed) throw new Error(`${name} freed twice`);
        this.#freed = true;
        alive--;
        super.free();
      }
    };
  }
});

afterEach(() => {
  expect(made).toBeGreaterThan(0);
  expect(alive).toBe(0);
  made = 0;
});

test("accounts and Olm sessions", () => {
  using alice = Account.create();
  using bob = Account.create();
  bob.generateOneTimeKeys(1);
  const pickle = bob.pickle(new PickleCipher(KEY));
  expect(Account.unpickle(pickle, OTHER_KEY)).toEqual({ ok: false, error: "bad-account-key" });
  expect(Account.unpickle("rubbish", KEY).ok).toBe(false);
  expect(Account.unpickle("A".repeat(1_000_000), KEY).ok).toBe(false);
  const again = Account.unpickle(pickle, KEY);
  expect(again.ok).toBe(true);
  if (again.ok) again.value.free();

  const oneTimeKey = bob.unpublishedOneTimeKeys()[0]?.key;
  if (oneTimeKey === undefined) throw new Error("no one-time key");
  expect(alice.createOutboundSession(bob.identityKeys.curve25519, ZERO)).toEqual({ ok: false, error: "low-order-key" });
  expect(alice.createOutboundSession(ZERO, oneTimeKey)).toEqual({ ok: false, error: "low-order-key" });
  const outbound = alice.createOutboundSession(bob.identityKeys.curve25519, oneTimeKey);
  if (!outbound.ok) throw new Error(outbound.error);
  using session = outbound.value;
  const message = session.encrypt("{}");
  for (const body of ["", "AwoA", message.body.slice(0, 100), "%", message.body.replace(/^A/, "B"), "A".repeat(100_000)]) {
    expect(bob.createInboundSession(alice.identityKeys.curve25519, body).ok).toBe(false);
  }
  expect(bob.createInboundSession(ZERO, message.body)).toEqual({ ok: false, error: "low-order-key" });
  expect(bob.createInboundSession(bob.identityKeys.curve25519, message.body)).toEqual({ ok: false, error: "bad-message-key-id" });
  expect(alice.createInboundSession(alice.identityKeys.curve25519, message.body)).toEqual({ ok: false, error: "bad-message-key-id" });
  const inbound = bob.createInboundSession(alice.identityKeys.curve25519, message.body);
  expect(inbound.ok).toBe(true);
  if (inbound.ok) inbound.value.free();
  expect(OlmSession.unpickle(session.pickle(KEY), OTHER_KEY).ok).toBe(false);
  expect(OlmSession.unpickle("A".repeat(1_000_000), KEY).ok).toBe(false);
});

test("group sessions", () => {
  using outbound = OutboundGroupSession.create();
  expect(OutboundGroupSession.unpickle(outbound.pickle(KEY), OTHER_KEY).ok).toBe(false);
  expect(OutboundGroupSession.unpickle("A".repeat(1_000_000), KEY).ok).toBe(false);
  for (const rubbish of ["", "A", "AgAAAAA", "A".repeat(5000)]) {
    expect(InboundGroupSession.fromSessionKey(rubbish).ok).toBe(false);
    expect(InboundGroupSession.importSession(rubbish).ok).toBe(false);
    expect(InboundGroupSession.unpickle(rubbish, KEY).ok).toBe(false);
  }
  const inbound = InboundGroupSession.fromSessionKey(outbound.sessionKey());
  if (!inbound.ok) throw new Error(inbound.error);
  inbound.value.free();
});

test("public key encryption", () => {
  expect(PkEncryption.forRecipient(ZERO)).toEqual({ ok: false, error: "low-order-key" });
  expect(() => PkDecryption.fromPrivateKey(Secret.from(new Uint8Array(31), "k"))).toThrow();
  using decryption = PkDecryption.fromPrivateKey(Secret.from(KEY, "k"));
  const encryption = PkEncryption.forRecipient(decryption.publicKey);
  if (encryption.ok) encryption.value.free();
});
