import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALICE, BOB, partiesOf, received, swapped, TestEnv, unwrap } from "../../../tests/support/verification-kit.ts";
import { Ed25519SigningKey } from "../../primitives/ed25519.ts";
import { Secret } from "../../primitives/secret.ts";
import type { OutgoingMessage } from "./message.ts";
import type { Parties, TheirParty } from "./parties.ts";
import { encodeQrCode, parseQrCode, type QrCode } from "./qr-code.ts";
import { scanQr, showQr, stepQr, type QrInput, type QrState, type QrStep } from "./qr.ts";
import { VerifiedKeys } from "./witnesses.ts";

const FLOW = "flow";

/** A code is only read when its keys are points of the curve. */
const realKey = (byte: number) => Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(32).fill(byte), "test")).publicKey;
const real = ({ ours, theirs }: Parties): Parties => {
  const isSelf = ours.userId === theirs.userId;
  return {
    ours: { ...ours, deviceKey: realKey(10), masterKey: realKey(11) },
    theirs: { ...theirs, deviceKey: realKey(20), masterKey: realKey(isSelf ? 11 : 21) },
  };
};

class End {
  current: TheirParty | undefined;
  state: QrState;
  outbox: OutgoingMessage[];

  constructor({ state, effects }: QrStep) {
    this.state = state;
    this.current = state.parties.theirs;
    this.outbox = [...effects];
  }

  do(input: QrInput): this {
    const { state, effects } = stepQr(this.state, input, { current: this.current });
    this.state = state;
    this.outbox.push(...effects);
    return this;
  }

  hear(message: OutgoingMessage): this {
    const { message: parsed, text } = received(message);
    if (parsed.type === "cancel") return this.do({ kind: "peer-cancel", code: parsed.code });
    if (parsed.type === "done") return this.do({ kind: "message", received: { message: parsed, text } });
    if (parsed.type !== "start" || parsed.method !== "m.reciprocate.v1") throw new Error("not for a QR flow");
    return this.do({ kind: "message", received: { message: parsed, text } });
  }
}

const shower = (parties: Parties): End => new End({ state: unwrap(showQr(parties, FLOW, new TestEnv(50))), effects: [] });
const codeOf = (end: End): QrCode => {
  if (end.state.kind !== "expect-scan") throw new Error(end.state.kind);
  return unwrap(parseQrCode(encodeQrCode(end.state.code)));
};

function expectRefused(end: End, code: string): void {
  expect(end.state).toMatchObject({ kind: "cancelled", code });
  end.do({ kind: "confirm" }).hear({ type: "done" });
  expect(end.state).toMatchObject({ kind: "cancelled", code });
  expect("verified" in end.state).toBe(false);
}

const MODES = [
  ["another user", partiesOf(), true, "other-user", { master: true }, { master: true }],
  ["our new device, from the one that trusts", partiesOf(ALICE, ALICE), false, "self-trusting", { master: false }, { master: true }],
  ["our identity, from the new device", partiesOf(ALICE, ALICE, false), true, "self-untrusting", { master: true }, { master: false }],
] as const;

describe.each(MODES)("%s", (_name, fakeParties, scannerTrusts, mode, showerGets, scannerGets) => {
  const parties = real(fakeParties);
  const world = (): { shown: End; scanner: End } => {
    const shown = shower(parties);
    expect(codeOf(shown).mode).toBe(mode);
    return { shown, scanner: new End(scanQr(swapped(parties, scannerTrusts), FLOW, codeOf(shown))) };
  };
  const keysOf = (end: End) => (end.state.kind === "done" ? end.state.verified : undefined);
  const expected = (of: TheirParty, master: boolean) => ({
    deviceId: of.deviceId,
    deviceKey: master ? undefined : of.deviceKey,
    masterKey: master ? of.masterKey : undefined,
  });

  test("one scan verifies both", () => {
    const { shown, scanner } = world();
    shown.hear(scanner.outbox.splice(0)[0] ?? { type: "done" });
    expect([shown.state.kind, scanner.state.kind]).toEqual(["expect-confirmation", "expect-shower-done"]);
    shown.do({ kind: "confirm" });
    scanner.hear(shown.outbox.splice(0)[0] ?? { type: "cancel", code: "m.user" });
    shown.hear(scanner.outbox.splice(0)[0] ?? { type: "cancel", code: "m.user" });
    expect(keysOf(shown)).toMatchObject(expected(parties.theirs, showerGets.master));
    expect(keysOf(scanner)).toMatchObject(expected(swapped(parties).theirs, scannerGets.master));
  });

  test("a code with another first or second key is refused", () => {
    for (const which of ["firstKey", "secondKey"] as const) {
      const code = { ...codeOf(shower(parties)), [which]: realKey(99) };
      expectRefused(new End(scanQr(swapped(parties, scannerTrusts), FLOW, code)), "m.key_mismatch");
    }
  });

  test("a code of another mode is refused", () => {
    for (const other of ["other-user", "self-trusting", "self-untrusting"] as const) {
      if (other === mode) continue;
      expectRefused(new End(scanQr(swapped(parties, scannerTrusts), FLOW, { ...codeOf(shower(parties)), mode: other })), "m.key_mismatch");
    }
  });

  test("a code of another flow is refused", () => {
    expectRefused(new End(scanQr(swapped(parties, scannerTrusts), "other", codeOf(shower(parties)))), "m.key_mismatch");
  });

  test.each([
    ["another secret", Buffer.alloc(16, 1).toString("base64").replaceAll("=", ""), "m.key_mismatch"],
    ["the beginning of the secret", Buffer.alloc(8, 50).toString("base64").replaceAll("=", ""), "m.key_mismatch"],
    ["no base64", "!", "m.invalid_message"],
    ["nothing", "", "m.key_mismatch"],
  ])("a scanner who sends %s has seen nothing", (_case, secret, code) => {
    expectRefused(shower(parties).hear({ type: "start", method: "m.reciprocate.v1", secret }), code);
  });

  test("keys that changed at the end, on both sides", () => {
    const { shown, scanner } = world();
    shown.hear(scanner.outbox.splice(0)[0] ?? { type: "done" }).do({ kind: "confirm" });
    const other = { ...parties.theirs, masterKey: realKey(80), deviceKey: realKey(81) };
    shown.current = other;
    expectRefused(shown.hear({ type: "done" }), "m.key_mismatch");
    scanner.current = undefined;
    expectRefused(scanner.hear({ type: "done" }), "m.key_mismatch");
  });

  test("a device that got another key meanwhile, also where only the identity was shown", () => {
    const { shown, scanner } = world();
    shown.hear(scanner.outbox.splice(0)[0] ?? { type: "done" }).do({ kind: "confirm" });
    shown.current = { ...parties.theirs, deviceKey: realKey(81) };
    expectRefused(shown.hear({ type: "done" }), "m.key_mismatch");
  });

  test("done before the scan or before our user confirmed", () => {
    expectRefused(shower(parties).hear({ type: "done" }), "m.unexpected_message");
    const { shown, scanner } = world();
    shown.hear(scanner.outbox.splice(0)[0] ?? { type: "done" });
    expectRefused(shown.hear({ type: "done" }), "m.unexpected_message");
  });

  test("a repeated message changes nothing, a second scan ends it", () => {
    const { shown, scanner } = world();
    const start = scanner.outbox[0] ?? { type: "done" };
    shown.hear(start).hear(start);
    expect(shown.state.kind).toBe("expect-confirmation");
    expectRefused(shown.hear({ type: "start", method: "m.reciprocate.v1", secret: "AAAA" }), "m.unexpected_message");
  });

  test("random inputs: done only after scan, confirmation and done", () => {
    const inputs: Readonly<Record<string, (end: End, start: OutgoingMessage) => End>> = {
      scan: (end, start) => end.hear(start),
      wrong: (end) => end.hear({ type: "start", method: "m.reciprocate.v1", secret: "AAAA" }),
      confirm: (end) => end.do({ kind: "confirm" }),
      done: (end) => end.hear({ type: "done" }),
      cancel: (end) => end.hear({ type: "cancel", code: "m.user" }),
    };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...Object.keys(inputs)), { maxLength: 8 }), (names) => {
        const { shown, scanner } = world();
        const start = scanner.outbox[0] ?? { type: "done" };
        for (const name of names) inputs[name]?.(shown, start);
        const isDone = shown.state.kind === "done";
        expect("verified" in shown.state && shown.state.verified instanceof VerifiedKeys).toBe(isDone);
        if (isDone) expect(names.join()).toMatch(/scan.*confirm.*done/);
      }),
      { numRuns: 100 },
    );
  });
});

describe("what we show", () => {
  test("no identity that is not verified here, to others", () => {
    expect(showQr(partiesOf(ALICE, BOB, false), FLOW, new TestEnv())).toEqual({ ok: false, error: "identity-not-verified" });
  });

  test("nothing without identities", () => {
    const { ours, theirs } = partiesOf();
    expect(showQr({ ours: { ...ours, masterKey: undefined }, theirs }, FLOW, new TestEnv()).ok).toBe(false);
    expect(showQr({ ours, theirs: { ...theirs, masterKey: undefined } }, FLOW, new TestEnv()).ok).toBe(false);
  });

  test("a scanner that does not trust the identity itself does not vouch for it", () => {
    const parties = real(partiesOf(ALICE, ALICE, false));
    expectRefused(new End(scanQr(swapped(parties, false), FLOW, codeOf(shower(parties)))), "m.key_mismatch");
  });
});

describe("the code's bytes", () => {
  const code: QrCode = {
    mode: "self-trusting",
    flowId: "$événement",
    firstKey: realKey(1),
    secondKey: realKey(2),
    secret: Secret.from(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]), "qr-secret"),
  };

  test("are those of the specification", () => {
    const bytes = Buffer.from(encodeQrCode(code));
    expect(bytes.subarray(0, 10).toString("hex")).toBe("4d415452495802010 00c".replaceAll(" ", ""));
    expect(bytes.subarray(10, 22).toString()).toBe("$événement");
    expect(bytes.subarray(22, 54).toString("base64")).toBe(`${code.firstKey}=`);
    expect(bytes.subarray(54, 86).toString("base64")).toBe(`${code.secondKey}=`);
    expect([...bytes.subarray(86)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("round trip", () => {
    const again = unwrap(parseQrCode(encodeQrCode(code)));
    expect(again).toMatchObject({ mode: code.mode, flowId: code.flowId, firstKey: code.firstKey, secondKey: code.secondKey });
    expect(again.secret.equals(code.secret)).toBe(true);
  });

  test("truncated, with another head, with keys that are no points: refused", () => {
    const bytes = encodeQrCode(code);
    for (let length = 0; length < bytes.length; length++) expect(parseQrCode(bytes.subarray(0, length)).ok).toBe(false);
    for (const at of [0, 5, 6]) expect(parseQrCode(bytes.map((byte, i) => (i === at ? byte + 1 : byte))).ok).toBe(false);
    expect(parseQrCode(bytes.map((byte, i) => (i === 7 ? 3 : byte))).ok).toBe(false);
    expect(parseQrCode(bytes.map((byte, i) => (i === 12 ? 0xff : byte))).ok).toBe(false);
    expect(parseQrCode(bytes.map((byte, i) => (i >= 22 && i < 54 ? 0 : byte))).ok).toBe(false);
    expect(parseQrCode(new Uint8Array(2000).fill(77)).ok).toBe(false);
  });

  test("any bytes: a code or a failure, never an exception", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        (tail) => void parseQrCode(Uint8Array.from([...encodeQrCode(code).subarray(0, 8), ...tail])),
      ),
    );
  });

  test("no secret when printed", () => {
    expect(JSON.stringify(code)).toContain("[secret qr-secret]");
  });
});
