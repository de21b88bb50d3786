import { CodedError } from "../../../protocol/errors.ts";
import type { IncomingVerification, VerificationView } from "../../../protocol/messages/verification-view.ts";
import { describeError } from "../../log.ts";
import type { OutgoingRequest } from "../../machine/requests/outgoing-request.ts";
import type { VerificationRequestInfo } from "../../machine/verification/verification-info.ts";
import type { ClientContext } from "../context.ts";
import { parseShownEventId } from "../shown-ids.ts";
import type { PersonNames } from "./person-names.ts";
import { incomingOf, VerificationViews } from "./verification-views.ts";

const MAX_VIEWS = 100;
const MAX_INCOMING = 50;
const TICK_MS = 1000;

/** The verifications that the machine holds, by the one id that people's presses carry; watches them change. */
export class VerificationFlows {
  readonly #context: ClientContext;
  readonly #views: VerificationViews;
  readonly #send: (requests: readonly OutgoingRequest[]) => void;
  /** Requests of others that a person here has accepted. */
  readonly #agreed = new Set<string>();
  readonly #dismissed = new Set<string>();
  #finished: ReadonlySet<string> = new Set();
  /** How far those in rooms had come when their line in the timeline was last told. */
  #phases: ReadonlyMap<string, VerificationRequestInfo["phase"]> = new Map();
  #revision = -1;
  #looking = false;
  #published = "[]";
  #timer: NodeJS.Timeout | undefined;

  constructor(context: ClientContext, names: PersonNames, send: (requests: readonly OutgoingRequest[]) => void) {
    this.#context = context;
    this.#views = new VerificationViews(context, names);
    this.#send = send;
  }

  views(): VerificationView[] {
    const flows = this.#all().filter(({ flowId }) => !this.#dismissed.has(flowId));
    // Where there are too many it is others who made them: ours come first.
    const open = flows.filter((flow) => !isEnded(flow));
    const ranked = [...open.filter(({ weStarted }) => weStarted), ...open.filter(({ weStarted }) => !weStarted), ...flows.filter(isEnded)];
    const views = ranked.slice(0, MAX_VIEWS).map((flow) => this.#view(flow));
    return views.toSorted((a, b) => a.since - b.since);
  }

  incoming(): IncomingVerification[] {
    return this.views()
      .filter(({ state }) => state === "asked")
      .slice(-MAX_INCOMING)
      .map(incomingOf);
  }

  /** A person here agrees to what was asked: from now on the other side may choose the method. */
  agree(flowId: string): void {
    this.#agreed.add(flowId);
  }

  /** Twice is as good as once. @throws CodedError `verification-gone` for one that is not known, `conflict` for one that goes on */
  dismiss(flowId: string): void {
    if (this.#dismissed.has(flowId)) return;
    if (!isEnded(this.require(flowId))) throw new CodedError("conflict");
    this.#dismissed.add(flowId);
    this.#publish();
  }

  find(flowId: string): VerificationRequestInfo | undefined {
    return this.#all().find((flow) => flow.flowId === flowId);
  }

  require(flowId: string): VerificationRequestInfo {
    const flow = this.find(flowId);
    if (flow === undefined) throw new CodedError("verification-gone");
    return flow;
  }

  state(flowId: string): VerificationView["state"] | undefined {
    const flow = this.find(flowId);
    return flow === undefined ? undefined : this.#view(flow).state;
  }

  requireState(flowId: string): VerificationView["state"] {
    return this.#view(this.require(flowId)).state;
  }

  /** Cheap where nothing has changed. Runs after commits, so nothing that it throws may look like a failure of theirs. */
  observe(): void {
    if (this.#looking || this.#context.isClosed()) return;
    this.#looking = true;
    try {
      // What is done about a change may change more.
      for (let round = 0; round < 10 && this.#hasMoved(); round += 1) {
        this.#react();
        this.#publish();
      }
    } catch (error) {
      this.#context.log.error("bug", { kind: "verification", ...describeError(error) });
    } finally {
      this.#looking = false;
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #hasMoved(): boolean {
    const revision = this.#context.machine.verificationRevision();
    if (revision === this.#revision) return false;
    this.#revision = revision;
    return true;
  }

  #react(): void {
    const { machine, userId } = this.#context;
    const known = machine.getVerificationRequests();
    const flows = this.#all(known);
    this.#refuseDoubles(known);
    this.#forget(known);
    for (const flow of flows) this.#joinSas(flow);
    const finished = new Set(flows.flatMap((flow) => (flow.phase === "done" ? [flow.flowId] : [])));
    const fresh = flows.filter(({ flowId }) => finished.has(flowId) && !this.#finished.has(flowId));
    this.#finished = finished;
    if (fresh.length > 0) {
      this.#context.commit((changes) => {
        for (const flow of fresh) changes.deviceOwners.add(flow.userId).add(userId);
      });
      // Signatures wait to be uploaded.
      this.#send([]);
    }
    this.#tellTimelines(flows);
    this.#watchClock(flows.some((flow) => !isEnded(flow)));
  }

  /** A request in a room has a line in its timeline, which shows how far it has come. */
  #tellTimelines(flows: readonly VerificationRequestInfo[]): void {
    const before = this.#phases;
    this.#phases = new Map(flows.flatMap(({ roomId, flowId, phase }) => (roomId === undefined ? [] : [[flowId, phase]])));
    const moved = flows.flatMap(({ roomId, flowId, phase }) => {
      const eventId = parseShownEventId(flowId);
      return roomId === undefined || eventId === undefined || before.get(flowId) === phase ? [] : [{ roomId, eventId }];
    });
    if (moved.length === 0) return;
    this.#context.commit((changes) => {
      for (const { roomId, eventId } of moved) changes.timeline(roomId).events.add(eventId);
    });
  }

  /** The method was agreed on with the request: only what it shows is for a person to decide about. */
  #joinSas(flow: VerificationRequestInfo): void {
    const { machine } = this.#context;
    if (flow.phase !== "transitioned" || !this.#isAgreed(flow)) return;
    const method = machine.getVerification(flow.userId, flow.flowId);
    if (method?.kind !== "sas" || method.state !== "started") return;
    this.#send(this.#context.commit(() => machine.acceptSas(flow.userId, flow.flowId)));
  }

  /** SECURITY: two people under one id, so that a press for one could be taken for the other. Nobody honest does that: both end. */
  #refuseDoubles(known: readonly VerificationRequestInfo[]): void {
    const { machine } = this.#context;
    for (const flow of known) {
      if (isEnded(flow) || known.filter(({ flowId }) => flowId === flow.flowId).length === 1) continue;
      this.#send(this.#context.commit(() => machine.cancelVerification(flow.userId, flow.flowId, "m.unexpected_message")));
    }
  }

  #forget(known: readonly VerificationRequestInfo[]): void {
    const ids = new Set(known.map(({ flowId }) => flowId));
    for (const set of [this.#agreed, this.#dismissed]) for (const id of set) if (!ids.has(id)) set.delete(id);
  }

  #watchClock(isNeeded: boolean): void {
    if (!isNeeded) this.stop();
    if (!isNeeded || this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  #tick(): void {
    if (this.#context.isClosed()) return this.stop();
    const before = this.#revision;
    this.#context.commit(() => this.#context.machine.tickVerifications());
    // What ended has to be told to the other side.
    if (before !== this.#revision) this.#send([]);
  }

  #publish(): void {
    const views = this.views();
    const text = JSON.stringify(views);
    if (text === this.#published) return;
    this.#published = text;
    this.#context.emitter.emit("verificationsChanged", views);
  }

  /** Those with an id that both sides know, and that is nobody else's: our request in a room gets its id from the server. */
  #all(known = this.#context.machine.getVerificationRequests()): VerificationRequestInfo[] {
    const counts = new Map<string, number>();
    for (const { flowId } of known) counts.set(flowId, (counts.get(flowId) ?? 0) + 1);
    return known.filter(({ flowId, roomId }) => counts.get(flowId) === 1 && (roomId === undefined || flowId.startsWith("$")));
  }

  #view(flow: VerificationRequestInfo): VerificationView {
    return this.#views.view(flow, this.#isAgreed(flow));
  }

  #isAgreed({ flowId, weStarted }: VerificationRequestInfo): boolean {
    return weStarted || this.#agreed.has(flowId);
  }
}

const isEnded = ({ phase }: VerificationRequestInfo): boolean => phase === "done" || phase === "cancelled";
