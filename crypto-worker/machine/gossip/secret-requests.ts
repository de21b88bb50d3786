import { Secret } from "../../primitives/secret.ts";
import { encodeSecretRequest, SECRET_REQUEST } from "../../wire/gossip-content.ts";
import { SECRET_NAMES, type SecretName } from "../../wire/secret-name.ts";
import { parseSecretSend } from "../../wire/to-device-events.ts";
import type { MachineContext } from "../context.ts";
import type { CrossSigningKeyName } from "../cross-signing/private-keys.ts";
import type { DecryptedOlmEvent } from "../olm/decrypted-olm-event.ts";
import { parseKeyText } from "../secret-storage/key-text.ts";
import type { GossipOutbox } from "./gossip-outbox.ts";
import type { OwnDevices } from "./own-devices.ts";
import { crossSigningKeyOf, type OwnSecrets } from "./own-secrets.ts";

/** SECURITY: 32 bytes of a private key. A device of ours sent it; that it belongs to today's backup must be shown by its public part. */
export type ReceivedSecret = { readonly name: SecretName; readonly secret: Secret<"backup-key"> };

/** Takes a cross-signing key if it is the one that our identity has published. Text as it was sent. */
export type SeedAcceptor = (name: CrossSigningKeyName, seed: string) => boolean;

/** Asks our other devices for secrets that are not here, and takes the answers (Secrets §Sharing). */
export class SecretRequests {
  readonly #context: MachineContext;
  readonly #devices: OwnDevices;
  readonly #secrets: OwnSecrets;
  readonly #outbox: GossipOutbox;
  readonly #acceptSeed: SeedAcceptor;

  constructor(context: MachineContext, devices: OwnDevices, secrets: OwnSecrets, outbox: GossipOutbox, acceptSeed: SeedAcceptor) {
    this.#context = context;
    this.#devices = devices;
    this.#secrets = secrets;
    this.#outbox = outbox;
    this.#acceptSeed = acceptSeed;
  }

  /** One request a secret: one that went out earlier without an answer is taken back and made anew, for devices that were not verified then. */
  requestMissing(): void {
    const { secretRequests } = this.#context.store;
    const open = new Map(secretRequests.all().map(({ name, requestId }) => [name, requestId]));
    for (const name of SECRET_NAMES) {
      const earlier = open.get(name);
      if (this.#isHere(name) || (earlier !== undefined && this.#outbox.isUnsent(earlier))) continue;
      if (earlier !== undefined) this.#outbox.cancel(SECRET_REQUEST, earlier);
      secretRequests.save({ name, requestId: this.#outbox.ask(SECRET_REQUEST, (ids) => encodeSecretRequest(ids, name)) });
    }
  }

  hasOpen(): boolean {
    return this.#context.store.secretRequests.all().length > 0;
  }

  /** Takes requests back whose secrets have come, this way or another. */
  cancelFulfilled(): void {
    for (const { name, requestId } of this.#context.store.secretRequests.all()) if (this.#isHere(name)) this.#fulfil(name, requestId);
  }

  /**
   * An `m.secret.send` that came over Olm; what it brought.
   *
   * SECURITY: only from a device that our verified identity has signed, only as the answer to a request of ours that is open, and a cross-signing key only
   * where its public half is published. A key backup's key goes to the inbox, as nothing here can tell whether it is right: what it opens must not be
   * trusted, and nothing be encrypted to it, before that (Albrecht et al. 2022, attack 5).
   */
  receive(event: DecryptedOlmEvent): SecretName | undefined {
    const parsed = parseSecretSend(event.content);
    if (!parsed.ok) return undefined;
    using text = parsed.value.secret;
    const request = this.#context.store.secretRequests.find(parsed.value.requestId);
    const device = request === undefined ? undefined : this.#devices.senderOf(event);
    if (request === undefined || device === undefined || !this.#devices.mayKnowSecrets(device)) return undefined;
    if (!this.#accept(request.name, text)) return undefined;
    this.#fulfil(request.name, request.requestId);
    return request.name;
  }

  inbox(): ReceivedSecret[] {
    return this.#context.store.secretsInbox.all().map(({ name, secret }) => ({ name, secret: Secret.take(secret, "backup-key") }));
  }

  dismiss(name: string): void {
    this.#context.store.secretsInbox.remove(name);
  }

  #accept(name: SecretName, text: Secret<"gossiped-secret">): boolean {
    const crossSigning = crossSigningKeyOf(name);
    if (crossSigning !== undefined)
      return this.#acceptSeed(
        crossSigning,
        text.use((utf8) => new TextDecoder().decode(utf8)),
      );
    const key = parseKeyText(text, "backup-key");
    if (!key.ok) return false;
    using secret = key.value;
    const { store } = this.#context;
    secret.use((bytes) => store.secretsInbox.save({ name, secret: bytes }));
    store.requireDurability();
    return true;
  }

  #fulfil(name: SecretName, requestId: string): void {
    this.#context.store.secretRequests.remove(name);
    this.#outbox.cancel(SECRET_REQUEST, requestId);
  }

  #isHere(name: SecretName): boolean {
    return this.#secrets.has(name) || this.#context.store.secretsInbox.has(name);
  }
}
