import type { ChatContract } from "../../../protocol/chat.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import type { Utd } from "../../../protocol/messages/timeline-item.ts";
import type { VaultIntent } from "../../../protocol/messages/vault-intent.ts";

export type RoomSafety = ResultOf<ChatContract["roomSafety"]>;

/** Something about one person that a person here should look at. The first two keep messages from being sent. */
export type Concern =
  | { readonly kind: "was-verified"; readonly userId: string }
  | { readonly kind: "unsigned-devices"; readonly userId: string; readonly deviceIds: readonly string[] }
  | { readonly kind: "new-identity"; readonly userId: string };

/** `alert`: someone may be lying. `attention`: something should be looked at. */
export type RoomTrust = "normal" | "verified" | "attention" | "alert";

/** Most serious first. */
export function concernsOf(safety: RoomSafety | null): readonly Concern[] {
  if (safety === null) return [];
  const changed = (kind: "was-verified" | "new-identity"): Concern[] =>
    safety.changed.filter(({ problem }) => problem === kind).map(({ userId }) => ({ kind, userId }));
  return [
    ...changed("was-verified"),
    ...safety.unsignedDevices.map(({ userId, deviceIds }): Concern => ({ kind: "unsigned-devices", userId, deviceIds })),
    ...changed("new-identity"),
  ];
}

/** `people`: how many are in the room; alone with oneself there is nobody to be sure of. */
export function trustOf(safety: RoomSafety | null, people: number): RoomTrust {
  const [first] = concernsOf(safety);
  if (first !== undefined) return first.kind === "new-identity" ? "attention" : "alert";
  return safety?.everyoneVerified === true && people > 1 ? "verified" : "normal";
}

/** Whether keys go to verified devices only, because of the room or because of all. */
export function isOnlyVerified(safety: RoomSafety | null): boolean {
  return safety !== null && (safety.onlyVerified.here || safety.onlyVerified.everywhere);
}

/** Who cannot read on any of their devices, or not on all, where keys go to verified devices only. */
export function leftOutOf(safety: RoomSafety, devices: RoomSafety["leftOut"][number]["devices"]): readonly string[] {
  return safety.leftOut.filter((person) => person.devices === devices).map(({ userId }) => userId);
}

/** The most serious concern about each person. */
export function concernsByPerson(concerns: readonly Concern[]): ReadonlyMap<string, Concern> {
  const byPerson = new Map<string, Concern>();
  for (const concern of concerns) if (!byPerson.has(concern.userId)) byPerson.set(concern.userId, concern);
  return byPerson;
}

/** What holds a message back that failed for a reason of trust; null once that was decided, so that it can be sent. */
export function concernBehind(code: ErrorCode, concerns: readonly Concern[]): Concern | null {
  const kind = HELD_BACK.get(code);
  return concerns.find((concern) => concern.kind === kind) ?? null;
}

export function isHeldBack(code: ErrorCode): boolean {
  return HELD_BACK.has(code);
}

const HELD_BACK: ReadonlyMap<ErrorCode, Concern["kind"]> = new Map<ErrorCode, Concern["kind"]>([
  ["verified-identity-changed", "was-verified"],
  ["verified-user-unsigned-device", "unsigned-devices"],
]);

/** What may bring an unreadable message back, as far as the vault can help; null where only waiting or the sender can. */
export function decideUtdStep(utd: Utd, mine: boolean, safety: Safety | null): VaultIntent | null {
  if (safety === null) return null;
  const verify: VaultIntent | null = safety.identity === "present" && !safety.thisDeviceVerified ? { kind: "verify-this-device" } : null;
  switch (utd.cause) {
    case "withheld-unverified":
      return verify;
    case "historical":
      return verify ?? restoreStep(safety);
    case "waiting":
      // Our other device may have told the backup only.
      return mine ? (verify ?? restoreStep(safety)) : null;
    case "sent-before-we-joined":
    case "withheld":
    case "untrusted-sender":
    case "replayed":
    case "damaged":
    case "unknown":
      return null;
  }
}

/** Whether another device of ours may have the key of an unreadable message, and would give it. What a sender withholds from us is theirs to say. */
export function canAskDevices({ cause }: Utd, safety: Safety | null): boolean {
  return (cause === "waiting" || cause === "historical") && safety?.thisDeviceVerified === true && safety.otherVerifiedDevices > 0;
}

/** Recovery brings the backup's keys where there is either. */
function restoreStep({ recovery, backup }: Safety): VaultIntent | null {
  const there =
    recovery.state === "enabled" || recovery.state === "incomplete" || backup.state === "enabled" || backup.state === "untrusted";
  return there ? { kind: "recovery" } : null;
}
