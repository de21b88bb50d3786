import type { Curve25519PublicKey } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { encodeBase64Url } from "../../primitives/base64.ts";
import { encodeOlmContent } from "../../wire/encrypted-content.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { OwnDeviceKeys } from "../account/own-device-keys.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import type { OlmChannel, OlmPayload } from "./olm-channel.ts";
import type { OlmSessions } from "./olm-sessions.ts";

const MESSAGE_ID_BYTES = 12;

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
    const recipient = `,"recipient":${JSON.stringify(device.userId)},"recipient_keys":{"ed25519":"${device.ed25519}"}}`;
    const message = session.use().encrypt(payload.head + recipient);
    this.#sessions.markEncrypted(session);
    // A power cut that took the moved ratchet back would encrypt two messages with one key.
    this.#context.store.requireDurability();
    const messageId = encodeBase64Url(this.#context.env.randomBytes(MESSAGE_ID_BYTES));
    return ok({ ...encodeOlmContent(this.#context.identityKeys.curve25519, device.curve25519, message), "org.matrix.msgid": messageId });
  }
}
