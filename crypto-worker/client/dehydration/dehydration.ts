import { CodedError, type ErrorCode } from "../../../protocol/errors.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { MachineError } from "../../machine/machine-error.ts";
import type { RehydrationFailure } from "../../machine/dehydration/machine-dehydration.ts";
import { DEHYDRATED_DEVICE_PATH } from "../../machine/requests/outgoing-request.ts";
import type { DehydrationKey } from "../../primitives/dehydrated-pickle.ts";
import { parseDehydratedDeviceResponse } from "../../wire/dehydrated-device.ts";
import type { BackOff } from "../back-off.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import { DEHYDRATION_SECRET, holds, type SecretStorage } from "../recovery/secret-storage.ts";
import { Retries } from "../retries.ts";
import { codedStoreError } from "../store-errors.ts";
import { collectEvents } from "./dehydrated-events.ts";

type View = Safety["dehydration"];
type OnServer = { readonly deviceId: string; readonly deviceData: unknown } | "none" | "unsupported";

/** Its one-time keys run out, and what was sent to it piles up. */
const REPLACE_AFTER_MS = 7 * 24 * 60 * 60 * 1000;
const BACK_OFF: BackOff = { firstMs: 5000, maxMs: 15 * 60_000 };
const SERVER_TROUBLE: ReadonlySet<ErrorCode> = new Set(["server-error", "server-garbage", "forbidden", "invalid-request"]);
/** Others see it in lists of sessions that do not know what it is. */
const DISPLAY_NAME = "Dehydrated device";

/**
 * Keeps a dehydrated device (MSC3814) on the server while recovery is on, so that room keys have somewhere to go when nobody is signed in. At a start, and
 * when the recovery key was entered: reads what the present one has received, then puts another in its place; later one a week.
 *
 * The state is with the server and in the machine's table. What breaks off is begun anew: events are acknowledged after the commit of what was in them.
 */
export class Dehydration {
  readonly #context: ClientContext;
  readonly #storage: SecretStorage;
  readonly #onChange: () => void;
  readonly #retries: Retries<void>;
  #view: View = { state: "unknown", received: 0 };
  /** Whether the server has been asked in this run, and all that followed from it is done. */
  #settled = false;
  /** Whether the stored key is known to be that of secret storage: what it does not open is lost, and can be replaced. */
  #keyIsCurrent = false;
  /** Whether the server can keep one; undefined until it was asked. */
  #offered: boolean | undefined;
  #running: Promise<void> | undefined;
  #online = true;

  constructor(context: ClientContext, storage: SecretStorage, onChange: () => void) {
    this.#context = context;
    this.#storage = storage;
    this.#onChange = onChange;
    // Where nothing happens, the next sync may take longer than that.
    this.#retries = new Retries(context, BACK_OFF, () => this.settle());
  }

  view(): View {
    return this.#view;
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (online) this.#retries.clear();
  }

  /**
   * Before secrets are written: makes a key where the server can use one and there is none. Recovery does not fail for a server that has trouble with this.
   * @throws CodedError where it cannot be reached
   */
  async prepareKey(): Promise<void> {
    const { machine } = this.#context;
    using stored = machine.dehydration.pickleKey();
    if (stored !== undefined) return;
    try {
      if ((await this.#ask()) === "unsupported") return;
    } catch (error) {
      if (error instanceof CodedError && SERVER_TROUBLE.has(error.code)) return;
      throw error;
    }
    using key = machine.dehydration.newPickleKey();
    this.#context.commit(() => machine.dehydration.savePickleKey(key));
  }

  /** The one of secret storage. */
  useKey(key: DehydrationKey): void {
    this.#context.commit(() => this.#context.machine.dehydration.savePickleKey(key));
  }

  /** Secret storage holds the stored key: it was read there, or written. */
  keyIsCurrent(): void {
    this.#keyIsCurrent = true;
    this.#settled = false;
    this.#retries.clear();
    this.settle();
  }

  /** After a start and every sync: does what is due, if anything. */
  settle(): void {
    if (this.#running !== undefined || !this.#online || this.#context.isClosed() || this.#retries.mustWait() || !this.#isDue()) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
    inBackground(this.#context, this.#running);
  }

  stop(): void {
    this.#retries.clear();
  }

  /**
   * Takes the device off the server and forgets its key: recovery is off, or the identity that signed it is gone. A server that has trouble with this stands in
   * the way only where one of ours would stay behind.
   * @throws CodedError
   */
  async remove(): Promise<void> {
    await this.#running;
    const answer = await this.#context.http.json({ kind: "dehydrated_device", method: "DELETE", path: DEHYDRATED_DEVICE_PATH });
    if (!answer.ok) {
      const { code, errcode } = answer.error;
      const isNone = code === "not-found" || errcode === "M_UNRECOGNIZED";
      const isOurs = this.#context.machine.dehydration.created() !== undefined;
      if (!isNone && (isOurs || !SERVER_TROUBLE.has(code))) throw new CodedError(code);
    }
    this.#context.commit(() => this.#context.machine.dehydration.deletePickleKey());
    this.#keyIsCurrent = false;
    this.#settled = false;
    this.#show("off");
  }

  #isDue(): boolean {
    const obstacle = this.#obstacle();
    if (obstacle !== undefined) {
      this.#settled = false;
      this.#show(obstacle);
      // Whether a person can do something about it is for the server to say.
      return obstacle === "off" && this.#offered === undefined && this.#storage.stored() !== undefined;
    }
    // Settled with nothing of ours on the server: it cannot, or has one that is not ours to replace.
    return !this.#settled || (this.#view.state === "on" && this.#present() === undefined);
  }

  /** Why there is nothing to do here. */
  #obstacle(): "off" | "unsupported" | "locked" | undefined {
    const { machine, userId } = this.#context;
    const stored = this.#storage.stored();
    if (stored === undefined) return "off";
    if (!holds(stored, DEHYDRATION_SECRET)) return this.#offered === false ? "unsupported" : "off";
    using key = machine.dehydration.pickleKey();
    const signs = machine.crossSigningStatus().hasSelfSigning && machine.getIdentity(userId)?.verified === true;
    return key === undefined || !signs ? "locked" : undefined;
  }

  async #run(): Promise<void> {
    try {
      await this.#keep();
      this.#retries.succeeded();
    } catch (thrown) {
      const error = codedStoreError(thrown);
      // Another device of ours may have replaced the identity while we were reading.
      const isExpected = error instanceof CodedError || (error instanceof MachineError && error.code === "missing-cross-signing-key");
      if (!isExpected) throw error;
      if (this.#context.isClosed()) return;
      this.#retries.failed();
      this.#context.log.warn("request.failed", { kind: "dehydrated_device", code: error.code });
    }
  }

  async #keep(): Promise<void> {
    const present = await this.#ask();
    if (this.#context.isClosed()) return;
    const obstacle = this.#obstacle();
    if (obstacle !== undefined) return this.#show(obstacle);
    using key = this.#context.machine.dehydration.pickleKey();
    if (key === undefined) return;
    if (present === "unsupported") return this.#end("unsupported");
    if (present !== "none" && present.deviceId === this.#present()) return this.#end("on");
    if (present !== "none" && !this.#isOurs(present.deviceId)) {
      const shut = await this.#read(key, present.deviceId, present.deviceData);
      if (shut !== undefined) {
        if (!isAboutKey(shut)) return this.#end("unreadable");
        if (!this.#keyIsCurrent) return this.#forgetKey();
      }
    }
    if (!this.#context.isClosed()) await this.#create(key);
  }

  /** The one that we have made, if it is young enough. One from the future says that the clock was set back. */
  #present(): string | undefined {
    const created = this.#context.machine.dehydration.created();
    const age = created === undefined ? 0 : this.#context.env.now() - created.createdTs;
    return age < 0 || age >= REPLACE_AFTER_MS ? undefined : created?.deviceId;
  }

  /** One that we have made while signed in has nothing that we have not; one that was read to its end has nothing more. */
  #isOurs(deviceId: string): boolean {
    const { dehydration } = this.#context.machine;
    return dehydration.created()?.deviceId === deviceId || dehydration.rehydrated() === deviceId;
  }

  async #read(key: DehydrationKey, deviceId: string, deviceData: unknown): Promise<RehydrationFailure | undefined> {
    const { machine } = this.#context;
    const opened = machine.dehydration.rehydrate(key, deviceId, deviceData);
    if (!opened.ok) return opened.error;
    using device = opened.value;
    this.#show("collecting", 0);
    const whole = await collectEvents(this.#context, device, (received) => this.#show("collecting", received));
    if (whole) this.#context.commit(() => machine.dehydration.markRehydrated(device));
    return undefined;
  }

  async #create(key: DehydrationKey): Promise<void> {
    const { machine, http, store, commit } = this.#context;
    using device = machine.dehydration.create();
    const { path, method, body } = commit(() => {
      machine.dehydration.markCreated(device);
      store.requireDurability();
      return device.keysForUpload(DISPLAY_NAME, key);
    });
    // The answer tells nothing that we do not know; one that is lost shows when the server is asked next.
    await http.jsonOrThrow({ kind: "dehydrated_device", method, path, body });
    this.#end("on");
  }

  /** It is not the key of secret storage any more. */
  #forgetKey(): void {
    this.#context.commit(() => this.#context.machine.dehydration.deletePickleKey());
    this.#show("locked");
  }

  #end(state: View["state"]): void {
    if (this.#context.isClosed()) return;
    this.#settled = true;
    this.#show(state);
  }

  #show(state: View["state"], received = this.#view.received): void {
    if (this.#view.state === state && this.#view.received === received) return;
    this.#view = { state, received };
    this.#onChange();
  }

  /** @throws CodedError */
  async #ask(): Promise<OnServer> {
    const present = await this.#fetch();
    this.#offered = present !== "unsupported";
    return present;
  }

  async #fetch(): Promise<OnServer> {
    const answer = await this.#context.http.json({ kind: "dehydrated_device", method: "GET", path: DEHYDRATED_DEVICE_PATH });
    if (!answer.ok) {
      const { code, errcode } = answer.error;
      if (errcode === "M_NOT_FOUND") return "none";
      if (errcode === "M_UNRECOGNIZED" || code === "not-found") return "unsupported";
      throw new CodedError(code);
    }
    const device = parseDehydratedDeviceResponse(answer.value);
    if (!device.ok) throw new CodedError("server-garbage");
    return device.value;
  }
}

/** What another key might open, or none does. */
function isAboutKey(failure: RehydrationFailure): boolean {
  return failure === "wrong-key" || failure === "malformed";
}
