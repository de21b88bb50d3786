import { CodedError } from "../../protocol/errors.ts";
import type { Session } from "../../protocol/control.ts";
import { parseDeviceId, parseUserId, type RoomId } from "../../protocol/ids.ts";
import { roomSummarySchema, type RoomSummary } from "../../protocol/messages/room-summary.ts";
import { describeError, type Log } from "../log.ts";
import type { Env } from "../machine/env.ts";
import type { CryptoStore } from "../store/store.ts";
import { isJsonObject, parseJsonBody, SYNC_JSON_LIMITS } from "../wire/json.ts";
import { Account } from "./account.ts";
import { AvatarCache } from "./avatars.ts";
import { inBackground } from "./background.ts";
import { Changes } from "./changes.ts";
import type { ClientContext } from "./context.ts";
import { Drafts } from "./drafts.ts";
import { ClientEmitter } from "./emitter.ts";
import { RoomHistory } from "./history/room-history.ts";
import { MatrixHttp, type Network } from "./http.ts";
import type { Machine } from "./machine.ts";
import type { AttachmentDrafts } from "./media/attachment-drafts.ts";
import { Media } from "./media/media.ts";
import { RequestPump } from "./pump.ts";
import { RecentEmoji } from "./recent-emoji.ts";
import { Publisher } from "./publisher.ts";
import { OwnDevices } from "./own-devices.ts";
import { People } from "./people.ts";
import { Precautions } from "./precautions.ts";
import { RoomSafety } from "./room-safety.ts";
import { MemberLoader, trackNewMembers } from "./rooms/members.ts";
import { Pins } from "./rooms/pins.ts";
import { RoomActions } from "./rooms/room-actions.ts";
import { RoomPreferences } from "./rooms/room-preferences.ts";
import { RoomViews } from "./rooms/room-views.ts";
import { parseDirectRooms } from "./rooms/direct-rooms.ts";
import { summariseRoom } from "./rooms/summary.ts";
import { Safekeeping } from "./safekeeping.ts";
import { Search } from "./search.ts";
import { Polls } from "./polls.ts";
import { Composer } from "./send-queue/composer.ts";
import { RoomEncryption } from "./send-queue/room-encryption.ts";
import { SendQueue } from "./send-queue/send-queue.ts";
import { DeviceListCatchUp } from "./sync/device-list-catch-up.ts";
import { TypingRegister } from "./sync/ephemeral.ts";
import { SYNC_FILTER } from "./sync/filter.ts";
import { applySync } from "./sync/receive-sync.ts";
import { SyncPosition } from "./sync/sync-position.ts";
import { EditHistory } from "./timeline/edit-history.ts";
import { Timelines } from "./timeline/timeline.ts";
import { PersonNames } from "./verification/person-names.ts";
import { VerificationCenter } from "./verification/verification-center.ts";

export type ClientOptions = {
  readonly session: Session;
  readonly store: CryptoStore;
  readonly machine: Machine;
  readonly network: Network;
  readonly env: Env;
  readonly log: Log;
};

/** One signed-in account: everything between the machine and the ports. Its parts share a context and are told of every commit. */
export class Client {
  readonly emitter = new ClientEmitter();
  readonly account: Account;
  readonly attachments: AttachmentDrafts;
  readonly avatars: AvatarCache;
  readonly composer: Composer;
  readonly drafts: Drafts;
  readonly recentEmoji: RecentEmoji;
  readonly editHistory: EditHistory;
  readonly keeping: Safekeeping;
  readonly media: Media;
  readonly ownDevices: OwnDevices;
  readonly people: People;
  readonly pins: Pins;
  readonly precautions: Precautions;
  readonly roomSafety: RoomSafety;
  readonly rooms: RoomActions;
  readonly roomPreferences: RoomPreferences;
  readonly search: Search;
  readonly sendQueue: SendQueue;
  readonly polls: Polls;
  readonly timelines: Timelines;
  readonly typing = new TypingRegister();
  readonly verification: VerificationCenter;
  readonly views: RoomViews;
  readonly #catchUp: DeviceListCatchUp;
  readonly #context: ClientContext;
  readonly #history: RoomHistory;
  readonly #members: MemberLoader;
  readonly #position: SyncPosition;
  readonly #publisher: Publisher;
  readonly #pump: RequestPump;
  #closed = false;
  #online = true;
  #sessionEnded = false;

  constructor({ session, store, machine, network, env, log }: ClientOptions) {
    const userId = parseUserId(session.userId);
    const deviceId = parseDeviceId(session.deviceId);
    if (!userId.ok || !deviceId.ok) throw new CodedError("invalid-request");
    this.#position = new SyncPosition(store);
    const context: ClientContext = {
      userId: userId.value,
      deviceId: deviceId.value,
      store,
      machine,
      env,
      http: new MatrixHttp(network, env),
      log,
      emitter: this.emitter,
      deviceCreatedAt: machine.createdTs,
      heldVerifications: new Map(),
      isClosed: () => this.#closed,
      commit: (work) => this.#commit(work),
    };
    this.#context = context;
    this.#pump = new RequestPump(context);
    this.#members = new MemberLoader(context);
    const encryption = new RoomEncryption(context, this.#members, this.#pump);
    this.media = new Media(context, network);
    this.sendQueue = new SendQueue(context, encryption, this.media.uploads);
    this.timelines = new Timelines(context, (itemId) => this.sendQueue.isSending(itemId));
    this.#history = new RoomHistory(context, {
      completeRoom: (roomId) => this.keeping.backup.completeRoom(roomId),
      blobs: this.media.blobs,
      encryption,
      pump: this.#pump,
    });
    this.rooms = new RoomActions(context, this.#history);
    this.roomPreferences = new RoomPreferences(context);
    this.views = new RoomViews(context, this.#members);
    this.composer = new Composer(context, this.sendQueue, encryption);
    this.polls = new Polls(context, this.composer, this.sendQueue);
    this.drafts = new Drafts(context);
    this.recentEmoji = new RecentEmoji(context);
    this.pins = new Pins(context);
    this.editHistory = new EditHistory(context);
    this.attachments = this.media.drafts(this.composer);
    this.ownDevices = new OwnDevices(context);
    this.people = new People(context, this.#pump, this.ownDevices);
    this.roomSafety = new RoomSafety(context, this.#members, this.#pump);
    this.precautions = new Precautions(context, this.#pump, () => this.sendQueue.wakeAll());
    this.search = new Search(context);
    this.avatars = new AvatarCache(context.http);
    this.account = new Account(context, session.homeserver, this.#position.since() !== undefined);
    this.verification = new VerificationCenter(context, {
      pump: this.#pump,
      encryption,
      members: this.#members,
      rooms: this.rooms,
      names: new PersonNames(context, this.account),
    });
    this.keeping = new Safekeeping(context, {
      pump: this.#pump,
      ownDevices: this.ownDevices,
      homeserver: session.homeserver,
      incoming: () => this.verification.incoming(),
      hasSynced: () => this.#position.since() !== undefined,
    });
    this.#publisher = new Publisher(context, this.timelines, this.typing, this.account);
    this.#catchUp = new DeviceListCatchUp(context);
  }

  /** Starts what was waiting when the app was last closed. */
  start(): void {
    this.media.start();
    this.#applyOnline();
  }

  get syncPosition(): { since: string | null; filter: string } {
    return { since: this.#position.since() ?? null, filter: JSON.stringify(SYNC_FILTER) };
  }

  /** One response of /sync, one transaction. Replayed or out of order it changes nothing; the answer is the position that counts. */
  receiveSync(since: string | null, text: string): { since: string } {
    const current = this.#position.since();
    if ((current ?? null) !== since) {
      this.#context.log.info("sync.ignored");
      if (current === undefined) throw new CodedError("conflict");
      return { since: current };
    }
    const body = parseJsonBody(text, SYNC_JSON_LIMITS);
    if (!body.ok || !isJsonObject(body.value)) throw new CodedError("server-garbage");
    const object = body.value;
    const next = this.#commit((changes) => {
      const nextBatch = applySync(this.#context, changes, this.typing, object, current === undefined);
      if (nextBatch === undefined) throw new CodedError("server-garbage");
      this.#position.save(nextBatch);
      this.#context.store.requireDurability();
      return nextBatch;
    });
    this.account.markSynced();
    this.#publisher.publishStatus();
    if (current !== undefined) this.#catchUp.afterFirstSync(current, next, () => this.#pump.trigger());
    this.#pump.trigger();
    this.sendQueue.wakeAll();
    this.keeping.afterSync();
    this.#history.afterSync();
    return { since: next };
  }

  summaries(): RoomSummary[] {
    return this.#context.store.rooms.summaries();
  }

  totalUnread(): { unread: number; mentions: number } {
    return this.#publisher.totalUnread();
  }

  setOnline(online: boolean): void {
    this.#online = online;
    this.#applyOnline();
  }

  /** The server has ended the session: nothing is sent until there is a new one. What is stored stays readable. */
  sessionEnded(): void {
    this.#sessionEnded = true;
    this.#applyOnline();
  }

  setBlacklisted(userId: string, deviceId: string, blacklisted: boolean): void {
    this.people.setBlacklisted(userId, deviceId, blacklisted);
    this.#pump.trigger();
  }

  updateSession(session: Session): void {
    if (session.userId !== this.#context.userId || session.deviceId !== this.#context.deviceId) throw new CodedError("store-other-account");
    this.#context.store.transaction(() => this.#context.store.session.save(session));
    this.#sessionEnded = false;
    this.#applyOnline();
  }

  #applyOnline(): void {
    const online = this.#online && !this.#sessionEnded;
    this.#pump.setOnline(online);
    this.sendQueue.setOnline(online);
    this.verification.setOnline(online);
    this.keeping.setOnline(online);
    this.#history.setOnline(online);
    if (online) inBackground(this.#context, this.account.refreshProfile());
  }

  /** A port shows this room's timeline: from now on its changes are told. Returns how to stop. */
  watchTimeline(roomId: RoomId): () => void {
    return this.#publisher.watch(roomId);
  }

  /** Stops all work; the machine and the store are closed by whoever opened them. */
  stop(): void {
    this.#closed = true;
    this.sendQueue.stop();
    this.media.stop();
    this.verification.stop();
    this.keeping.stop();
    this.#history.stop();
    this.#pump.stop();
  }

  #commit<T>(work: (changes: Changes) => T): T {
    if (this.#closed) throw new CodedError("not-signed-in");
    const { store } = this.#context;
    const changes = new Changes();
    return store.transaction(() => {
      const value = work(changes);
      trackNewMembers(this.#context, changes);
      this.#summarise(changes);
      store.afterCommit(() => {
        this.#members.observe(changes);
        this.rooms.observe(changes);
        this.sendQueue.observe(changes);
        this.#publish(changes);
        this.verification.observe(changes);
        this.keeping.observe(changes);
        this.precautions.observe(changes);
        this.#history.observe(changes);
      });
      return value;
    });
  }

  /** What is on disk stays there: a bug in telling of it must not look like a failed commit. */
  #publish(changes: Changes): void {
    try {
      this.#publisher.publish(changes);
    } catch (error) {
      this.#context.log.error("bug", { kind: "publish", ...describeError(error) });
    }
  }

  #summarise(changes: Changes): void {
    if (changes.rooms.size === 0) return;
    const { store } = this.#context;
    const direct = parseDirectRooms(store.accountData.load("m.direct"));
    for (const roomId of changes.rooms) {
      const room = store.rooms.load(roomId);
      if (room === undefined) continue;
      const summary = roomSummarySchema.safeParse(summariseRoom(this.#context, room, direct));
      // One room that a page could not parse would cost it the whole list.
      if (summary.success) store.rooms.saveSummary(summary.data);
      else this.#context.log.error("bug", { kind: "summary" });
    }
  }
}
