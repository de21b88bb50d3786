import { encodeDeviceKeys } from "../../wire/device-keys.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { OlmAccount } from "./olm-account.ts";

/** Adds the signature of our self-signing key where there is one. */
export type DeviceKeysSigner = (deviceKeys: JsonObject) => JsonObject;

/** The signed keys of this device, as they are uploaded and embedded in every Olm message (MSC4147). Made once, until a signature comes or goes. */
export class OwnDeviceKeys {
  readonly #account: OlmAccount;
  readonly #crossSign: DeviceKeysSigner;
  #json: JsonObject | undefined;
  #text: string | undefined;

  constructor(account: OlmAccount, crossSign: DeviceKeysSigner) {
    this.#account = account;
    this.#crossSign = crossSign;
  }

  json(): JsonObject {
    this.#json ??= this.#crossSign(encodeDeviceKeys({ ...this.#account.identityKeys, ...ids(this.#account) }, this.#account.sign));
    return this.#json;
  }

  /** The same as JSON text. */
  text(): string {
    this.#text ??= JSON.stringify(this.json());
    return this.#text;
  }

  /** After any change of our device or of our self-signing key, and after a rollback. */
  invalidate(): void {
    this.#json = undefined;
    this.#text = undefined;
  }
}

function ids({ userId, deviceId }: OlmAccount): Pick<OlmAccount, "userId" | "deviceId"> {
  return { userId, deviceId };
}
