import type { Auth, AuthNeeded } from "../../protocol/messages/interactive-auth.ts";
import type { IncomingVerification } from "../../protocol/messages/verification-view.ts";
import { KeyBackup } from "./backup/key-backup.ts";
import type { Changes } from "./changes.ts";
import type { ClientContext } from "./context.ts";
import { Dehydration } from "./dehydration/dehydration.ts";
import { IdentitySetup } from "./identity-setup.ts";
import { InteractiveAuth } from "./interactive-auth.ts";
import { Jobs } from "./jobs.ts";
import { KeyFiles } from "./key-files/key-files.ts";
import type { OwnDevices } from "./own-devices.ts";
import type { RequestPump } from "./pump.ts";
import { signOutDevices } from "./recovery/device-sign-out.ts";
import { IdentityPublisher } from "./recovery/identity-publisher.ts";
import { OwnSecrets } from "./recovery/own-secrets.ts";
import { Recovery } from "./recovery/recovery.ts";
import { SecretStorage } from "./recovery/secret-storage.ts";
import { ServerAccountData } from "./recovery/server-account-data.ts";
import { SafetyMonitor } from "./safety.ts";

export type SafekeepingParts = {
  readonly pump: RequestPump;
  readonly ownDevices: OwnDevices;
  /** Base URL. */
  readonly homeserver: string;
  readonly incoming: () => IncomingVerification[];
  readonly hasSynced: () => boolean;
};

/** What keeps an account's keys from being lost: identity, recovery, backup, key files, and what is known of how good all that is. */
export class Safekeeping {
  readonly jobs: Jobs;
  readonly keyFiles: KeyFiles;
  readonly backup: KeyBackup;
  readonly recovery: Recovery;
  readonly safety: SafetyMonitor;
  readonly #context: ClientContext;
  readonly #parts: SafekeepingParts;
  readonly #auth: InteractiveAuth;
  readonly #dehydration: Dehydration;

  constructor(context: ClientContext, parts: SafekeepingParts) {
    const { pump, homeserver, incoming, hasSynced } = parts;
    this.#context = context;
    this.#parts = parts;
    this.#auth = new InteractiveAuth(context, homeserver);
    this.jobs = new Jobs(context.emitter);
    this.keyFiles = new KeyFiles(context, this.jobs);
    this.backup = new KeyBackup(context, pump, this.jobs, {
      onChange: () => this.safety.changed(),
      // Another device of ours has made it, and will give it.
      onLocked: () => secrets.requestMissing(),
    });
    const data = new ServerAccountData(context);
    const storage = new SecretStorage(data);
    const identity = new IdentityPublisher(context, pump, this.#auth, storage);
    this.#dehydration = new Dehydration(context, storage, () => this.safety.changed());
    const secrets = new OwnSecrets(context, pump, this.backup, this.#dehydration);
    const setup = new IdentitySetup(context, pump);
    this.recovery = new Recovery(context, { data, storage, identity, setup, backup: this.backup, secrets, dehydration: this.#dehydration });
    this.safety = new SafetyMonitor(context, {
      identity,
      backup: this.backup,
      storage,
      dehydration: this.#dehydration,
      incoming,
      hasSynced,
    });
  }

  /** Undefined once they are signed out. @throws CodedError */
  signOutDevices(deviceIds: readonly string[], auth: Auth): Promise<AuthNeeded | undefined> {
    return signOutDevices(this.#context, { ...this.#parts, auth: this.#auth }, deviceIds, auth);
  }

  setOnline(online: boolean): void {
    this.backup.setOnline(online);
    // The first sync after a start may take as long as nothing happens.
    this.#dehydration.setOnline(online);
    if (online && this.#parts.hasSynced()) this.#settle();
  }

  /** After a commit. */
  observe(changes: Changes): void {
    this.backup.observe(changes);
    this.safety.changed();
  }

  afterSync(): void {
    this.#settle();
  }

  #settle(): void {
    this.recovery.settle();
    this.#dehydration.settle();
  }

  stop(): void {
    this.jobs.stop();
    this.keyFiles.stop();
    this.backup.stop();
    this.#dehydration.stop();
    this.safety.stop();
  }
}
