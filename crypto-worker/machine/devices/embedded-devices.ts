import { parseDeviceKeys, type DeviceKeys } from "../../wire/device-keys.ts";
import { isJsonObject, type JsonValue } from "../../wire/json.ts";
import { verifyJson } from "../../wire/signatures.ts";
import type { MachineContext } from "../context.ts";
import { LruMap } from "../lru-map.ts";
import type { Device } from "./device.ts";
import type { Devices } from "./devices.ts";
import type { Identities } from "./identities.ts";

const MAX_VERIFIED = 500;
/** Some 700 characters, and as much again for each further signature. What is verified is kept, and a message may have a megabyte. */
const MAX_LENGTH = 16_384;

type Verified = { readonly keys: DeviceKeys; readonly text: string };

/** Devices out of the keys that their messages carry (MSC4147), so that a message can come before the device list does. Nothing is stored here. */
export class EmbeddedDevices {
  readonly #context: MachineContext;
  readonly #devices: Devices;
  readonly #identities: Identities;
  /** A device embeds the same text every time: one signature check serves them all. */
  readonly #verified = new LruMap<string, Verified>(MAX_VERIFIED);

  constructor(context: MachineContext, devices: Devices, identities: Identities) {
    this.#context = context;
    this.#devices = devices;
    this.#identities = identities;
  }

  /** Undefined unless the keys carry a valid self-signature and contradict no device which we know. */
  parse(value: JsonValue): Device | undefined {
    const verified = this.#verify(value);
    if (verified === undefined) return undefined;
    const { keys, text } = verified;
    const known = this.#devices.find(keys.userId, keys.deviceId);
    // The Ed25519 key of a device id never changes, and the store has seen one.
    if (known !== undefined && known.ed25519 !== keys.ed25519) return undefined;
    const crossSignedBy = this.#crossSignedBy(keys, known);
    if (known?.curve25519 === keys.curve25519) return known.crossSignedBy === crossSignedBy ? known : { ...known, crossSignedBy };
    return {
      userId: keys.userId,
      deviceId: keys.deviceId,
      curve25519: keys.curve25519,
      ed25519: keys.ed25519,
      algorithms: keys.algorithms,
      displayName: keys.displayName,
      deleted: false,
      dehydrated: keys.dehydrated,
      localTrust: "unset",
      crossSignedBy,
      withheldCodeSent: false,
      firstSeenTs: this.#context.env.now(),
      olmWedgingIndex: 0,
      keysJson: text,
    };
  }

  #verify(value: JsonValue): Verified | undefined {
    if (!isJsonObject(value)) return undefined;
    const text = JSON.stringify(value);
    const cached = this.#verified.get(text);
    if (cached !== undefined) return cached;
    const keys = text.length > MAX_LENGTH ? undefined : parseDeviceKeys(value);
    if (keys?.ok !== true) return undefined;
    const verified = { keys: keys.value, text };
    this.#verified.set(text, verified);
    return verified;
  }

  #crossSignedBy(keys: DeviceKeys, known: Device | undefined): Device["crossSignedBy"] {
    const selfSigningKey = this.#identities.find(keys.userId)?.selfSigningKey;
    if (selfSigningKey === undefined) return undefined;
    // What was checked is a signature over the keys of the list; the device alone vouches for others.
    if (known?.crossSignedBy === selfSigningKey && known.curve25519 === keys.curve25519) return selfSigningKey;
    return verifyJson(keys.json, keys.userId, `ed25519:${selfSigningKey}`, selfSigningKey) ? selfSigningKey : undefined;
  }
}
