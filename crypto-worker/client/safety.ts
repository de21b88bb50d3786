import type { ChatContract } from "../../protocol/chat.ts";
import type { ResultOf } from "../../protocol/define.ts";
import type { Safety } from "../../protocol/messages/safety.ts";
import type { IncomingVerification } from "../../protocol/messages/verification-view.ts";
import { isUnattended } from "../machine/device-info.ts";
import type { KeyBackup } from "./backup/key-backup.ts";
import { inBackground } from "./background.ts";
import type { ClientContext } from "./context.ts";
import type { Dehydration } from "./dehydration/dehydration.ts";
import type { IdentityPublisher } from "./recovery/identity-publisher.ts";
import { holds, type SecretStorage, type Storage } from "./recovery/secret-storage.ts";

type Missing = Safety["recovery"]["missing"][number];
type SignOutRisk = ResultOf<ChatContract["signOutRisk"]>;

export type SafetyParts = {
  readonly identity: IdentityPublisher;
  readonly backup: KeyBackup;
  readonly storage: SecretStorage;
  readonly dehydration: Dehydration;
  readonly incoming: () => IncomingVerification[];
  /** Whether a sync has come, ever. */
  readonly hasSynced: () => boolean;
};

/** Changes come in groups, and counting room keys is not free. */
const TELL_AFTER_MS = 100;

/** How well this account's keys are looked after: one value, made here and nowhere else, and told when it changes. */
export class SafetyMonitor {
  readonly #context: ClientContext;
  readonly #parts: SafetyParts;
  #told = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(context: ClientContext, parts: SafetyParts) {
    this.#context = context;
    this.#parts = parts;
  }

  view(): Safety {
    const { machine, userId, deviceId } = this.#context;
    const { identity, backup, dehydration, incoming } = this.#parts;
    const others = machine.getUserDevices(userId).filter((device) => device.deviceId !== deviceId && !isUnattended(device));
    const vouched = others.filter(({ crossSigned }) => crossSigned).length;
    const { hasMaster, hasSelfSigning, hasUserSigning } = machine.crossSigningStatus();
    const backupView = backup.view();
    return {
      identity: identity.facts !== "none" ? "present" : machine.outdatedUsers([userId]).length > 0 ? "unknown" : "none",
      thisDeviceVerified: machine.getDevice(userId, deviceId)?.crossSigned ?? false,
      privateKeys: { master: hasMaster, selfSigning: hasSelfSigning, userSigning: hasUserSigning },
      otherVerifiedDevices: vouched,
      unverifiedDevices: others.length - vouched,
      recovery: this.#recovery(backupView),
      backup: backupView,
      dehydration: dehydration.view(),
      incoming: incoming().slice(0, 50),
    };
  }

  signOutRisk(): SignOutRisk {
    const { backup, privateKeys, otherVerifiedDevices } = this.view();
    const stored = this.#parts.storage.stored();
    const { pending, failed } = this.#context.store.sendQueue.counts();
    return {
      roomKeys: backup.total,
      notBackedUp: backup.total - backup.backedUp,
      losesIdentity: privateKeys.master && otherVerifiedDevices === 0 && (stored === undefined || missingSeeds(stored).length > 0),
      unsent: pending + failed,
    };
  }

  /** Something may have changed; it is told soon, if it has. */
  changed(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      inBackground(this.#context, this.#tell());
    }, TELL_AFTER_MS);
    this.#timer.unref();
  }

  /** Rejects where the store fails; what was not told then is told with the next change. */
  async #tell(): Promise<void> {
    if (this.#context.isClosed()) return;
    const view = this.view();
    const text = JSON.stringify(view);
    if (text === this.#told) return;
    this.#told = text;
    this.#context.emitter.emit("safetyChanged", view);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #recovery(backup: Safety["backup"]): Safety["recovery"] {
    const stored = this.#parts.storage.stored();
    if (stored === undefined) {
      return { state: this.#parts.hasSynced() ? "disabled" : "unknown", hasPassphrase: false, missing: [] };
    }
    const missing = this.#missing(stored, backup);
    return {
      state: missing.length === 0 ? "enabled" : "incomplete",
      hasPassphrase: stored.description.passphrase !== undefined,
      missing: [...missing],
    };
  }

  #missing(stored: Storage, backup: Safety["backup"]): readonly Missing[] {
    const { identity, backup: keyBackup } = this.#parts;
    const missing: Missing[] = [...missingSeeds(stored)];
    const hasBackup = backup.state === "enabled" || backup.state === "untrusted";
    if (hasBackup && !holds(stored, "m.megolm_backup.v1")) missing.push("backup");
    if (hasBackup && keyBackup.facts === "locked") missing.push("backup-key-here");
    if (identity.facts !== "here") missing.push("private-keys-here");
    return missing;
  }
}

function missingSeeds(stored: Storage): Missing[] {
  return [
    ...(holds(stored, "m.cross_signing.master") ? [] : ["master" as const]),
    ...(holds(stored, "m.cross_signing.self_signing") ? [] : ["self-signing" as const]),
    ...(holds(stored, "m.cross_signing.user_signing") ? [] : ["user-signing" as const]),
  ];
}
