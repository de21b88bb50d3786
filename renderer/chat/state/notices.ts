import type { Safety } from "../../../protocol/messages/safety.ts";
import type { UpdateState } from "../../../protocol/messages/update-state.ts";
import type { VaultIntent } from "../../../protocol/messages/vault-intent.ts";
import type { IncomingVerification } from "../../../protocol/messages/verification-view.ts";

/** What a person should do about the account's keys. `size` tells whether more of it has come since it was put aside. */
export type SafetyNotice = {
  readonly kind: "no-identity" | "unverified-here" | "unverified-devices" | "backup-untrusted" | "recovery-incomplete" | "no-recovery";
  readonly size: number;
};

/** What was put aside until the app is started again. */
export type PutAside = {
  readonly notices: ReadonlyMap<SafetyNotice["kind"], number>;
  /** Flow ids of verification requests. */
  readonly requests: ReadonlySet<string>;
  /** The version whose installation can wait. */
  readonly update: string | null;
};

export const NOTHING_ASIDE: PutAside = { notices: new Map(), requests: new Set(), update: null };

/** At most this many requests are shown over each other. */
const SHOWN_REQUESTS = 3;

/**
 * What is due, the most pressing first. Without an identity, or with one that does not vouch for this device, everything else has to wait for
 * that; a device that nobody has confirmed may be a stranger's; what is merely not set up comes last.
 */
export function dueNotices(safety: Safety): readonly SafetyNotice[] {
  const one = (kind: SafetyNotice["kind"]): SafetyNotice => ({ kind, size: 1 });
  if (safety.identity === "unknown") return [];
  if (safety.identity === "none") return [one("no-identity")];
  if (!safety.thisDeviceVerified) return [one("unverified-here")];
  const due: SafetyNotice[] = [];
  if (safety.unverifiedDevices > 0) due.push({ kind: "unverified-devices", size: safety.unverifiedDevices });
  if (safety.backup.state === "untrusted") due.push(one("backup-untrusted"));
  else if (safety.recovery.state === "incomplete") due.push(one("recovery-incomplete"));
  if (safety.recovery.state === "disabled") due.push(one("no-recovery"));
  return due;
}

/** The one notice that is shown: the most pressing that was not put aside, or has grown since. */
export function decideNotice(safety: Safety | null, aside: PutAside): SafetyNotice | null {
  if (safety === null) return null;
  return dueNotices(safety).find(({ kind, size }) => size > (aside.notices.get(kind) ?? 0)) ?? null;
}

/** What the vault is asked to show for a notice; null where the answer is the list of devices. */
export function intentOf(kind: SafetyNotice["kind"]): VaultIntent | null {
  switch (kind) {
    case "no-identity":
      return { kind: "set-up-identity" };
    case "unverified-here":
      return { kind: "verify-this-device" };
    case "unverified-devices":
      return null;
    case "backup-untrusted":
    case "recovery-incomplete":
    case "no-recovery":
      return { kind: "recovery" };
  }
}

export type ShownRequests = { readonly shown: readonly IncomingVerification[]; readonly more: number };

/** The requests that are announced: the newest first, without those that were put aside. */
export function decideRequests(safety: Safety | null, aside: PutAside): ShownRequests {
  const waiting = (safety?.incoming ?? []).filter(({ flowId }) => !aside.requests.has(flowId)).toSorted((a, b) => b.since - a.since);
  return { shown: waiting.slice(0, SHOWN_REQUESTS), more: Math.max(0, waiting.length - SHOWN_REQUESTS) };
}

export function asideNotice(aside: PutAside, { kind, size }: SafetyNotice): PutAside {
  return { ...aside, notices: new Map(aside.notices).set(kind, size) };
}

/** The version that waits for a restart and was not put aside; null where there is none. */
export function decideUpdate(updates: UpdateState, aside: PutAside): string | null {
  return updates.phase === "ready" && updates.version !== aside.update ? updates.version : null;
}

export function asideUpdate(aside: PutAside, version: string): PutAside {
  return { ...aside, update: version };
}

export function asideRequest(aside: PutAside, flowId: string): PutAside {
  return { ...aside, requests: new Set(aside.requests).add(flowId) };
}
