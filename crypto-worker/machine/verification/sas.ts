import { unreachable } from "../../../protocol/result.ts";
import { encodeCanonicalJson } from "../../wire/canonical-json.ts";
import { SasKeyPair, type SasAgreement } from "../../primitives/sas.ts";
import type { Env } from "../env.ts";
import type { CancelCode, Cancellation } from "./cancellation.ts";
import { encodeAddressed, flowIdOf, type FlowAddress } from "./flow-address.ts";
import {
  encodeMessage,
  type AcceptMessage,
  type DoneMessage,
  type KeyMessage,
  type MacMessage,
  type OutgoingMessage,
  type Received,
  type SasStartMessage,
} from "./message.ts";
import type { Parties, TheirParty } from "./parties.ts";
import {
  canDeriveKeys,
  commitmentOf,
  decideChoice,
  encodeChoice,
  encodeMacs,
  OUR_OFFER,
  parseChoice,
  transcriptOf,
  type Agreed,
} from "./sas-protocol.ts";
import { CommitmentVerified, KeysUnchanged, MacsVerified, ShownSas, UserConfirmedSas, VerifiedKeys } from "./witnesses.ts";

/**
 * One short authentication string (E2EE §SAS), from the start message on. States are named for what they wait for.
 *
 * Invariants, checked after every step:
 * 1. `confirmed` is present exactly from our user's confirmation on, and `macs` from their MAC message on.
 * 2. All witnesses of a state are of its own transcript.
 * 3. `done` has every witness and `VerifiedKeys` made of them; no other state has `VerifiedKeys`.
 */
export type SasState = SasBase &
  (
    | ({ readonly kind: "expect-accept" } & Started)
    | ({ readonly kind: "expect-user-accept"; readonly agreed: Agreed } & Started)
    | ({ readonly kind: "expect-starter-key" } & Accepted)
    | ({ readonly kind: "expect-committed-key" } & Accepted)
    | ({ readonly kind: "expect-confirmation" } & Exchanged)
    | ({ readonly kind: "expect-confirmation-after-mac"; readonly macs: MacsVerified } & Exchanged)
    | ({ readonly kind: "expect-mac"; readonly confirmed: UserConfirmedSas } & Exchanged)
    | ({ readonly kind: "expect-done" } & Exchanged & Proven)
    | ({ readonly kind: "done"; readonly verified: VerifiedKeys } & Omit<Exchanged, "agreement"> & Proven)
    | ({ readonly kind: "cancelled" } & Cancellation)
  );

export type SasBase = {
  readonly method: "sas";
  readonly address: FlowAddress;
  readonly parties: Parties;
  /** Whether the start message that counts is ours. */
  readonly weStarted: boolean;
  /** Without a request (deprecated, to-device only) there are no `done` messages. */
  readonly fromRequest: boolean;
  /** Milliseconds since the epoch, as are all times. */
  readonly startedAt: number;
  readonly lastMessageAt: number;
  /** Type → canonical content of what was accepted, to know a repetition. */
  readonly received: ReadonlyMap<string, string>;
};

type Started = { readonly startContent: string };
/** `promise` is the acceptor's commitment to its key. */
type Accepted = Started & { readonly agreed: Agreed; readonly keyPair: SasKeyPair; readonly promise: string };
type Exchanged = {
  readonly agreed: Agreed;
  readonly agreement: SasAgreement;
  readonly transcript: string;
  readonly commitment: CommitmentVerified;
  readonly shown: ShownSas;
};
type Proven = { readonly confirmed: UserConfirmedSas; readonly macs: MacsVerified };

export type SasMessage = SasStartMessage | AcceptMessage | KeyMessage | MacMessage | DoneMessage;
export type SasInput =
  | { readonly kind: "accept" }
  | { readonly kind: "confirm" }
  | { readonly kind: "cancel"; readonly code: CancelCode }
  | { readonly kind: "peer-cancel"; readonly code: string }
  | { readonly kind: "message"; readonly received: Received<SasMessage> }
  | { readonly kind: "tick"; readonly now: number };

/** Everything that a step may look at besides its state and input. */
export type SasEnv = Env & {
  /** The other side's keys as the store has them now; undefined when the device is gone. */
  readonly current: TheirParty | undefined;
};

export type SasStep = { readonly state: SasState; readonly effects: readonly OutgoingMessage[] };

/** Longest time from start to end. */
export const SAS_MAX_AGE = 5 * 60_000;
/** Longest wait for the other device; where a person is awaited, only the age counts. */
export const SAS_MESSAGE_TIMEOUT = 60_000;

/** Our start. */
export function startSas(parties: Parties, address: FlowAddress, env: Env): SasStep {
  const message = { type: "start", method: "m.sas.v1", offer: OUR_OFFER } as const;
  const startContent = encodeCanonicalJson(encodeAddressed(encodeMessage(message, parties.ours.deviceId), address));
  return { state: { ...baseOf(parties, address, true, true, env), kind: "expect-accept", startContent }, effects: [message] };
}

/** Their start; cancelled at once when there is no common algorithm. */
export function receiveSasStart(
  parties: Parties,
  address: FlowAddress,
  { message, text }: Received<SasStartMessage>,
  fromRequest: boolean,
  env: Env,
): SasStep {
  const base = { ...baseOf(parties, address, false, fromRequest, env), received: new Map([["start", text]]) };
  const agreed = decideChoice(message.offer);
  if (agreed === undefined) return cancel(base, "m.unknown_method");
  return { state: { ...base, kind: "expect-user-accept", agreed, startContent: text }, effects: [] };
}

export function stepSas(state: SasState, input: SasInput, env: SasEnv): SasStep {
  const step = isRepetition(state, input) ? stay(state) : transition(state, input, env);
  assertSasInvariants(step.state);
  return step;
}

export function assertSasInvariants(state: SasState): void {
  const { confirmed, macs, verified, transcript, commitment, shown }: Witnesses = { ...NO_WITNESSES, ...state };
  const expected = WITNESSES[state.kind];
  const present = [confirmed instanceof UserConfirmedSas, macs instanceof MacsVerified, verified instanceof VerifiedKeys];
  const exchanged = commitment instanceof CommitmentVerified && shown instanceof ShownSas;
  const foreign = [commitment, shown, confirmed, macs].some((witness) => witness !== undefined && witness.transcript !== transcript);
  if (foreign || exchanged !== expected[0] || present.some((value, i) => value !== expected[i + 1]))
    throw new Error("a SAS flow broke its invariants");
}

/** Exchanged, confirmed, macs, verified. */
const WITNESSES: Readonly<Record<SasState["kind"], readonly [boolean, boolean, boolean, boolean]>> = {
  "expect-accept": [false, false, false, false],
  "expect-user-accept": [false, false, false, false],
  "expect-starter-key": [false, false, false, false],
  "expect-committed-key": [false, false, false, false],
  "expect-confirmation": [true, false, false, false],
  "expect-confirmation-after-mac": [true, false, true, false],
  "expect-mac": [true, true, false, false],
  "expect-done": [true, true, true, false],
  done: [true, true, true, true],
  cancelled: [false, false, false, false],
};

type Witnesses = Partial<Pick<Exchanged, "transcript" | "commitment" | "shown"> & Proven & { verified: VerifiedKeys }>;
const NO_WITNESSES: Witnesses = {};

function transition(state: SasState, input: SasInput, env: SasEnv): SasStep {
  switch (state.kind) {
    case "expect-accept":
      if (input.kind === "message" && input.received.message.type === "start")
        return tie(state, input.received, input.received.message, env);
      if (input.kind === "message" && input.received.message.type === "accept") {
        const agreed = parseChoice(input.received.message.choice);
        if (agreed === undefined) return cancel(state, "m.unknown_method");
        const keyPair = SasKeyPair.fromRandom(env.randomBytes(32));
        const { commitment: promise } = input.received.message;
        const next = { ...accepted(state, input.received, env), kind: "expect-committed-key", agreed, keyPair, promise } as const;
        return { state: next, effects: [{ type: "key", key: keyPair.publicKey }] };
      }
      return otherwise(state, input, SAS_MESSAGE_TIMEOUT);
    case "expect-user-accept":
      if (input.kind === "accept") {
        const keyPair = SasKeyPair.fromRandom(env.randomBytes(32));
        const commitment = commitmentOf(keyPair.publicKey, state.startContent);
        return {
          state: { ...state, kind: "expect-starter-key", keyPair, promise: commitment, lastMessageAt: env.now() },
          effects: [{ type: "accept", choice: encodeChoice(state.agreed), commitment }],
        };
      }
      return otherwise(state, input, undefined);
    case "expect-starter-key":
      if (input.kind === "message" && input.received.message.type === "key") {
        const { key } = input.received.message;
        return exchange(state, input.received, key, { key: state.keyPair.publicKey, reply: true }, env);
      }
      return otherwise(state, input, SAS_MESSAGE_TIMEOUT);
    case "expect-committed-key":
      if (input.kind === "message" && input.received.message.type === "key") {
        const { key } = input.received.message;
        return exchange(state, input.received, key, { key, reply: false }, env);
      }
      return otherwise(state, input, SAS_MESSAGE_TIMEOUT);
    case "expect-confirmation":
      if (input.kind === "message" && input.received.message.type === "mac") {
        const macs = checkMacs(state, input.received.message);
        if (!macs.ok) return cancel(state, macs.error);
        return { state: { ...accepted(state, input.received, env), kind: "expect-confirmation-after-mac", macs: macs.value }, effects: [] };
      }
      if (input.kind === "confirm") {
        const confirmed = UserConfirmedSas.of(state.shown);
        return { state: { ...state, kind: "expect-mac", confirmed, lastMessageAt: env.now() }, effects: [ourMacs(state)] };
      }
      return otherwise(state, input, undefined);
    case "expect-confirmation-after-mac":
      if (input.kind === "confirm") {
        const proven = { ...state, confirmed: UserConfirmedSas.of(state.shown), lastMessageAt: env.now() };
        return afterProof(proven, env, [ourMacs(state)]);
      }
      return otherwise(state, input, undefined);
    case "expect-mac":
      if (input.kind === "message" && input.received.message.type === "mac") {
        const macs = checkMacs(state, input.received.message);
        if (!macs.ok) return cancel(state, macs.error);
        return afterProof({ ...accepted(state, input.received, env), macs: macs.value }, env, []);
      }
      return otherwise(state, input, undefined);
    case "expect-done":
      if (input.kind === "message" && input.received.message.type === "done")
        return finish({ ...accepted(state, input.received, env) }, env, []);
      return otherwise(state, input, SAS_MESSAGE_TIMEOUT);
    case "done":
    case "cancelled":
      return stay(state);
    default:
      return unreachable(state);
  }
}

/** The arm of everything that a state does not wait for. */
function otherwise(state: SasState, input: SasInput, messageTimeout: number | undefined): SasStep {
  switch (input.kind) {
    case "cancel":
      return cancel(state, input.code);
    case "peer-cancel":
      return { state: { ...baseFrom(state), kind: "cancelled", code: input.code, byUs: false }, effects: [] };
    case "tick":
      // A clock that went back must not make codes good for longer.
      if (Math.abs(input.now - state.startedAt) > SAS_MAX_AGE) return cancel(state, "m.timeout");
      return messageTimeout !== undefined && input.now - state.lastMessageAt > messageTimeout ? cancel(state, "m.timeout") : stay(state);
    case "accept":
    case "confirm":
      // A person's second press, or one that came too late: nothing to do.
      return stay(state);
    case "message":
      return cancel(state, "m.unexpected_message");
    default:
      return unreachable(input);
  }
}

/** Both started: the start of the smaller user id, then device id, counts, and the other is as if it had never been sent. */
function tie(
  state: Extract<SasState, { kind: "expect-accept" }>,
  received: Received<SasMessage>,
  start: SasStartMessage,
  env: Env,
): SasStep {
  const { ours, theirs } = state.parties;
  const oursCounts = ours.userId === theirs.userId ? ours.deviceId < theirs.deviceId : ours.userId < theirs.userId;
  if (oursCounts) return { state: { ...state, received: remember(state, received) }, effects: [] };
  return receiveSasStart(state.parties, state.address, { message: start, text: received.text }, state.fromRequest, env);
}

type KeyState = Extract<SasState, { kind: "expect-starter-key" | "expect-committed-key" }>;

/** `committed.key` is the acceptor's: theirs, or our own, of which we keep our promise. */
function exchange(
  state: KeyState,
  received: Received<SasMessage>,
  theirKey: KeyMessage["key"],
  committed: { readonly key: KeyMessage["key"]; readonly reply: boolean },
  env: Env,
): SasStep {
  const { keyPair, parties, agreed, weStarted } = state;
  const flowId = flowIdOf(state.address);
  const transcript = transcriptOf(parties, keyPair.publicKey, theirKey, flowId, weStarted);
  const { promise, startContent } = state;
  const commitment = CommitmentVerified.check({ commitment: promise, key: committed.key, startContent }, transcript);
  if (!commitment.ok) return cancel(state, commitment.error);
  // Our own key sent back would agree with itself.
  if (theirKey === keyPair.publicKey) return cancel(state, "m.key_mismatch");
  if (!canDeriveKeys(parties, flowId, transcript)) return cancel(state, "m.invalid_message");
  const agreement = keyPair.agree(theirKey);
  if (!agreement.ok) return cancel(state, "m.invalid_message");
  const exchanged = { agreed, agreement: agreement.value, transcript, commitment: commitment.value };
  const shown = ShownSas.of(agreement.value, transcript);
  return {
    state: { ...baseFrom(accepted(state, received, env)), kind: "expect-confirmation", ...exchanged, shown },
    effects: committed.reply ? [{ type: "key", key: keyPair.publicKey }] : [],
  };
}

function checkMacs(state: SasBase & Exchanged, message: MacMessage): ReturnType<typeof MacsVerified.check> {
  return MacsVerified.check(state.agreement, state.agreed.mac, state.parties, flowIdOf(state.address), message, state.transcript);
}

function ourMacs(state: SasBase & Exchanged): MacMessage {
  return encodeMacs(state.agreement, state.agreed.mac, state.parties, flowIdOf(state.address));
}

/** Both MACs are there and our user has confirmed: with a request, both say so. */
function afterProof(state: SasBase & Exchanged & Proven, env: SasEnv, effects: readonly OutgoingMessage[]): SasStep {
  if (!state.fromRequest) return finish(state, env, effects);
  return { state: { ...state, kind: "expect-done" }, effects: [...effects, { type: "done" }] };
}

function finish(state: SasBase & Exchanged & Proven, env: SasEnv, effects: readonly OutgoingMessage[]): SasStep {
  const unchanged = KeysUnchanged.check(state.parties.theirs, state.macs, env.current);
  if (!unchanged.ok) return cancel(state, unchanged.error);
  const { agreed, transcript, commitment, shown, confirmed, macs } = state;
  const verified = VerifiedKeys.ofSas(state, unchanged.value);
  return { state: { ...baseFrom(state), kind: "done", agreed, transcript, commitment, shown, confirmed, macs, verified }, effects };
}

function cancel(state: SasBase, code: CancelCode): SasStep {
  return { state: { ...baseFrom(state), kind: "cancelled", code, byUs: true }, effects: [{ type: "cancel", code }] };
}

function stay(state: SasState): SasStep {
  return { state, effects: [] };
}

/** A message that was accepted before, delivered again. Another of the same type is none. */
function isRepetition(state: SasState, input: SasInput): boolean {
  return input.kind === "message" && state.received.get(input.received.message.type) === input.received.text;
}

function accepted<S extends SasState>(state: S, received: Received<SasMessage>, env: Env): S {
  return { ...state, received: remember(state, received), lastMessageAt: env.now() };
}

function remember(state: SasBase, { message, text }: Received<SasMessage>): ReadonlyMap<string, string> {
  return new Map([...state.received, [message.type, text]]);
}

function baseOf(parties: Parties, address: FlowAddress, weStarted: boolean, fromRequest: boolean, env: Env): SasBase {
  const now = env.now();
  return { method: "sas", address, parties, weStarted, fromRequest, startedAt: now, lastMessageAt: now, received: new Map() };
}

/** Without what the next state must not carry on: keys and witnesses. */
function baseFrom({ method, address, parties, weStarted, fromRequest, startedAt, lastMessageAt, received }: SasBase): SasBase {
  return { method, address, parties, weStarted, fromRequest, startedAt, lastMessageAt, received };
}
