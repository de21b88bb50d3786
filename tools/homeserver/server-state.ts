import { AccountData } from "./account-data.ts";
import { Accounts } from "./accounts.ts";
import { Backups } from "./backup.ts";
import { CrossSigning } from "./cross-signing.ts";
import { DehydratedDevices } from "./dehydrated-devices.ts";
import { DeviceKeys } from "./device-keys.ts";
import { DeviceLists } from "./device-lists.ts";
import { Devices } from "./devices.ts";
import { FaultInjector } from "./faults.ts";
import { Filters } from "./filters.ts";
import { InteractiveAuth } from "./interactive-auth.ts";
import { Journal } from "./journal.ts";
import { MediaStore } from "./media.ts";
import { PushRules } from "./push-rules.ts";
import { randomId } from "./random.ts";
import { RateLimiter, type RateLimits } from "./rate-limit.ts";
import { Receipts } from "./receipts.ts";
import { Rooms } from "./rooms.ts";
import { Sessions, type IssuedTokens, type Session } from "./sessions.ts";
import { Stream } from "./stream.ts";
import { ToDeviceQueues } from "./to-device.ts";
import { Transactions } from "./transactions.ts";
import { Typing } from "./typing.ts";
import { Unread } from "./unread.ts";

/** What tests may switch while the server runs. */
export type Switches = {
  openRegistration: boolean;
  /** Asks for the password also before the first cross-signing keys, as servers did before MSC3967. */
  uiaForFirstCrossSigningKeys: boolean;
  /** The largest file that is taken. */
  maxUploadBytes: number;
  /** False: a server from before spec v1.11, whose media everybody may fetch. */
  authenticatedMedia: boolean;
  /** False: a server that has not heard of them. */
  dehydratedDevices: boolean;
};

export type StateOptions = Switches & { serverName: string; rateLimits: RateLimits; accessTokenLifetimeMs: number };

/** Everything the homeserver holds, and the few operations that concern several of its parts. */
export class ServerState {
  readonly serverName: string;
  readonly switches: Switches;
  readonly stream = new Stream();
  readonly faults = new FaultInjector();
  readonly journal = new Journal();
  readonly devices = new Devices();
  readonly dehydratedDevices = new DehydratedDevices();
  readonly deviceKeys = new DeviceKeys();
  readonly crossSigning = new CrossSigning(this.deviceKeys);
  readonly deviceLists = new DeviceLists();
  readonly toDevice = new ToDeviceQueues();
  readonly transactions = new Transactions();
  readonly backups = new Backups();
  readonly accountData = new AccountData();
  readonly filters = new Filters();
  readonly receipts = new Receipts();
  readonly unread = new Unread(this.receipts);
  readonly typing = new Typing();
  readonly pushRules = new PushRules();
  readonly accounts: Accounts;
  readonly interactiveAuth: InteractiveAuth;
  readonly sessions: Sessions;
  readonly media: MediaStore;
  readonly rooms: Rooms;
  readonly rateLimiter: RateLimiter;

  constructor(options: StateOptions) {
    this.serverName = options.serverName;
    this.switches = {
      openRegistration: options.openRegistration,
      uiaForFirstCrossSigningKeys: options.uiaForFirstCrossSigningKeys,
      maxUploadBytes: options.maxUploadBytes,
      authenticatedMedia: options.authenticatedMedia,
      dehydratedDevices: options.dehydratedDevices,
    };
    this.accounts = new Accounts(options.serverName);
    this.interactiveAuth = new InteractiveAuth(this.accounts);
    this.sessions = new Sessions(options.accessTokenLifetimeMs);
    this.media = new MediaStore(options.serverName, () => this.switches.maxUploadBytes);
    this.rateLimiter = new RateLimiter(options.rateLimits);
    this.rooms = new Rooms({
      serverName: options.serverName,
      stream: this.stream,
      accounts: this.accounts,
      pushRules: this.pushRules,
      unread: this.unread,
    });
  }

  /** Opens a session on a new or known device. */
  logIn(userId: string, deviceId: string | undefined, displayName: string | undefined, refreshable: boolean): Session & IssuedTokens {
    const { device, isNew } = this.devices.add(userId, deviceId ?? randomId(10).toUpperCase(), displayName);
    if (isNew) this.deviceChanged(userId);
    const session = { userId, deviceId: device.deviceId };
    return { ...session, ...this.sessions.issue(session, refreshable) };
  }

  /** Ends a device: its session, keys, and what waits for it. */
  removeDevice(userId: string, deviceId: string): void {
    this.sessions.revokeDevice({ userId, deviceId });
    this.toDevice.remove(userId, deviceId);
    this.deviceKeys.remove(userId, deviceId);
    this.crossSigning.removeDevice(userId, deviceId);
    this.dehydratedDevices.remove(userId, deviceId);
    if (this.devices.remove(userId, deviceId)) this.deviceChanged(userId);
    // A long poll of the device must notice.
    this.stream.wake([userId]);
  }

  /** Tells everybody who shares a room with the user, or only the given viewer. */
  deviceChanged(userId: string, seenBy?: string): void {
    this.deviceLists.record(this.stream.advance(), userId, seenBy);
    this.stream.wake(seenBy === undefined ? this.rooms.sharingWith(userId) : [seenBy]);
  }

  /** Queues a to-device message; `*` means all devices of the user. Unknown devices are passed over, as servers do. */
  sendToDevice(sender: string, type: string, userId: string, deviceId: string, content: Record<string, unknown>): void {
    const targets = deviceId === "*" ? this.devices.of(userId).map((device) => device.deviceId) : [deviceId];
    for (const target of targets) {
      if (this.devices.find(userId, target) === undefined) continue;
      this.toDevice.push(userId, target, { position: this.stream.advance(), type, sender, content });
    }
    this.stream.wake([userId]);
  }
}
