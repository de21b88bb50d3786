import type { Curve25519PublicKey, Ed25519PublicKey, RoomId } from "../../../protocol/ids.ts";
import type { HistoryVisibility } from "../../wire/history-visibility.ts";
import type { Forwarder } from "./encryption-info.ts";
import { compareRatchets, type InboundRatchet } from "./inbound-ratchet.ts";
import { compareSenderData, type SenderData } from "./sender-data.ts";

/** A Megolm session that we can decrypt, and what is known of its origin. */
export type InboundSession = {
  readonly roomId: RoomId;
  readonly ratchet: InboundRatchet;
  /** Of the device that made the session: over Olm it is proven, otherwise somebody's claim. */
  readonly senderKey: Curve25519PublicKey;
  /** The Ed25519 key that came with it. */
  readonly signingKey: Ed25519PublicKey | undefined;
  readonly senderData: SenderData;
  /** It did not come from its maker over Olm. */
  readonly imported: boolean;
  readonly forwarder: Forwarder | undefined;
  readonly sharedHistory: boolean;
  readonly historyVisibility: HistoryVisibility | undefined;
  /** The key backup version that has this ratchet. */
  readonly backupVersion: string | undefined;
};

/** The device that a session came from, and what is known of it. */
export type SessionOrigin = Pick<InboundSession, "senderKey" | "signingKey" | "senderData">;

/** Where sessions go that did not come from their makers over Olm; true when one was new or better. */
export type SessionSink = { addSession(session: InboundSession): boolean };

export type MergeDecision = (
  | /** Nothing that we would gain, or a session that only claims the same id. */ { readonly kind: "keep" }
  | { readonly kind: "store"; readonly session: InboundSession }
) & {
  /** Another device gives the session as its own. */
  readonly claim?: SessionOrigin;
};

/**
 * What becomes of a second copy of a session. Ratchet and origin are judged apart, because connected copies are of one session: the earlier index and
 * the better origin win, wherever they come from. Copies that are not connected never meet: the first one stays.
 *
 * SECURITY: but for one that was passed on. It says only itself which session it is, so that anybody who gives us keys (a backup's server, an inviter) could
 * keep a session from us by being first; what came over Olm as a room key is signed by the key that the session's id is.
 *
 * SECURITY: that signature is the maker's, whoever passes the key on over an Olm session of their own. Of two devices that give the same session as theirs the
 * first keeps its origin, however well the other is known, and the other has a claim: what its owner writes is theirs by that. Whoever passes a key on can
 * so neither take its maker's place nor keep it from them. Their claim gives them nothing but to sign for what somebody else wrote.
 */
export function decideMerge(known: InboundSession, received: InboundSession): MergeDecision {
  const order = compareRatchets(received.ratchet, known.ratchet);
  if (order !== "unconnected" && !known.imported && !received.imported && known.senderKey !== received.senderKey) {
    const { senderKey, signingKey, senderData } = received;
    const claim = { senderKey, signingKey, senderData };
    if (order !== "better") return { kind: "keep", claim };
    return { kind: "store", session: { ...known, ratchet: received.ratchet, backupVersion: received.backupVersion }, claim };
  }
  const origin = compareOrigins(received, known);
  switch (order) {
    case "unconnected":
      return known.imported && !received.imported ? { kind: "store", session: received } : { kind: "keep" };
    case "equal":
      return origin > 0 ? { kind: "store", session: { ...received, backupVersion: known.backupVersion } } : { kind: "keep" };
    case "better":
      // A backup that has the later ratchet only gets the session again.
      return {
        kind: "store",
        session: { ...(origin >= 0 ? received : known), ratchet: received.ratchet, backupVersion: received.backupVersion },
      };
    case "worse":
      return origin > 0
        ? { kind: "store", session: { ...received, ratchet: known.ratchet, backupVersion: known.backupVersion } }
        : { kind: "keep" };
  }
}

/** Positive when `a` has the better origin: by having come from its maker, without which there is no telling the sender, then by its sender. */
function compareOrigins(a: InboundSession, b: InboundSession): number {
  if (a.imported !== b.imported) return a.imported ? -1 : 1;
  return compareSenderData(a.senderData, b.senderData);
}
