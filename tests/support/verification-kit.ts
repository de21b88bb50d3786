import type { Env } from "../../crypto-worker/machine/env.ts";
import { encodeAddressed, flowIdOf, type FlowAddress } from "../../crypto-worker/machine/verification/flow-address.ts";
import {
  encodeMessage,
  eventTypeOf,
  parseVerificationMessage,
  type OutgoingMessage,
  type Received,
  type VerificationMessage,
} from "../../crypto-worker/machine/verification/message.ts";
import type { Parties, TheirParty } from "../../crypto-worker/machine/verification/parties.ts";
import type { SasEnv, SasInput, SasState } from "../../crypto-worker/machine/verification/sas.ts";
import { commitmentOf, encodeChoice, encodeMacs, OUR_OFFER } from "../../crypto-worker/machine/verification/sas-protocol.ts";
import { SasKeyPair } from "../../crypto-worker/primitives/sas.ts";
import { encodeBase64 } from "../../crypto-worker/primitives/base64.ts";
import {
  parseCurve25519PublicKey,
  parseDeviceId,
  parseEd25519PublicKey,
  parseTransactionId,
  parseUserId,
  type Curve25519PublicKey,
  type DeviceId,
  type Ed25519PublicKey,
  type UserId,
} from "../../protocol/ids.ts";
import type { Result } from "../../protocol/result.ts";

// One end of a verification, for tests that step the pure machines: fixed people and keys, and everything that the other end could say.

export const START = 1_700_000_000_000;
export const ALICE = unwrap(parseUserId("@alice:example.org"));
export const BOB = unwrap(parseUserId("@bob:example.org"));
export const ADDRESS: FlowAddress = { kind: "to-device", transactionId: unwrap(parseTransactionId("flow")) };
export const PEER_KEYS = (): SasKeyPair => SasKeyPair.fromRandom(new Uint8Array(32).fill(77));

export function unwrap<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

export function device(id: string): DeviceId {
  return unwrap(parseDeviceId(id));
}

/** Some key of that number; nobody signs with it. */
export function edKey(byte: number): Ed25519PublicKey {
  return unwrap(parseEd25519PublicKey(encodeBase64(new Uint8Array(32).fill(byte))));
}

export function curveKey(text: string): Curve25519PublicKey {
  return unwrap(parseCurve25519PublicKey(text));
}

/** Alice as us, with Bob at the other end, each with a master key that the other knows. */
export function partiesOf(ourUser: UserId = ALICE, theirUser: UserId = BOB, trusted = true): Parties {
  const ourMaster = edKey(11);
  return {
    ours: { userId: ourUser, deviceId: device("OURS"), deviceKey: edKey(10), masterKey: ourMaster, masterKeyTrusted: trusted },
    theirs: {
      userId: theirUser,
      deviceId: device("THEIRS"),
      deviceKey: edKey(20),
      masterKey: ourUser === theirUser ? ourMaster : edKey(21),
    },
  };
}

/** The same from the other end. */
export function swapped({ ours, theirs }: Parties, trusted = true): Parties {
  return {
    ours: { ...theirs, masterKeyTrusted: trusted },
    theirs: { userId: ours.userId, deviceId: ours.deviceId, deviceKey: ours.deviceKey, masterKey: ours.masterKey },
  };
}

/** Counts up instead of being random, and stands still unless told. */
export class TestEnv implements Env {
  time = START;
  #next: number;

  constructor(seed = 1) {
    this.#next = seed;
  }

  now(): number {
    return this.time;
  }

  randomBytes(length: number): Uint8Array {
    return new Uint8Array(length).fill(this.#next++);
  }

  with(current: TheirParty | undefined): SasEnv {
    return { now: () => this.time, randomBytes: (length) => this.randomBytes(length), current };
  }
}

/** A message as it arrives: encoded by its sender, parsed by us. */
export function received(message: OutgoingMessage, from: DeviceId = device("THEIRS"), address = ADDRESS) {
  return unwrap(parseVerificationMessage(eventTypeOf(message), encodeAddressed(encodeMessage(message, from), address)));
}

type Of<T extends VerificationMessage["type"]> = Received<Extract<VerificationMessage, { type: T }>>;

export function sasInput(message: OutgoingMessage): SasInput {
  const { message: parsed, text } = received(message);
  if (parsed.type === "ready" || parsed.type === "cancel") throw new Error("not for a method");
  if (parsed.type === "start" && parsed.method !== "m.sas.v1") throw new Error("not for SAS");
  return { kind: "message", received: { message: parsed, text } };
}

export function sasStart(
  offer: Partial<typeof OUR_OFFER> = {},
): Of<"start"> & Received<Extract<VerificationMessage, { method: "m.sas.v1" }>> {
  const { message, text } = received({ type: "start", method: "m.sas.v1", offer: { ...OUR_OFFER, ...offer } });
  if (message.type !== "start" || message.method !== "m.sas.v1") throw new Error("not a start");
  return { message, text };
}

/** Everything that can happen to a SAS flow, by name; valid where the state allows. The other end holds `PEER_KEYS`. */
export function sasInputs(
  state: SasState,
  env: TestEnv,
): ReadonlyMap<string, { readonly input: SasInput; readonly current?: TheirParty | undefined }> {
  const { parties } = state;
  const peer = PEER_KEYS();
  const agreed = { mac: "hkdf-hmac-sha256.v2", strings: ["decimal", "emoji"] } as const;
  const startContent = "startContent" in state ? state.startContent : "{}";
  const choice = encodeChoice(agreed);
  const accept = { type: "accept", choice, commitment: commitmentOf(peer.publicKey, startContent) } as const;
  const agreement = unwrap(
    peer.agree("agreement" in state ? state.agreement.ourKey : SasKeyPair.fromRandom(env.randomBytes(32)).publicKey),
  );
  const macs = encodeMacs(agreement, agreed.mac, swapped(parties), flowIdOf(ADDRESS));
  const ownKey = "keyPair" in state ? state.keyPair.publicKey : curveKey("A".repeat(43));
  const changed = { ...parties.theirs, deviceKey: edKey(99) };
  const message = (outgoing: OutgoingMessage) => ({ input: sasInput(outgoing) });
  return new Map<string, { readonly input: SasInput; readonly current?: TheirParty | undefined }>([
    ["user accepts", { input: { kind: "accept" } }],
    ["user confirms", { input: { kind: "confirm" } }],
    ["user says they differ", { input: { kind: "cancel", code: "m.mismatched_sas" } }],
    ["they cancel", { input: { kind: "peer-cancel", code: "m.user" } }],
    ["30 s pass", { input: { kind: "tick", now: START + 30_000 } }],
    ["61 s pass", { input: { kind: "tick", now: START + 61_000 } }],
    ["301 s pass", { input: { kind: "tick", now: START + 301_000 } }],
    ["start", { input: { kind: "message", received: sasStart() } }],
    ["accept", message(accept)],
    ["accept of what we did not offer", message({ ...accept, choice: { ...choice, mac: "hmac-sha256" } })],
    ["key", message({ type: "key", key: peer.publicKey })],
    ["another key", message({ type: "key", key: SasKeyPair.fromRandom(new Uint8Array(32).fill(78)).publicKey })],
    ["low-order key", message({ type: "key", key: curveKey(`AQ${"A".repeat(41)}`) })],
    ["our own key", message({ type: "key", key: ownKey })],
    ["mac", message(macs)],
    ["mac with a wrong key", message({ ...macs, macs: new Map([...macs.macs].map(([id]) => [id, "A".repeat(43)])) })],
    ["mac with a wrong list", message({ ...macs, keys: "A".repeat(43) })],
    ["done", message({ type: "done" })],
    ["done, their keys have changed", { ...message({ type: "done" }), current: changed }],
    ["done, their device is gone", { ...message({ type: "done" }), current: undefined }],
  ]);
}
