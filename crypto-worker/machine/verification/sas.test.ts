import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ADDRESS,
  ALICE,
  BOB,
  curveKey,
  device,
  edKey,
  partiesOf,
  PEER_KEYS,
  received,
  sasInput,
  sasInputs,
  sasStart,
  START,
  swapped,
  TestEnv,
  unwrap,
} from "../../../tests/support/verification-kit.ts";
import { SasKeyPair, type SasMacMethod } from "../../primitives/sas.ts";
import type { OutgoingMessage } from "./message.ts";
import type { Parties, TheirParty } from "./parties.ts";
import { commitmentOf, encodeMacs } from "./sas-protocol.ts";
import {
  assertSasInvariants,
  receiveSasStart,
  SAS_MAX_AGE,
  SAS_MESSAGE_TIMEOUT,
  startSas,
  stepSas,
  type SasState,
  type SasStep,
} from "./sas.ts";
import { CommitmentVerified, MacsVerified, UserConfirmedSas, VerifiedKeys } from "./witnesses.ts";

const parties = partiesOf();

/** One end, that keeps what it has to say. */
class End {
  readonly env: TestEnv;
  current: TheirParty | undefined;
  state: SasState;
  outbox: OutgoingMessage[] = [];

  constructor({ state, effects }: SasStep, seed: number) {
    this.env = new TestEnv(seed);
    this.state = state;
    this.current = state.parties.theirs;
    this.outbox.push(...effects);
  }

  do(input: Parameters<typeof stepSas>[1]): this {
    const { state, effects } = stepSas(this.state, input, this.env.with(this.current));
    this.state = state;
    this.outbox.push(...effects);
    return this;
  }

  get cancelCode(): string | undefined {
    return this.state.kind === "cancelled" ? this.state.code : undefined;
  }
}

/** Alice has started, Bob got it. */
function pair(fromRequest = true, alices: Parties = parties, bobs: Parties = swapped(parties)): { alice: End; bob: End } {
  const alice = new End(startSas(alices, ADDRESS, new TestEnv()), 1);
  if (!fromRequest) alice.state = { ...alice.state, fromRequest };
  const start = received(alice.outbox.splice(0)[0] ?? { type: "done" }, device("OURS"));
  if (start.message.type !== "start" || start.message.method !== "m.sas.v1") throw new Error("no start");
  const bob = new End(receiveSasStart(bobs, ADDRESS, { message: start.message, text: start.text }, fromRequest, new TestEnv()), 100);
  return { alice, bob };
}

/** Delivers everything until nobody has anything to say. `change` is the server's chance. */
function pump(alice: End, bob: End, change: (message: OutgoingMessage) => OutgoingMessage = (message) => message): void {
  for (let round = 0; round < 10 && alice.outbox.length + bob.outbox.length > 0; round++) {
    for (const message of alice.outbox.splice(0)) deliver(bob, change(message));
    for (const message of bob.outbox.splice(0)) deliver(alice, change(message));
  }
}

function deliver(end: End, message: OutgoingMessage): void {
  if (message.type === "cancel") end.do({ kind: "peer-cancel", code: message.code });
  else end.do(sasInput(message));
}

/** Both see their codes. */
function exchanged(fromRequest = true, alices?: Parties, bobs?: Parties): { alice: End; bob: End } {
  const ends = pair(fromRequest, alices, bobs);
  ends.bob.do({ kind: "accept" });
  pump(ends.alice, ends.bob);
  return ends;
}

/** Cancelled with this code, and nothing that comes later changes that. */
function expectRefused(end: End, code: string): void {
  expect(end.cancelCode).toBe(code);
  for (const { input } of sasInputs(end.state, new TestEnv(50)).values()) end.do(input);
  expect(end.cancelCode).toBe(code);
  expect("verified" in end.state).toBe(false);
}

describe("two ends", () => {
  test.each([
    ["the starter first", true],
    ["the acceptor first", false],
  ])("agree, %s", (_name, aliceFirst) => {
    const { alice, bob } = exchanged();
    if (alice.state.kind !== "expect-confirmation" || bob.state.kind !== "expect-confirmation") throw new Error("no codes");
    expect(alice.state.shown.codes).toEqual(bob.state.shown.codes);
    (aliceFirst ? alice : bob).do({ kind: "confirm" });
    pump(alice, bob);
    expect([alice.state.kind, bob.state.kind].toSorted()).toEqual(["expect-confirmation-after-mac", "expect-mac"]);
    (aliceFirst ? bob : alice).do({ kind: "confirm" });
    pump(alice, bob);
    for (const { state } of [alice, bob]) {
      if (state.kind !== "done") throw new Error(state.kind);
      expect(state.commitment).toBeInstanceOf(CommitmentVerified);
      expect(state.confirmed).toBeInstanceOf(UserConfirmedSas);
      expect(state.macs).toBeInstanceOf(MacsVerified);
      const { userId, deviceId, deviceKey, masterKey } = state.parties.theirs;
      expect(state.verified).toMatchObject({ userId, deviceId, deviceKey, masterKey });
    }
  });

  test("without a request there is no done message", () => {
    const { alice, bob } = exchanged(false);
    alice.do({ kind: "confirm" });
    bob.do({ kind: "confirm" });
    const said: string[] = [];
    pump(alice, bob, (message) => {
      said.push(message.type);
      return message;
    });
    expect([alice.state.kind, bob.state.kind]).toEqual(["done", "done"]);
    expect(said).toEqual(["mac", "mac"]);
  });

  test("a master key that is not verified on this device is not vouched for", () => {
    const { alice, bob } = exchanged(true, partiesOf(ALICE, BOB, false));
    alice.do({ kind: "confirm" });
    bob.do({ kind: "confirm" });
    pump(alice, bob);
    expect(bob.state.kind === "done" && bob.state.verified).toMatchObject({ deviceKey: edKey(10), masterKey: undefined });
    expect(alice.state.kind === "done" && alice.state.verified).toMatchObject({ deviceKey: edKey(20), masterKey: edKey(21) });
  });

  test.each([
    [["hkdf-hmac-sha256"], "hkdf-hmac-sha256"],
    [["hkdf-hmac-sha256", "org.matrix.msc3783.hkdf-hmac-sha256"], "org.matrix.msc3783.hkdf-hmac-sha256"],
    [["org.matrix.msc3783.hkdf-hmac-sha256", "hkdf-hmac-sha256", "hkdf-hmac-sha256.v2"], "hkdf-hmac-sha256.v2"],
  ] as const)("MAC methods %j: %s", (macs, expected) => {
    const start = sasStart({ macs });
    const bob = new End(receiveSasStart(parties, ADDRESS, start, true, new TestEnv()), 1).do({ kind: "accept" });
    expect(bob.outbox[0]).toMatchObject({ type: "accept", choice: { mac: expected, strings: ["decimal", "emoji"] } });
    const peer = PEER_KEYS();
    bob.do(sasInput({ type: "key", key: peer.publicKey }));
    if (bob.state.kind !== "expect-confirmation") throw new Error(bob.state.kind);
    const theirs = unwrap(peer.agree(bob.state.agreement.ourKey));
    bob.do(sasInput(encodeMacs(theirs, expected satisfies SasMacMethod, swapped(parties), "flow")));
    expect(bob.state.kind).toBe("expect-confirmation-after-mac");
  });

  test.each([
    ["key agreements", { keyAgreements: ["curve25519"] }],
    ["hashes", { hashes: ["md5"] }],
    ["MACs", { macs: ["hmac-sha256"] }],
    ["strings", { strings: ["morse"] }],
  ])("nothing in common: %s", (_name, offer) => {
    const { state, effects } = receiveSasStart(parties, ADDRESS, sasStart(offer), true, new TestEnv());
    expect(state).toMatchObject({ kind: "cancelled", code: "m.unknown_method", byUs: true });
    expect(effects).toEqual([{ type: "cancel", code: "m.unknown_method" }]);
  });
});

describe("nothing is verified when", () => {
  const started = (): End => new End(startSas(parties, ADDRESS, new TestEnv()), 1);
  const input = (end: End, name: string) => {
    const found = sasInputs(end.state, new TestEnv(60)).get(name);
    if (found === undefined) throw new Error(`no input ${name}`);
    return found.input;
  };
  const withCodes = (): End => {
    const end = started();
    end.do(input(end, "accept"));
    return end.do(input(end, "key"));
  };

  test("the key is not the one that was committed to", () => {
    const { alice, bob } = pair();
    bob.do({ kind: "accept" });
    const other = SasKeyPair.fromRandom(new Uint8Array(32).fill(5)).publicKey;
    const fromBob = (message: OutgoingMessage): boolean => message.type === "key" && bob.state.kind === "expect-confirmation";
    pump(alice, bob, (message) => (fromBob(message) ? { type: "key", key: other } : message));
    expectRefused(alice, "m.mismatched_commitment");
  });

  test("the start that was committed to is not ours", () => {
    const { alice, bob } = pair();
    bob.state = { ...bob.state, startContent: "{}" } as SasState;
    bob.do({ kind: "accept" });
    pump(alice, bob);
    expectRefused(alice, "m.mismatched_commitment");
  });

  test.each([
    ["low-order key", "m.invalid_message"],
    ["our own key", "m.key_mismatch"],
  ])("an acceptor gets a %s", (name, code) => {
    const bob = new End(receiveSasStart(parties, ADDRESS, sasStart(), true, new TestEnv()), 1).do({ kind: "accept" });
    expectRefused(bob.do(input(bob, name)), code);
  });

  test("a starter gets a low-order key that was committed to", () => {
    const end = started();
    end.do(input(end, "accept"));
    if (end.state.kind !== "expect-committed-key") throw new Error(end.state.kind);
    const lowOrder = curveKey(`AQ${"A".repeat(41)}`);
    end.state = { ...end.state, promise: commitmentOf(lowOrder, end.state.startContent) };
    expectRefused(end.do(sasInput({ type: "key", key: lowOrder })), "m.invalid_message");
  });

  test("they choose what we did not offer", () => {
    const end = started();
    expectRefused(end.do(input(end, "accept of what we did not offer")), "m.unknown_method");
  });

  test("a second, different key comes", () => {
    const end = withCodes();
    expectRefused(end.do(input(end, "another key")), "m.unexpected_message");
  });

  test("the user says that the codes differ", () => {
    const { alice, bob } = exchanged();
    alice.do({ kind: "cancel", code: "m.mismatched_sas" });
    pump(alice, bob);
    expect(bob.state).toMatchObject({ kind: "cancelled", code: "m.mismatched_sas", byUs: false });
    expectRefused(alice, "m.mismatched_sas");
  });

  test("there was a man in the middle: the codes differ", () => {
    const { alice, bob } = pair();
    // Carol accepts in Bob's place, and starts with him in Alice's.
    const carol = new End(receiveSasStart(swapped(parties), ADDRESS, sasStart(), true, new TestEnv()), 200);
    carol.state = { ...carol.state, startContent: alice.state.kind === "expect-accept" ? alice.state.startContent : "" } as SasState;
    carol.do({ kind: "accept" });
    pump(alice, carol);
    bob.do({ kind: "accept" });
    bob.do(sasInput({ type: "key", key: PEER_KEYS().publicKey }));
    if (alice.state.kind !== "expect-confirmation" || bob.state.kind !== "expect-confirmation") throw new Error("no codes");
    expect(alice.state.shown.codes.decimals).not.toEqual(bob.state.shown.codes.decimals);
  });

  test.each(["mac with a wrong key", "mac with a wrong list"])("%s, before and after our user confirmed", (name) => {
    const before = withCodes();
    expectRefused(before.do(input(before, name)), "m.key_mismatch");
    const after = withCodes().do({ kind: "confirm" });
    expectRefused(after.do(input(after, name)), "m.key_mismatch");
  });

  function macCase(change: (keyIds: Map<string, string>) => Map<string, string>, alices: Parties = parties): End {
    const end = new End(startSas(alices, ADDRESS, new TestEnv()), 1);
    end.do(input(end, "accept"));
    end.do(input(end, "key"));
    if (end.state.kind !== "expect-confirmation") throw new Error(end.state.kind);
    const agreement = unwrap(PEER_KEYS().agree(end.state.agreement.ourKey));
    const theirs = swapped(alices).ours;
    const info = `MATRIX_KEY_VERIFICATION_MAC${theirs.userId}${theirs.deviceId}${alices.ours.userId}${alices.ours.deviceId}flow`;
    const keys = change(new Map([[`ed25519:${theirs.deviceId}`, theirs.deviceKey]]));
    const macs = new Map([...keys].map(([id, key]) => [id, agreement.calculateMac("hkdf-hmac-sha256.v2", key, info + id)]));
    const list = agreement.calculateMac("hkdf-hmac-sha256.v2", [...macs.keys()].toSorted().join(","), `${info}KEY_IDS`);
    return end.do({ kind: "confirm" }).do(sasInput({ type: "mac", macs, keys: list }));
  }

  test("the MACs name only keys that we do not know", () => {
    expectRefused(
      macCase(() => new Map([["ed25519:ELSE", edKey(1)]])),
      "m.key_mismatch",
    );
  });

  test("a key of theirs has another value than we know", () => {
    expectRefused(
      macCase((keys) => new Map([...keys].map(([id]) => [id, edKey(66)]))),
      "m.key_mismatch",
    );
  });

  test("their device is named like their master key (CVE-2022-39250)", () => {
    const confused = { ...parties, theirs: { ...parties.theirs, deviceId: device(edKey(21)) } };
    expectRefused(
      macCase((keys) => keys, confused),
      "m.key_mismatch",
    );
  });

  test("and a device named like somebody else's master key verifies the device only", () => {
    const odd = { ...parties, theirs: { ...parties.theirs, deviceId: device(edKey(11)) } };
    const end = macCase((keys) => keys, odd).do(sasInput({ type: "done" }));
    expect(end.state.kind === "done" && end.state.verified).toMatchObject({ deviceKey: edKey(20), masterKey: undefined });
  });

  test("unknown ids beside the device's are ignored", () => {
    const end = macCase((keys) => new Map([...keys, ["ed25519:ELSE", edKey(1)], ["curve25519:THEIRS", edKey(2)]]));
    expect(end.state.kind).toBe("expect-done");
  });

  test.each([
    ["their device key has changed", { ...parties.theirs, deviceKey: edKey(90) }],
    ["their master key has changed", { ...parties.theirs, masterKey: edKey(91) }],
    ["their master key is gone", { ...parties.theirs, masterKey: undefined }],
    ["their device is gone", undefined],
    ["it is another device", { ...parties.theirs, deviceId: device("ELSE") }],
  ])("%s at the end", (_name, current) => {
    const end = withCodes().do({ kind: "confirm" });
    end.do(input(end, "mac"));
    expect(end.state.kind).toBe("expect-done");
    end.current = current;
    expectRefused(end.do(sasInput({ type: "done" })), "m.key_mismatch");
  });

  test.each(["mac", "done"])("a %s comes too early", (name) => {
    const end = started();
    expectRefused(end.do(input(end, name)), "m.unexpected_message");
  });

  test("done comes before our user has confirmed", () => {
    const end = withCodes();
    end.do(input(end, "mac"));
    expectRefused(end.do(sasInput({ type: "done" })), "m.unexpected_message");
  });

  test("they say done before they sent their MACs", () => {
    expectRefused(
      withCodes()
        .do({ kind: "confirm" })
        .do(sasInput({ type: "done" })),
      "m.unexpected_message",
    );
  });
});

describe("time", () => {
  const later = (end: End, ms: number): End => end.do({ kind: "tick", now: START + ms });

  test("a device may take a minute, a person the whole five", () => {
    const { alice, bob } = pair();
    expect(later(bob, SAS_MAX_AGE).state.kind).toBe("expect-user-accept");
    expect(later(alice, SAS_MESSAGE_TIMEOUT).state.kind).toBe("expect-accept");
    expectRefused(later(alice, SAS_MESSAGE_TIMEOUT + 1), "m.timeout");
    expectRefused(later(bob, SAS_MAX_AGE + 1), "m.timeout");
    const ends = exchanged();
    expect(later(ends.alice, SAS_MAX_AGE).state.kind).toBe("expect-confirmation");
    expectRefused(later(ends.alice, SAS_MAX_AGE + 1), "m.timeout");
  });

  test("that goes back does not make codes good for longer", () => {
    expect(later(exchanged().alice, -SAS_MAX_AGE).state.kind).toBe("expect-confirmation");
    expectRefused(later(exchanged().alice, -SAS_MAX_AGE - 1), "m.timeout");
  });
});

describe("both start", () => {
  test("the smaller user id's counts", () => {
    const alice = new End(startSas(parties, ADDRESS, new TestEnv()), 1).do({ kind: "message", received: sasStart() });
    expect(alice.state).toMatchObject({ kind: "expect-accept", weStarted: true });
    const bob = new End(startSas(partiesOf(BOB, ALICE), ADDRESS, new TestEnv()), 1).do({ kind: "message", received: sasStart() });
    expect(bob.state).toMatchObject({ kind: "expect-user-accept", weStarted: false });
  });

  test("of one user, the smaller device id's", () => {
    const ours = new End(startSas(partiesOf(ALICE, ALICE), ADDRESS, new TestEnv()), 1).do({ kind: "message", received: sasStart() });
    expect(ours.state.weStarted).toBe(true);
    const own = partiesOf(ALICE, ALICE);
    const larger = { ...own, ours: { ...own.ours, deviceId: device("ZZZ") } };
    expect(new End(startSas(larger, ADDRESS, new TestEnv()), 1).do({ kind: "message", received: sasStart() }).state.weStarted).toBe(false);
  });
});

describe("whatever happens", () => {
  const names = [...sasInputs(startSas(parties, ADDRESS, new TestEnv()).state, new TestEnv(50)).keys()];
  const NEEDED = ["user confirms", "key", "mac", "done"];

  /** Steps by name; repeats are of the same bytes, as a server would repeat them. */
  function play(end: End, sequence: readonly string[]): string[] {
    const taken: string[] = [];
    for (const name of sequence) {
      const found = sasInputs(end.state, new TestEnv(60)).get(name);
      if (found === undefined) continue;
      end.current = "current" in found ? found.current : parties.theirs;
      const before = end.state;
      end.do(found.input);
      assertSasInvariants(end.state);
      if (end.state !== before) taken.push(name);
    }
    return taken;
  }

  const starter = (): End => new End(startSas(parties, ADDRESS, new TestEnv()), 1);
  const acceptor = (): End => new End(receiveSasStart(parties, ADDRESS, sasStart(), true, new TestEnv()), 1);
  // Mostly the good order, so that runs get far enough to be interesting.
  const good = {
    starter: ["accept", "key", "user confirms", "mac", "done"],
    acceptor: ["user accepts", "key", "mac", "user confirms", "done"],
  };

  test.each([
    ["starter", starter],
    ["acceptor", acceptor],
  ] as const)("a %s is done only with every witness, each made by its own step", (role, make) => {
    let finished = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 5 }), fc.constantFrom(...names)), { maxLength: 4 }), (noise) => {
        const sequence: string[] = [...good[role]];
        for (const [at, name] of noise) sequence.splice(at, 0, name);
        const end = make();
        const taken = play(end, sequence);
        const isDone = end.state.kind === "done";
        expect("verified" in end.state && end.state.verified instanceof VerifiedKeys).toBe(isDone);
        if (!isDone) return;
        finished++;
        for (const needed of NEEDED) expect(taken).toContain(needed);
        expect(taken).not.toContain("mac with a wrong key");
        expect(taken).not.toContain("mac with a wrong list");
        expect(taken.some((name) => name.includes("changed") || name.includes("gone"))).toBe(false);
      }),
      { numRuns: 100 },
    );
    expect(finished).toBeGreaterThan(5);
  });

  test("random inputs alone get nobody verified without a confirmation", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.constantFrom(...names.filter((name) => name !== "user confirms")), { maxLength: 30 }),
        (first, sequence) => {
          const end = first ? starter() : acceptor();
          play(end, sequence);
          expect(end.state.kind).not.toBe("done");
        },
      ),
      { numRuns: 60 },
    );
  });

  test("with a server that changes messages, users who compare verify only the true keys", () => {
    const wrongKey = curveKey(PEER_KEYS().publicKey);
    const change = (message: OutgoingMessage, how: number): OutgoingMessage => {
      if (how === 1 && message.type === "key") return { type: "key", key: wrongKey };
      if (how === 2 && message.type === "accept") return { ...message, commitment: "A".repeat(43) };
      if (how === 3 && message.type === "accept") return { ...message, choice: { ...message.choice, strings: ["decimal"] } };
      if (how === 4 && message.type === "accept") return { ...message, choice: { ...message.choice, mac: "hkdf-hmac-sha256" } };
      if (how === 5 && message.type === "mac") return { ...message, macs: new Map([...message.macs].slice(0, 1)) };
      if (how === 6) return { type: "done" };
      return message;
    };
    let finished = 0;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 12, maxLength: 12 }), (script) => {
        const { alice, bob } = pair();
        const next = (message: OutgoingMessage): OutgoingMessage => change(message, script.shift() ?? 0);
        bob.do({ kind: "accept" });
        pump(alice, bob, next);
        const shown = [alice, bob].map(({ state }) => ("shown" in state ? state.shown.codes.decimals.join() : undefined));
        if (shown[0] === undefined || shown[0] !== shown[1]) return;
        alice.do({ kind: "confirm" });
        bob.do({ kind: "confirm" });
        pump(alice, bob, next);
        if (alice.state.kind === "done") finished++;
        if (alice.state.kind === "done") expect(alice.state.verified).toMatchObject({ deviceKey: edKey(20), masterKey: edKey(21) });
        if (bob.state.kind === "done") expect(bob.state.verified).toMatchObject({ deviceKey: edKey(10), masterKey: edKey(11) });
      }),
      { numRuns: 150 },
    );
    expect(finished).toBeGreaterThan(5);
  });
});

test("witnesses of two flows do not go together", () => {
  const finished = (seed: number): Extract<SasState, { kind: "done" }> => {
    const alice = new End(startSas(parties, ADDRESS, new TestEnv()), seed);
    for (const name of ["accept", "key", "user confirms", "mac", "done"]) {
      const found = sasInputs(alice.state, new TestEnv(60)).get(name);
      if (found !== undefined) alice.do(found.input);
    }
    if (alice.state.kind !== "done") throw new Error(alice.state.kind);
    return alice.state;
  };
  const [one, two] = [finished(1), finished(2)];
  assertSasInvariants(one);
  expect(() => assertSasInvariants({ ...one, confirmed: two.confirmed })).toThrow("invariants");
  expect(() => assertSasInvariants({ ...one, macs: two.macs })).toThrow("invariants");
  expect(() => assertSasInvariants({ ...one, commitment: two.commitment })).toThrow("invariants");
});
