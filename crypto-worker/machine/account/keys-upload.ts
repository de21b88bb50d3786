import { encodeOneTimeKeys, ONE_TIME_KEY_ALGORITHM } from "../../wire/one-time-key.ts";
import { parseKeysUploadResponse } from "../../wire/keys-responses.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { KeptKey } from "../../primitives/account-pickle.ts";
import type { MachineContext } from "../context.ts";
import { keysUploadRequest, type OutgoingRequest } from "../requests/outgoing-request.ts";
import type { OutgoingRequests } from "../requests/outgoing-requests.ts";
import { newRequestId } from "../requests/request-id.ts";
import type { OlmAccount } from "./olm-account.ts";
import type { OwnDeviceKeys } from "./own-device-keys.ts";
import { PendingSignatures } from "./pending-signatures.ts";

/**
 * Keeps the server supplied with our device keys, one-time keys and a fallback key. One request at a time: until its answer the same keys are offered
 * again, and byte for byte, as a server refuses other bytes under a key id that it has.
 */
export class KeysUpload {
  readonly #context: MachineContext;
  readonly #account: OlmAccount;
  readonly #deviceKeys: OwnDeviceKeys;
  readonly #requests: OutgoingRequests;
  #pendingId: string | undefined;
  /** Of the newest request. */
  #signatures: PendingSignatures | undefined;

  constructor(context: MachineContext, account: OlmAccount, deviceKeys: OwnDeviceKeys, requests: OutgoingRequests) {
    this.#context = context;
    this.#account = account;
    this.#deviceKeys = deviceKeys;
    this.#requests = requests;
    context.store.onRollback(() => {
      this.#signatures?.abandon();
      this.#signatures = undefined;
    });
  }

  /** Puts a request among the outgoing ones if the server lacks something and none is there yet. */
  prepare(): void {
    if (this.#pendingId !== undefined && this.#requests.has(this.#pendingId)) return;
    this.#add();
  }

  /** Replaces a request that is pending, because the device keys have new signatures; undefined when the device keys are on the server. */
  prepareDeviceKeys(): OutgoingRequest | undefined {
    if (this.#account.deviceKeysUploaded) return undefined;
    if (this.#pendingId !== undefined) this.#requests.drop(this.#pendingId);
    return this.#add();
  }

  /** `unusedFallbackKeyTypes` is undefined where the server does not know fallback keys. */
  receiveCounts(oneTimeKeyCounts: ReadonlyMap<string, number> | undefined, unusedFallbackKeyTypes: readonly string[] | undefined): void {
    this.#account.updateServerKeys({
      // An algorithm that is not listed has none (Extensions to /sync); where the whole list is missing (MSC4186), nothing changed.
      oneTimeKeys: oneTimeKeyCounts === undefined ? undefined : (oneTimeKeyCounts.get(ONE_TIME_KEY_ALGORITHM) ?? 0),
      fallbackKeyUsed: unusedFallbackKeyTypes === undefined ? undefined : !unusedFallbackKeyTypes.includes(ONE_TIME_KEY_ALGORITHM),
    });
  }

  /** A sync had no message for this device: the server holds none back. */
  onCaughtUp(): void {
    this.#account.forgetFormerFallbackKey();
  }

  #add(): OutgoingRequest | undefined {
    this.#account.generateMissingKeys(this.#context.crew);
    const oneTimeKeys = this.#account.unpublishedOneTimeKeys();
    const fallbackKey = this.#account.unpublishedFallbackKey();
    const deviceKeys = !this.#account.deviceKeysUploaded;
    if (oneTimeKeys.length === 0 && fallbackKey === undefined && !deviceKeys) return undefined;
    // Their private halves must outlive a power cut once the server hands the public ones out.
    this.#context.store.requireDurability();
    const body = this.#body(deviceKeys, oneTimeKeys, fallbackKey);
    const request = keysUploadRequest(newRequestId(this.#context.env), body);
    this.#context.store.afterCommit(body);
    this.#pendingId = request.id;
    return this.#requests.add(request, (responseBody) => {
      const response = parseKeysUploadResponse(responseBody);
      const count = response.ok ? (response.value.oneTimeKeyCounts.get(ONE_TIME_KEY_ALGORITHM) ?? 0) : undefined;
      this.#account.markKeysAsPublished({ deviceKeys, fallbackKey: fallbackKey !== undefined }, count);
    });
  }

  /** Other threads sign while the keys are written and flushed to the disk, which takes as long. Whoever asks for the body before waits for them. */
  #body(deviceKeys: boolean, oneTimeKeys: readonly KeptKey[], fallbackKey: KeptKey | undefined): () => JsonObject {
    const ofDevice: JsonObject = deviceKeys ? { device_keys: this.#deviceKeys.json() } : {};
    const unsigned = encodeOneTimeKeys(oneTimeKeys, false, this.#context);
    const unsignedFallback = encodeOneTimeKeys(fallbackKey === undefined ? [] : [fallbackKey], true, this.#context);
    // Of a request that this one takes the place of.
    this.#signatures?.all();
    const messages = [...unsigned.messages, ...unsignedFallback.messages];
    const signatures = new PendingSignatures(this.#account.signAll(this.#context.crew, messages), messages.length);
    this.#signatures = signatures;
    let body: JsonObject | undefined;
    const make = (): JsonObject => {
      const made = signatures.all();
      return {
        ...ofDevice,
        ...(oneTimeKeys.length > 0 ? { one_time_keys: unsigned.signed(made) } : {}),
        ...(fallbackKey === undefined ? {} : { fallback_keys: unsignedFallback.signed(made.slice(oneTimeKeys.length)) }),
      };
    };
    return () => (body ??= make());
  }
}
