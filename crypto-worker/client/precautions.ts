import type { ChatContract } from "../../protocol/chat.ts";
import type { ParamsOf, ResultOf } from "../../protocol/define.ts";
import { CodedError } from "../../protocol/errors.ts";
import type { EventId, RoomId } from "../../protocol/ids.ts";
import type { Changes } from "./changes.ts";
import type { ClientContext } from "./context.ts";
import type { RequestPump } from "./pump.ts";

/** What our person has asked of this device beyond the rules that always hold. All of it is off at first and kept over restarts. */
export class Precautions {
  readonly #context: ClientContext;
  readonly #pump: RequestPump;
  readonly #onChange: () => void;

  /** `onChange`: who gets keys may be somebody else now. */
  constructor(context: ClientContext, pump: RequestPump, onChange: () => void) {
    this.#context = context;
    this.#pump = pump;
    this.#onChange = onChange;
  }

  view(): ResultOf<ChatContract["precautions"]> {
    const { machine } = this.#context;
    const { requests, forwarding } = machine.roomKeyRequests();
    return { onlyVerified: machine.onlyAllowTrustedDevices(), exchangeKeys: requests && forwarding };
  }

  change({ onlyVerified, exchangeKeys }: ParamsOf<ChatContract["changePrecautions"]>): ResultOf<ChatContract["precautions"]> {
    const { machine, store } = this.#context;
    store.transaction(() => {
      if (onlyVerified !== undefined) machine.setOnlyAllowTrustedDevices(onlyVerified);
      if (exchangeKeys !== undefined) machine.setRoomKeyRequests({ requests: exchangeKeys, forwarding: exchangeKeys });
      store.requireDurability();
    });
    this.#onChange();
    return this.view();
  }

  /** @throws CodedError `not-found` */
  setOnlyVerified(roomId: RoomId, on: boolean): void {
    const { machine, store } = this.#context;
    if (store.rooms.load(roomId) === undefined) throw new CodedError("not-found");
    store.transaction(() => {
      machine.setOnlyAllowTrustedDevices(on, roomId);
      store.requireDurability();
    });
    this.#onChange();
  }

  /** After a commit. The machine asks for keys by itself where it was told to; what it has to say goes out now, and not with the next sync. */
  observe({ unreadable }: Changes): void {
    if (unreadable.length > 0) this.#pump.trigger();
  }

  /** Asks our other devices for the key of an event that cannot be read; only a verified one is believed. @throws CodedError `not-found` */
  askForKey(roomId: RoomId, eventId: EventId): void {
    const { machine, store } = this.#context;
    const event = store.events.load(roomId, eventId);
    if (event?.sessionId === undefined || event.utdCode === undefined) throw new CodedError("not-found");
    machine.requestRoomKey(roomId, event.sessionId);
    this.#pump.trigger();
  }
}
