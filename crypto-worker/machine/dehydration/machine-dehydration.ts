import type { DeviceId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { Account } from "../../primitives/account.ts";
import { openLegacyPickle, openPickle, type DehydratedPickleFailure, type DehydrationKey } from "../../primitives/dehydrated-pickle.ts";
import { Secret } from "../../primitives/secret.ts";
import type { CreatedDevice } from "../../store/tables/dehydration.ts";
import { parseDehydratedDeviceData, type DehydratedDeviceFailure } from "../../wire/dehydrated-device.ts";
import type { DeviceKeysSigner } from "../account/own-device-keys.ts";
import type { MachineContext } from "../context.ts";
import { MachineError } from "../machine-error.ts";
import type { SenderDevices } from "../olm/check-olm-event.ts";
import { newRequestId } from "../requests/request-id.ts";
import { requireDeviceId } from "../require-ids.ts";
import { DehydratedDevice } from "./dehydrated-device.ts";
import { RehydratedDevice, type RoomKeyReceiver } from "./rehydrated-device.ts";

/** What a machine lends to it. */
export type DehydrationParts = {
  readonly context: MachineContext;
  readonly dehydration: {
    readonly vouchFor: DeviceKeysSigner;
    readonly selfSigningKey: () => CreatedDevice["selfSigningKey"] | undefined;
    readonly senders: SenderDevices;
    readonly receiveRoomKey: RoomKeyReceiver;
  };
};

/** Why a dehydrated device stays shut. */
export type RehydrationFailure = DehydratedDeviceFailure | DehydratedPickleFailure;

const KEY_BYTES = 32;

/**
 * The machine's calls about dehydrated devices (MSC3814): a device without a person, whose private keys lie encrypted on the server, so that room keys
 * reach its owner while nobody is signed in.
 *
 * At a sign-in: `rehydrate` the one of the server, feed its events to `receiveEvents` until there are none; then `create` another, upload it, note it by
 * `markCreated`; replace it every week.
 */
export class MachineDehydration {
  readonly #run: <T>(work: (parts: DehydrationParts) => T) => T;

  constructor(run: <T>(work: (parts: DehydrationParts) => T) => T) {
    this.#run = run;
  }

  /** A new one; the caller disposes of it. */
  create(): DehydratedDevice {
    return this.#run(({ context, dehydration }) => {
      const account = Account.create();
      const deviceId = requireDeviceId(account.identityKeys.curve25519);
      return new DehydratedDevice({ userId: context.userId, deviceId }, account, dehydration.vouchFor, () => newRequestId(context.env));
    });
  }

  /** Before it is uploaded, so that it is known for ours whatever becomes of the answer. @throws MachineError `missing-cross-signing-key` */
  markCreated(device: DehydratedDevice): void {
    this.#run(({ context, dehydration }) => {
      const selfSigningKey = dehydration.selfSigningKey();
      if (selfSigningKey === undefined) throw new MachineError("missing-cross-signing-key");
      context.store.dehydration.saveCreated({ deviceId: device.deviceId, createdTs: context.env.now(), selfSigningKey });
    });
  }

  /** The one that we made last, unless our identity is another one since. */
  created(): CreatedDevice | undefined {
    return this.#run(({ context, dehydration }) => {
      const created = context.store.dehydration.created();
      return created?.selfSigningKey === dehydration.selfSigningKey() ? created : undefined;
    });
  }

  /** `deviceData` is of `GET …/dehydrated_device`. The caller disposes of the device. @throws MachineError `invalid-device-id` */
  rehydrate(pickleKey: DehydrationKey, deviceId: string, deviceData: unknown): Result<RehydratedDevice, RehydrationFailure> {
    const id = requireDeviceId(deviceId);
    const data = parseDehydratedDeviceData(deviceData);
    if (!data.ok) return data;
    const account =
      data.value.format === "libolm"
        ? openLegacyPickle(data.value.pickle, pickleKey, id)
        : openPickle(data.value.pickle, data.value.nonce, pickleKey);
    if (!account.ok) return err(account.error);
    return this.#run(({ context, dehydration: { senders, receiveRoomKey } }) => {
      const run = <T>(work: () => T): T => this.#run(work);
      return ok(new RehydratedDevice(context, { deviceId: id, account: account.value }, { senders, receiveRoomKey, run }));
    });
  }

  /** Everything that the server had for it is here. */
  markRehydrated(device: RehydratedDevice): void {
    this.#run(({ context }) => context.store.dehydration.saveRehydrated(device.deviceId));
  }

  rehydrated(): DeviceId | undefined {
    return this.#run(({ context }) => context.store.dehydration.rehydrated());
  }

  /** A key that no device has; not stored. The caller disposes of it. */
  newPickleKey(): DehydrationKey {
    return this.#run(({ context }) => Secret.take(context.env.randomBytes(KEY_BYTES), "dehydration-key"));
  }

  /** The stored one. SECURITY: reads whatever was sent to dehydrated devices of ours. The caller disposes of it. */
  pickleKey(): DehydrationKey | undefined {
    const key = this.#run(({ context }) => context.store.dehydration.loadPickleKey());
    return key === undefined ? undefined : Secret.take(key, "dehydration-key");
  }

  /** In place of the one that is stored, if it is another. */
  savePickleKey(key: DehydrationKey): void {
    using stored = this.pickleKey();
    if (stored?.equals(key) === true) return;
    this.#run(({ context }) => {
      key.use((bytes) => context.store.dehydration.savePickleKey(bytes));
      context.store.requireDurability();
    });
  }

  deletePickleKey(): void {
    this.#run(({ context }) => context.store.dehydration.remove());
  }
}
