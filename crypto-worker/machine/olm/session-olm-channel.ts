import type { Curve25519PublicKey } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { encodeBase64Url } from "../../primitives/base64.ts";
import { withResults } from "../../primitives/crew/crew.ts";
import type { OlmMessage } from "../../primitives/olm-session.ts";
import { encodeOlmContent } from "../../wire/encrypted-content.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { OwnDeviceKeys } from "../account/own-device-keys.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import type { OlmChannel, OlmPayload } from "./olm-channel.ts";
import type { OlmSessions, SessionEntry } from "./olm-sessions.ts";

const MESSAGE_ID_BYTES = 12;
/** Fewer than the sessions that are kept in memory, so that none is dropped while it is worked on. */
const AT_ONCE = 250;

/** `OlmChannel` over the stored sessions. */
export class SessionOlmChannel implements OlmChannel {
  readonly #context: MachineContext;
  readonly #sessions: OlmSessions;
  readonly #deviceKeys: OwnDeviceKeys;

  constructor(context: MachineContext, sessions: OlmSessions, deviceKeys: OwnDeviceKeys) {
    this.#context = context;
    this.#sessions = sessions;
    this.#deviceKeys = deviceKeys;
  }

  hasSession(curve25519: Curve25519PublicKey): boolean {
    return this.#sessions.has(curve25519);
  }

  payload(type: string, content: JsonObject): OlmPayload {
    const { userId, identityKeys } = this.#context;
    const shared = JSON.stringify({ type, content, sender: userId, keys: { ed25519: identityKeys.ed25519 } });
    return { head: `${shared.slice(0, -1)},"sender_device_keys":${this.#deviceKeys.text()}` };
  }

  encrypt(device: Device, payload: OlmPayload): Result<JsonObject, "no-olm-session"> {
    const [session] = this.#sessions.withDevice(device.curve25519);
    if (session === undefined) return err("no-olm-session");
    const message = session.use().encrypt(payload.head + tailFor(device));
    this.#sessions.markEncrypted(session);
    return ok(this.#contentOf(device, message));
  }

  encryptAll(devices: readonly Device[], payload: OlmPayload): ReadonlyMap<Device, JsonObject> {
    const contents = new Map<Device, JsonObject>();
    for (let at = 0; at < devices.length; at += AT_ONCE) {
      const batch = devices.slice(at, at + AT_ONCE);
      for (const [device, message] of this.#encryptTogether(batch, payload)) contents.set(device, this.#contentOf(device, message));
      for (const device of batch) {
        const content = contents.has(device) ? undefined : this.encrypt(device, payload);
        if (content?.ok === true) contents.set(device, content.value);
      }
    }
    return contents;
  }

  /** By the whole crew, where they are many. Whoever is left out is for `encrypt`. */
  *#encryptTogether(devices: readonly Device[], { head }: OlmPayload): Generator<readonly [Device, OlmMessage]> {
    const { crew, pickleKey } = this.#context;
    if (!crew.isWorthwhile(devices.length)) return;
    // A session once: devices that claim the same key share it, and two messages from one state of a ratchet would have one key.
    const sessions = new Map<SessionEntry, Device>();
    for (const device of devices) {
      const [session] = this.#sessions.withDevice(device.curve25519);
      if (session !== undefined && !sessions.has(session)) sessions.set(session, device);
    }
    const pieces = [...sessions].map(([session, device]) => ({ pickle: this.#sessions.pickled(session), tail: tailFor(device) }));
    for (const [[session, device], outcome] of withResults(sessions, crew.run("encrypt", { pickleKey, head }, pieces))) {
      if (outcome === undefined) continue;
      this.#sessions.replacePickle(session, outcome.pickle);
      yield [device, outcome.message];
    }
  }

  #contentOf({ curve25519 }: Device, message: OlmMessage): JsonObject {
    // A power cut that took the moved ratchet back would encrypt two messages with one key.
    this.#context.store.requireDurability();
    const messageId = encodeBase64Url(this.#context.env.randomBytes(MESSAGE_ID_BYTES));
    return { ...encodeOlmContent(this.#context.identityKeys.curve25519, curve25519, message), "org.matrix.msgid": messageId };
  }
}

/** What the payload for one device ends with. */
function tailFor({ userId, ed25519 }: Device): string {
  return `,"recipient":${JSON.stringify(userId)},"recipient_keys":{"ed25519":"${ed25519}"}}`;
}
