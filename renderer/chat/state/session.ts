import { createContext, useContext } from "react";
import { chatContract, type ChatContract } from "../../../protocol/chat.ts";
import { DEFAULT_SETTINGS } from "../../../protocol/default-settings.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import type { ErrorCode, RpcError } from "../../../protocol/errors.ts";
import type { DeviceView } from "../../../protocol/messages/device.ts";
import type { Pins } from "../../../protocol/messages/pins.ts";
import type { Member } from "../../../protocol/messages/room-summary.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import type { UpdateState } from "../../../protocol/messages/update-state.ts";
import type { VaultIntent } from "../../../protocol/messages/vault-intent.ts";
import type { Result } from "../../../protocol/result.ts";
import type { AppState, Connection, Settings, ShellContract } from "../../../protocol/shell.ts";
import type { Shell } from "../../ui/shell.ts";
import { Store } from "../../ui/store.ts";
import { WorkerLink } from "../../ui/worker-link.ts";
import { Attachments } from "../attachments/attachments.ts";
import { RecentEmoji } from "../emoji/recent-emoji.ts";
import { Avatars } from "./avatars.ts";
import { Drafts } from "./drafts.ts";
import { Lookup } from "./lookup.ts";
import { NOTHING_ASIDE, type PutAside } from "./notices.ts";
import { closeNotifications } from "./notifier.ts";
import { allRooms, applyRoomsDelta, NO_ROOMS, type Rooms } from "./room-order.ts";
import type { RoomSafety } from "./room-trust.ts";
import { Timeline } from "./timeline.ts";
import { FIRST_VIEW, type OpenDialog, type Panel, type View } from "./view.ts";

export type Account = ResultOf<ChatContract["account"]>;
export type Status = ResultOf<ChatContract["status"]>;
export type RoomDetails = ResultOf<ChatContract["room"]>;
export type Identity = ResultOf<ChatContract["identity"]>;
export type About = ResultOf<ShellContract["about"]>;

const RELOAD_MS = 400;
/** A worker that is busy, or hangs, does not keep the app open for whoever locks it and goes. */
const LOCK_WAITS_MS = 500;
const NEEDS_SESSION: ReadonlySet<OpenDialog["kind"]> = new Set(["new-room", "new-dm", "join", "forward"]);
const NOT_YET: ReadonlySet<ErrorCode> = new Set(["locked", "not-signed-in", "worker-gone"]);

/** Everything that the chat page knows, as stores that its parts subscribe to. Nothing here is on disk. */
export class Session {
  readonly shell: Shell;
  /** Whose rooms these are. */
  #owner: string | null = null;
  /** Counts how often everything was dropped, so that an answer from before is not kept. */
  #epoch = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  readonly link = new WorkerLink(chatContract);

  readonly app = new Store<AppState>({ phase: "starting" });
  readonly connection = new Store<Connection>({ state: "idle", retryAt: null, workerRestarting: false });
  readonly settings = new Store<Settings>(DEFAULT_SETTINGS);
  /** Nothing is to be told of for now. */
  readonly quiet = new Store(false);
  readonly about = new Store<About | null>(null);
  readonly updates = new Store<UpdateState>({ phase: "off" });
  readonly account = new Store<Account | null>(null);
  readonly status = new Store<Status | null>(null);
  readonly safety = new Store<Safety | null>(null);
  readonly aside = new Store<PutAside>(NOTHING_ASIDE);
  /** Why the vault was not shown, the app not locked, or something not set for a room, when it was last asked for. */
  readonly refused = new Store<ErrorCode | null>(null);
  /** Where the files of an account are that was set aside, until one is open again. */
  readonly setAsideIn = new Store<string | null>(null);
  readonly rooms = new Store<Rooms>(NO_ROOMS);
  readonly roomsError = new Store<RpcError | null>(null);
  readonly typing = new Store<ReadonlyMap<string, readonly string[]>>(new Map());
  readonly view = new Store<View>(FIRST_VIEW);

  readonly timeline = new Timeline(this.link);
  readonly drafts = new Drafts(this.link);
  readonly recentEmoji = new RecentEmoji(this.link);
  readonly avatars = new Avatars(this.link);
  readonly attachments = new Attachments(this.link);
  readonly details: Lookup<RoomDetails> = new Lookup((roomId) => this.link.call("room", { roomId }));
  readonly members: Lookup<readonly Member[]> = new Lookup((roomId) => this.link.call("members", { roomId }));
  readonly identities: Lookup<Identity> = new Lookup((userId) => this.link.call("identity", { userId }));
  readonly devices: Lookup<readonly DeviceView[]> = new Lookup((userId) => this.link.call("devices", { userId }));
  readonly pins: Lookup<Pins> = new Lookup((roomId) => this.link.call("pins", { roomId }));
  readonly roomSafety: Lookup<RoomSafety> = new Lookup((roomId) => this.link.call("roomSafety", { roomId }));

  constructor(shell: Shell) {
    this.shell = shell;
    this.#listenToShell();
    this.#listenToWorker();
  }

  async start(): Promise<void> {
    const keep = <T>(store: Store<T>, answer: Result<T, RpcError>): void => void (answer.ok && store.set(answer.value));
    const { shell } = this;
    await Promise.all([
      shell.call("settings", {}).then((answer) => keep(this.settings, answer)),
      shell.call("connection", {}).then((answer) => keep(this.connection, answer)),
      shell.call("quiet", {}).then((answer) => answer.ok && this.quiet.set(answer.value.quiet)),
      shell.call("updates", {}).then((answer) => keep(this.updates, answer)),
      shell.call("about", {}).then((answer) => answer.ok && this.about.set(answer.value)),
      shell.call("appState", {}).then((answer) => answer.ok && this.#enter(answer.value)),
    ]);
  }

  async changeSettings(change: Partial<Settings>): Promise<void> {
    const before = this.settings.value;
    this.settings.set({ ...before, ...change });
    const answer = await this.shell.call("changeSettings", change);
    this.settings.set(answer.ok ? answer.value : before);
  }

  openRoom(roomId: string, eventId?: string): void {
    const jumpTo = eventId === undefined ? null : { eventId };
    this.view.update((view) => {
      if (view.roomId === roomId) return { ...view, jumpTo: jumpTo ?? view.jumpTo };
      // A person's panel belongs to the room that it was opened from.
      const panel = view.panel?.kind === "person" ? null : view.panel;
      return { ...view, roomId, jumpTo, panel };
    });
    this.roomSafety.refresh(roomId);
    const membership = this.rooms.value.byId.get(roomId)?.membership;
    if (membership === "invite") this.timeline.close();
    else void this.timeline.open(roomId);
  }

  closeRoom(): void {
    this.timeline.close();
    this.view.update((view) => ({ ...view, roomId: null, jumpTo: null, panel: null }));
  }

  showPanel(panel: Panel | null): void {
    this.view.update((view) => ({ ...view, panel }));
  }

  /** A device that is signed out can only be read: it makes and joins no rooms, and sends nothing on. */
  showDialog(dialog: OpenDialog | null): void {
    if (dialog !== null && NEEDS_SESSION.has(dialog.kind) && this.app.value.phase !== "ready") return;
    this.view.update((view) => ({ ...view, dialog }));
  }

  /** Asks how well the keys are looked after, where that is not known yet. */
  async askSafety(): Promise<ErrorCode | null> {
    const answer = await this.link.call("safety", {});
    if (answer.ok && hasAccount(this.app.value)) this.safety.set(answer.value);
    return answer.ok ? null : answer.error.code;
  }

  /** Asks that the vault be shown; what is done there is between it and the person. */
  async openVault(intent: VaultIntent): Promise<void> {
    const answer = await this.shell.call("openVault", { intent });
    this.refused.set(answer.ok ? null : answer.error.code);
  }

  /** Locks the app; where it has no lock yet, shows where to set one. */
  async lock(): Promise<void> {
    const app = this.app.value;
    if (app.phase === "ready" && !app.appLock) return this.showDialog({ kind: "settings", section: "security" });
    const waited = new Promise((resolve) => setTimeout(resolve, LOCK_WAITS_MS));
    await Promise.race([this.drafts.save(), waited]);
    const answer = await this.shell.call("lock", {});
    this.refused.set(answer.ok ? null : answer.error.code);
  }

  /** Accepts an invitation or joins a room, by way of these servers where ours does not know it, then opens it. */
  async join(roomIdOrAlias: string, via: readonly string[] = []): Promise<Result<{ roomId: string }, RpcError>> {
    const answer = await this.link.call("join", { roomIdOrAlias, via: [...via] });
    if (answer.ok) {
      const { roomId } = answer.value;
      this.details.refresh(roomId);
      this.view.update((view) => ({ ...view, roomId, jumpTo: null }));
      void this.timeline.open(roomId);
    }
    return answer;
  }

  #listenToShell(): void {
    const { shell } = this;
    shell.on("appStateChanged", (state) => this.#enter(state));
    shell.on("connectionChanged", (connection) => {
      const restarted = this.connection.value.workerRestarting && !connection.workerRestarting;
      this.connection.set(connection);
      if (restarted) void this.#reload();
    });
    shell.on("settingsChanged", (settings) => this.settings.set(settings));
    shell.on("quietChanged", ({ quiet }) => this.quiet.set(quiet));
    shell.on("updatesChanged", (updates) => this.updates.set(updates));
  }

  #listenToWorker(): void {
    const { link } = this;
    link.onAttach(() => void this.#reload());
    // What a worker tells while the account is not open would stay behind the lock.
    const on: WorkerLink<ChatContract>["on"] = (name, listener) =>
      link.on(name, (payload) => {
        if (hasAccount(this.app.value)) listener(payload);
      });
    on("statusChanged", (status) => this.status.set(status));
    on("safetyChanged", (safety) => this.safety.set(safety));
    on("accountChanged", (account) => this.account.set(account));
    on("roomsChanged", ({ upserts, removals }) => {
      this.rooms.update((rooms) => applyRoomsDelta(rooms, upserts, removals));
      for (const { roomId } of upserts) if (roomId === this.view.value.roomId) this.#roomChanged(roomId);
      const open = this.view.value.roomId;
      if (open !== null && removals.includes(open)) this.closeRoom();
    });
    on("membersChanged", ({ roomId }) => {
      this.members.refresh(roomId);
      this.details.refresh(roomId);
      // Of other rooms it is asked again when they are opened.
      if (roomId === this.view.value.roomId) this.roomSafety.refresh(roomId);
    });
    on("pinsChanged", ({ roomId }) => {
      this.details.refresh(roomId);
      this.pins.refresh(roomId);
    });
    on("devicesChanged", ({ userIds }) => {
      for (const userId of userIds) {
        this.devices.refresh(userId);
        this.identities.refresh(userId);
      }
      const open = this.view.value.roomId;
      if (open !== null) this.roomSafety.refresh(open);
    });
    on("transfersChanged", (transfers) => this.attachments.transfers.set(transfers));
    on("typingChanged", ({ roomId, userIds }) => this.typing.update((typing) => new Map(typing).set(roomId, userIds)));
  }

  #enter(state: AppState): void {
    this.app.set(state);
    const userId = "userId" in state ? state.userId : null;
    if (state.phase === "signed-out" || (userId !== null && this.#owner !== null && userId !== this.#owner)) this.#forget();
    else if (!hasAccount(state)) this.#dropPlaintext();
    if (userId !== null) this.#owner = userId;
    if (!hasAccount(state)) return;
    this.setAsideIn.set(null);
    void this.#reload();
  }

  /** Asks for everything on screen again: at the start, and when a new worker has taken over. */
  async #reload(): Promise<void> {
    const { link } = this;
    clearTimeout(this.#again);
    if (!hasAccount(this.app.value) || !link.connected) return;
    const epoch = this.#epoch;
    // Each answer is taken as it comes: what the worker tells while another is awaited is newer.
    const keep = async <T>(store: Store<T | null>, answer: Promise<Result<T, RpcError>>): Promise<void> => {
      const result = await answer;
      if (result.ok && epoch === this.#epoch) store.set(result.value);
    };
    void keep(this.account, link.call("account", {}));
    void keep(this.status, link.call("status", {}));
    void keep(this.safety, link.call("safety", {}));
    const rooms = await link.call("rooms", {});
    if (epoch !== this.#epoch) return;
    if (rooms.ok) this.rooms.set(allRooms(rooms.value, this.rooms.value));
    this.roomsError.set(rooms.ok ? null : rooms.error);
    if (!rooms.ok) {
      // A worker that has just started answers its port before its store is open.
      if (NOT_YET.has(rooms.error.code)) this.#again = setTimeout(() => void this.#reload(), RELOAD_MS);
      return;
    }
    void this.drafts.resume();
    void this.recentEmoji.load();
    this.details.refreshAll();
    this.members.refreshAll();
    this.pins.refreshAll();
    this.roomSafety.refreshAll();
    const { roomId } = this.view.value;
    // After an unlock the room that was open is opened anew; under a new worker what is on screen stays.
    if (roomId !== null && this.timeline.state.value.phase === "closed") this.openRoom(roomId);
    else await this.timeline.reopen();
  }

  retryRooms(): void {
    this.roomsError.set(null);
    void this.#reload();
  }

  #roomChanged(roomId: string): void {
    const membership = this.rooms.value.byId.get(roomId)?.membership;
    const { phase, roomId: open } = this.timeline.state.value;
    if (membership === "join" && (open !== roomId || phase === "closed" || phase === "failed")) void this.timeline.open(roomId);
    const known = this.details.of(roomId).value.value?.summary;
    const now = this.rooms.value.byId.get(roomId);
    // Power levels and rules come with the details; ask only when what they depend on has changed, not with each message.
    if (
      known?.membership !== now?.membership ||
      known?.encrypted !== now?.encrypted ||
      known?.name !== now?.name ||
      known?.topic !== now?.topic
    )
      this.details.refresh(roomId);
  }

  /** Another account, or none: nothing of the one before stays. */
  #forget(): void {
    this.#owner = null;
    this.#dropPlaintext();
    this.view.set(FIRST_VIEW);
    this.aside.set(NOTHING_ASIDE);
  }

  /**
   * Drops everything that came out of the store or was typed, so that a locked app has nothing to show. Which room was open is kept, to come
   * back to it; what was typed comes back out of the store.
   */
  #dropPlaintext(): void {
    this.#epoch++;
    clearTimeout(this.#again);
    this.timeline.close();
    this.view.update(({ roomId, filter }) => ({ ...FIRST_VIEW, roomId, filter }));
    this.rooms.set(NO_ROOMS);
    this.roomsError.set(null);
    this.account.set(null);
    this.status.set(null);
    this.safety.set(null);
    this.typing.set(new Map());
    this.recentEmoji.clear();
    this.drafts.clear();
    this.avatars.clear();
    this.attachments.clear();
    for (const lookup of [this.details, this.members, this.pins, this.devices, this.identities, this.roomSafety]) lookup.clear();
    closeNotifications();
  }
}

/** Whether the store is open, so that the worker can answer about rooms. */
function hasAccount(state: AppState): boolean {
  return state.phase === "ready" || state.phase === "soft-logged-out" || state.phase === "logged-out-by-server";
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("no session above this component");
  return session;
}
