import type { ChatContract } from "../../protocol/chat.ts";
import type { ResultOf } from "../../protocol/define.ts";
import { CodedError } from "../../protocol/errors.ts";
import { stringField, type JsonObject } from "../wire/json.ts";
import type { ClientContext } from "./context.ts";
import { segment } from "./http.ts";
import { cleanMxc, cleanName } from "./rooms/names.ts";

type AccountView = ResultOf<ChatContract["account"]>;
type Status = ResultOf<ChatContract["status"]>;
type EncryptionStatus = ResultOf<ChatContract["encryptionStatus"]>;

/** Our own profile, kept with the account data under a type of ours. */
const PROFILE = "bulkhead.own-profile";

/** The account itself: profile, sync state, state of encryption. */
export class Account {
  readonly #context: ClientContext;
  readonly #homeserver: string;
  /** How far the first sync of this run has come. */
  #sync: Status["sync"];
  #profileRefreshed = false;

  /** `hasSynced`: whether this device has synced before this run. */
  constructor(context: ClientContext, homeserver: string, hasSynced: boolean) {
    this.#context = context;
    this.#homeserver = homeserver;
    this.#sync = hasSynced ? "catching-up" : "first";
  }

  view(): AccountView {
    const { userId, deviceId, store, machine } = this.#context;
    const profile = store.accountData.load(PROFILE) ?? {};
    return {
      userId,
      deviceId,
      deviceName: cleanName(machine.getDevice(userId, deviceId)?.displayName) ?? null,
      homeserver: this.#homeserver,
      displayName: cleanName(stringField(profile, "displayname")) ?? null,
      avatar: cleanMxc(stringField(profile, "avatar_url")) ?? null,
      ed25519: machine.identityKeys.ed25519,
      curve25519: machine.identityKeys.curve25519,
    };
  }

  status(): Status {
    const { store } = this.#context;
    const { pending, failed } = store.sendQueue.counts();
    return {
      sync: this.#sync,
      pendingSends: pending,
      failedSends: failed,
      undecryptable: store.events.undecryptableCount(),
    };
  }

  encryptionStatus(): EncryptionStatus {
    const { userId, deviceId, store, machine } = this.#context;
    const account = store.account.load();
    return {
      deviceKeysUploaded: account?.deviceKeysUploaded ?? false,
      oneTimeKeysOnServer: Math.max(0, account?.serverOneTimeKeys ?? 0),
      roomKeys: store.inboundGroupSessions.count(),
      ownDevices: machine.getUserDevices(userId).length,
      crossSigning: {
        exists: machine.getIdentity(userId) !== undefined,
        thisDeviceSigned: machine.getDevice(userId, deviceId)?.crossSigned ?? false,
      },
    };
  }

  markSynced(): void {
    this.#sync = "up-to-date";
  }

  /** Once a run. The first attempt comes before main has a connection, so that it is made again whenever there is one. */
  async refreshProfile(): Promise<void> {
    if (this.#profileRefreshed) return;
    const answer = await this.#context.http.json({ kind: "account", method: "GET", path: this.#profilePath("") });
    if (!answer.ok) return;
    this.#profileRefreshed = true;
    this.#saveProfile(answer.value);
  }

  async setDisplayName(name: string): Promise<void> {
    const answer = await this.#context.http.json({
      kind: "account",
      method: "PUT",
      path: this.#profilePath("/displayname"),
      body: { displayname: name },
    });
    if (!answer.ok) throw new CodedError(answer.error.code);
    this.#saveProfile({ ...this.#context.store.accountData.load(PROFILE), displayname: name });
  }

  #saveProfile(profile: JsonObject): void {
    this.#context.commit((changes) => {
      this.#context.store.accountData.save(PROFILE, profile);
      changes.account = true;
    });
  }

  #profilePath(rest: string): string {
    return `/_matrix/client/v3/profile/${segment(this.#context.userId)}${rest}`;
  }
}
