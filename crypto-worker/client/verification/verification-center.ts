import { CodedError } from "../../../protocol/errors.ts";
import type { IncomingVerification, VerificationView } from "../../../protocol/messages/verification-view.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import { parseUserId } from "../../../protocol/ids.ts";
import type { VaultContract, VerificationTarget } from "../../../protocol/vault.ts";
import type { OutgoingRequest } from "../../machine/requests/outgoing-request.ts";
import type { VerificationRequestInfo } from "../../machine/verification/verification-info.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { askMachine } from "./machine-errors.ts";
import { OUR_METHODS, VerificationRequests, type VerificationRequestsParts } from "./verification-requests.ts";
import type { PersonNames } from "./person-names.ts";
import { VerificationFlows } from "./verification-flows.ts";
import { VerificationGaps } from "./verification-gaps.ts";
import { isOfVerification, VerificationSender } from "./verification-sender.ts";
import type { RoomEncryption } from "../send-queue/room-encryption.ts";

type State = VerificationView["state"];
/** What a person's press does in the state that the verification is in: `act`, nothing because it is done already, or an error because it is too late. */
type Press = "act" | "done-already" | "gone";

export type VerificationCenterParts = Omit<VerificationRequestsParts, "sender"> & {
  readonly encryption: RoomEncryption;
  readonly names: PersonNames;
};

type Description = ResultOf<VaultContract["describe"]>;
type Asked = { readonly flowId: Promise<string>; answeredAt: number | undefined };

/** A second press on "verify" within this time after the first means the same request. */
const SAME_REQUEST_MS = 3000;

/**
 * Verifications as a person lives through them: what is under way, and what they can do about it. Every verb may be called twice, and answers once the machine
 * has taken it; what it makes the machine say is sent by itself, however long the network is away. Verbs throw `verification-gone` where it is too late.
 */
export class VerificationCenter {
  readonly #context: ClientContext;
  readonly #parts: VerificationCenterParts;
  readonly #flows: VerificationFlows;
  readonly #gaps: VerificationGaps;
  readonly #sender: VerificationSender;
  readonly #requests: VerificationRequests;
  readonly #asked = new Map<string, Asked>();

  constructor(context: ClientContext, parts: VerificationCenterParts) {
    this.#context = context;
    this.#parts = parts;
    this.#sender = new VerificationSender(context, parts.encryption, {
      onSent: () => parts.pump.trigger(),
      onRefused: (flowId) => this.#giveUp(flowId),
    });
    this.#flows = new VerificationFlows(context, parts.names, (requests) => this.#send(requests));
    this.#gaps = new VerificationGaps(context, parts.pump);
    this.#requests = new VerificationRequests(context, { ...parts, sender: this.#sender });
    parts.pump.divert((request) => {
      if (!isOfVerification(request)) return false;
      this.#sender.send([request]);
      return true;
    });
  }

  /** Those under way, and those that have ended until they are dismissed or ten minutes old. Oldest first. */
  views(): VerificationView[] {
    return this.#flows.views();
  }

  /** Those that wait for an answer of somebody here, as far as the chat page is told. */
  incoming(): IncomingVerification[] {
    return this.#flows.incoming();
  }

  /** To be called after every commit. */
  observe(changes: Changes): void {
    this.#flows.observe();
    this.#gaps.observe(changes);
  }

  setOnline(online: boolean): void {
    this.#sender.setOnline(online);
  }

  stop(): void {
    this.#flows.stop();
    this.#sender.stop();
  }

  async request(target: VerificationTarget): Promise<string> {
    const key = JSON.stringify(target);
    const last = this.#asked.get(key);
    if (last !== undefined && (last.answeredAt === undefined || Date.now() - last.answeredAt < SAME_REQUEST_MS)) {
      const flowId = await last.flowId;
      if (this.#flows.state(flowId) === "asking") return flowId;
    }
    const asked: Asked = { flowId: this.#requests.request(target), answeredAt: undefined };
    this.#asked.set(key, asked);
    try {
      return await asked.flowId;
    } catch (error) {
      this.#asked.delete(key);
      throw error;
    } finally {
      asked.answeredAt = Date.now();
    }
  }

  async accept(flowId: string): Promise<void> {
    const press = (state: State): Press =>
      state === "asked" ? "act" : state === "cancelled" || state === "asking" ? "gone" : "done-already";
    const { machine } = this.#context;
    await this.#learn(flowId, press);
    this.#press(flowId, press, ({ userId, phase }) => {
      this.#flows.agree(flowId);
      return phase === "requested" ? machine.acceptVerification(userId, flowId, OUR_METHODS) : machine.acceptSas(userId, flowId);
    });
  }

  /** Begins the comparison of emoji, or joins the one that the other side has begun. */
  async startSas(flowId: string): Promise<void> {
    const press = (state: State): Press => {
      if (state === "ready" || state === "qr-shown") return "act";
      return state.startsWith("sas-") || state === "done" ? "done-already" : "gone";
    };
    await this.#learn(flowId, press);
    this.#press(flowId, press, ({ userId }) => this.#context.machine.startSas(userId, flowId));
  }

  confirmSas(flowId: string): void {
    const press = (state: State): Press => {
      if (state === "sas-compare") return "act";
      return state === "sas-confirmed" || state === "done" ? "done-already" : "gone";
    };
    this.#press(flowId, press, ({ userId }) => this.#context.machine.confirmSas(userId, flowId));
  }

  mismatchSas(flowId: string): void {
    const press = (state: State): Press => {
      if (state === "sas-compare" || state === "sas-confirmed") return "act";
      return state === "cancelled" ? "done-already" : "gone";
    };
    this.#press(flowId, press, ({ userId }) => this.#context.machine.cancelVerification(userId, flowId, "m.mismatched_sas"));
  }

  cancel(flowId: string): void {
    const press = (state: State): Press => (state === "cancelled" ? "done-already" : state === "done" ? "gone" : "act");
    this.#press(flowId, press, ({ userId }) => this.#context.machine.cancelVerification(userId, flowId));
  }

  /** Makes our code; it is then in the view. */
  async showQr(flowId: string): Promise<void> {
    const press = (state: State): Press =>
      state === "ready" ? "act" : state.startsWith("qr-") || state === "done" ? "done-already" : "gone";
    await this.#learn(flowId, press);
    this.#press(flowId, press, ({ userId }) => {
      this.#context.machine.generateQrCode(userId, flowId);
      return [];
    });
  }

  /** A code with other keys in it than ours and theirs cancels the verification. @throws CodedError `qr-code-invalid` for one that is none, or of another verification */
  async scanQr(flowId: string, data: Uint8Array): Promise<void> {
    const press = (state: State): Press => {
      if (state === "ready" || state === "qr-shown") return "act";
      return state === "qr-waiting" || state === "done" ? "done-already" : "gone";
    };
    await this.#learn(flowId, press);
    this.#press(flowId, press, ({ userId }) => this.#context.machine.scanQrCode(userId, flowId, data));
  }

  confirmQrScanned(flowId: string): void {
    const press = (state: State): Press => {
      if (state === "qr-scanned") return "act";
      return state === "qr-waiting" || state === "done" ? "done-already" : "gone";
    };
    this.#press(flowId, press, ({ userId }) => this.#context.machine.confirmQrScanned(userId, flowId));
  }

  /** Forgets a verification that has ended. */
  dismiss(flowId: string): void {
    this.#flows.dismiss(flowId);
  }

  /** Who somebody, or a device of theirs, is to us. */
  async describe({ userId, deviceId }: { readonly userId: string; readonly deviceId?: string | undefined }): Promise<Description> {
    const user = parseUserId(userId);
    if (!user.ok) throw new CodedError("invalid-request");
    const { machine } = this.#context;
    if (machine.getUserDevices(userId).length === 0) await this.#requests.learn(user.value);
    const identity = machine.getIdentity(userId);
    const device = deviceId === undefined ? undefined : machine.getDevice(userId, deviceId);
    return {
      displayName: this.#parts.names.person(user.value),
      deviceName: deviceId === undefined ? null : this.#parts.names.device(user.value, deviceId),
      own: user.value === this.#context.userId,
      verified: (deviceId === undefined ? identity : device)?.verified ?? false,
      previouslyVerified: identity?.previouslyVerified ?? false,
      pinViolation: identity?.pinViolation ?? false,
    };
  }

  /** Has the newest keys of both sides before they are compared: those that are known when a method starts are those that count. */
  async #learn(flowId: string, decide: (state: State) => Press): Promise<void> {
    const { userId } = this.#flows.require(flowId);
    if (decide(this.#flows.requireState(flowId)) === "act") await this.#requests.learn(userId);
  }

  #press(flowId: string, decide: (state: State) => Press, act: (flow: VerificationRequestInfo) => OutgoingRequest[]): void {
    const flow = this.#flows.require(flowId);
    switch (decide(this.#flows.requireState(flowId))) {
      case "gone":
        throw new CodedError("verification-gone");
      case "done-already":
        return;
      case "act":
        this.#send(askMachine(() => this.#context.commit(() => act(flow))));
    }
  }

  #send(requests: readonly OutgoingRequest[]): void {
    this.#sender.send(requests);
    this.#parts.pump.trigger();
  }

  /** The server will not take what we have to say, as in a room that we were removed from. */
  #giveUp(flowId: string): void {
    const flow = this.#flows.find(flowId);
    if (flow === undefined || flow.phase === "done" || flow.phase === "cancelled") return;
    this.#context.commit(() => this.#context.machine.cancelVerification(flow.userId, flowId));
  }
}
