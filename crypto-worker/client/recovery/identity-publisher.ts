import { CodedError } from "../../../protocol/errors.ts";
import type { Auth, AuthNeeded } from "../../../protocol/messages/interactive-auth.ts";
import type { CrossSigningSeeds } from "../../machine/cross-signing/private-keys.ts";
import type { OutgoingRequest } from "../../machine/requests/outgoing-request.ts";
import { booleanField, objectField, parseJsonObject, stringField, type JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { SETUP_STARTED } from "../identity-setup.ts";
import type { InteractiveAuth } from "../interactive-auth.ts";
import type { RequestPump } from "../pump.ts";
import { forgetVerifications } from "../room-safety.ts";
import type { SecretStorage } from "./secret-storage.ts";

/** Present from the commit in which another identity became ours until what had the old one is taken back: the default key of secret storage at that time. */
export const RESETTING = "identity-reset";
/** SECURITY: private keys, in the encrypted store like all others. */
const PENDING = "pending-identity";
const PENDING_LIMITS = { maxBytes: 1 << 20, maxDepth: 16 };
const SETTLE_MS = 15_000;
const MAX_QUERIES = 5;

/** An identity that the server does not have yet: what is uploaded, and the private keys that go with it. */
type Pending = {
  readonly masterKey: string;
  readonly upload: JsonObject;
  readonly seeds: CrossSigningSeeds;
  /** It takes the place of another one, and with that makes secret storage out of date. */
  readonly replaces: boolean;
};

/**
 * Publishes our cross-signing identity, the first one or another one. Its keys wait beside the present ones until the server has accepted them: who gives up
 * at the server's question for the password keeps the identity that they had, and after a lost answer or a crash the same keys are asked about again.
 */
export class IdentityPublisher {
  readonly #context: ClientContext;
  readonly #pump: RequestPump;
  readonly #auth: InteractiveAuth;
  readonly #storage: SecretStorage;

  constructor(context: ClientContext, pump: RequestPump, auth: InteractiveAuth, storage: SecretStorage) {
    this.#context = context;
    this.#pump = pump;
    this.#auth = auth;
    this.#storage = storage;
  }

  /** Where our identity stands, as far as is known here. */
  get facts(): "none" | "elsewhere" | "here" {
    const { machine, userId } = this.#context;
    if (machine.getIdentity(userId) === undefined) return "none";
    const { hasMaster, hasSelfSigning, hasUserSigning } = machine.crossSigningStatus();
    return hasMaster && hasSelfSigning && hasUserSigning ? "here" : "elsewhere";
  }

  /**
   * Asks the server for our identity and devices, once our own device is there. A pending identity that the server turns out to have accepted is taken over.
   * @throws CodedError
   */
  async refresh(): Promise<void> {
    await this.#query();
    const { machine, userId } = this.#context;
    const pending = this.#load();
    if (pending !== undefined && machine.getIdentity(userId)?.masterKey === pending.masterKey) await this.#adopt(pending);
  }

  /**
   * Makes the identity ours at the server; call `refresh` before. Undefined once it is done, else what the person has to give.
   * @throws CodedError `identity-exists` where another device has made one, unless it is to be replaced
   */
  async publish(replace: boolean, auth: Auth): Promise<AuthNeeded | undefined> {
    if (!replace && this.facts === "elsewhere") throw new CodedError("identity-exists");
    return !replace && this.facts === "here" ? this.#offerAgain(auth) : this.#publishNew(replace, auth);
  }

  /** After a start: what was interrupted is looked at again. @throws CodedError */
  async resume(): Promise<void> {
    if (this.#load() !== undefined) await this.refresh();
  }

  async #query(): Promise<void> {
    const { machine, store, userId } = this.#context;
    await this.#pump.settle("keys_upload", SETTLE_MS);
    if (store.account.load()?.deviceKeysUploaded !== true) throw new CodedError("timeout");
    machine.markUsersAsChanged([userId]);
    for (let queries = 0; queries < MAX_QUERIES && machine.outdatedUsers([userId]).length > 0; queries += 1) {
      const query = this.#pump.open("keys_query").find(({ body }) => Object.hasOwn(objectField(body, "device_keys") ?? {}, userId));
      const answer = query === undefined ? undefined : await this.#pump.send(query);
      if (answer?.ok === false) throw new CodedError(answer.error.code);
    }
    if (machine.outdatedUsers([userId]).length > 0) throw new CodedError("timeout");
  }

  /** Keys that are here may not have arrived, or their signatures; the server takes the same again. */
  async #offerAgain(auth: Auth): Promise<AuthNeeded | undefined> {
    const { machine, store, userId, deviceId, commit } = this.#context;
    const isUnfinished = store.customValues.load(SETUP_STARTED) !== undefined;
    if (!isUnfinished && machine.getDevice(userId, deviceId)?.crossSigned === true && machine.getIdentity(userId)?.verified === true)
      return undefined;
    for (const request of commit(() => machine.bootstrapCrossSigning())) {
      const needed = request.kind === "signing_keys_upload" ? await this.#upload(request.body, auth) : await this.#send(request);
      if (needed !== undefined) return needed;
    }
    commit((changes) => {
      store.customValues.remove(SETUP_STARTED);
      changes.deviceOwners.add(userId);
    });
    return undefined;
  }

  async #publishNew(replaces: boolean, auth: Auth): Promise<AuthNeeded | undefined> {
    const known = this.#load();
    const pending = known?.replaces === replaces ? known : this.#prepare(replaces);
    const needed = await this.#upload(pending.upload, auth);
    if (needed !== undefined) return needed;
    await this.refresh();
    // Another device of ours was faster.
    if (this.#context.machine.getIdentity(this.#context.userId)?.masterKey !== pending.masterKey) throw new CodedError("conflict");
    return undefined;
  }

  async #upload(body: JsonObject, auth: Auth): Promise<AuthNeeded | undefined> {
    const path = "/_matrix/client/v3/keys/device_signing/upload";
    const outcome = await this.#auth.perform({ kind: "signing_keys_upload", method: "POST", path, body }, auth);
    return outcome.state === "done" ? undefined : outcome;
  }

  async #send(request: OutgoingRequest): Promise<undefined> {
    const answer = await this.#pump.send(request);
    if (!answer.ok) throw new CodedError(answer.error.code);
  }

  /** The private keys count from here on, and this device is signed with them. */
  async #adopt({ seeds, replaces }: Pending): Promise<void> {
    const { machine, store, userId, commit } = this.#context;
    const requests = commit((changes) => {
      const imported = machine.importCrossSigningKeys(seeds);
      if (imported.mismatched.length > 0) throw new CodedError("server-garbage");
      store.customValues.remove(PENDING);
      if (replaces) store.customValues.save(RESETTING, new TextEncoder().encode(this.#defaultKeyId()));
      if (replaces) forgetVerifications(this.#context, changes);
      changes.deviceOwners.add(userId);
      return imported.requests;
    });
    for (const request of requests) await this.#send(request);
    // What the server makes of the signatures is what everybody else sees.
    await this.#query();
  }

  /**
   * New keys, made by the machine in a transaction that is taken back: only their copy stays.
   * SECURITY: on disk before the server can accept them, so that there is never an identity whose private keys nobody has.
   */
  #prepare(replaces: boolean): Pending {
    const { machine, store } = this.#context;
    const draft = this.#draft();
    const upload = draft.requests.find(({ kind }) => kind === "signing_keys_upload")?.body ?? {};
    const masterKey = Object.values(objectField(objectField(upload, "master_key") ?? {}, "keys") ?? {})[0];
    if (typeof masterKey !== "string") throw new Error("an identity without a master key");
    store.transaction(() => {
      store.customValues.save(PENDING, new TextEncoder().encode(JSON.stringify({ masterKey, upload, seeds: draft.seeds, replaces })));
      store.requireDurability();
    });
    // The transaction that was taken back has made the machine forget its requests: they are made anew.
    machine.outgoingRequests();
    return { masterKey, upload, seeds: draft.seeds, replaces };
  }

  #defaultKeyId(): string {
    return this.#storage.stored()?.description.keyId ?? "";
  }

  #draft(): { readonly requests: readonly OutgoingRequest[]; readonly seeds: CrossSigningSeeds } {
    const { machine, store } = this.#context;
    try {
      return store.transaction(() => {
        throw new Draft(machine.bootstrapCrossSigning({ reset: true }), machine.exportCrossSigningKeys());
      });
    } catch (error) {
      if (error instanceof Draft) return error;
      throw error;
    }
  }

  #load(): Pending | undefined {
    const bytes = this.#context.store.customValues.load(PENDING);
    const json = bytes === undefined ? undefined : parseJsonObject(new TextDecoder().decode(bytes), PENDING_LIMITS);
    if (json?.ok !== true) return undefined;
    const seeds = objectField(json.value, "seeds") ?? {};
    return {
      masterKey: stringField(json.value, "masterKey") ?? "",
      upload: objectField(json.value, "upload") ?? {},
      replaces: booleanField(json.value, "replaces") ?? false,
      seeds: {
        master: stringField(seeds, "master"),
        selfSigning: stringField(seeds, "selfSigning"),
        userSigning: stringField(seeds, "userSigning"),
      },
    };
  }
}

/** Takes a transaction back and carries out what it had made. Not a failure. */
class Draft extends Error {
  readonly requests: readonly OutgoingRequest[];
  readonly seeds: CrossSigningSeeds;

  constructor(requests: readonly OutgoingRequest[], seeds: CrossSigningSeeds) {
    super("a draft of an identity");
    this.requests = requests;
    this.seeds = seeds;
  }
}
