import type { Ed25519PublicKey, UserId } from "../../../protocol/ids.ts";
import type { IdentityRecord } from "../../store/tables/identities.ts";
import { parseJsonObject } from "../../wire/json.ts";
import { verifyJson } from "../../wire/signatures.ts";
import type { MachineContext } from "../context.ts";
import { LruMap } from "../lru-map.ts";
import type { Device, DeviceTrust, OwnerTrust } from "./device.ts";

const MAX_CACHED_IDENTITIES = 5000;
const STORED_JSON_LIMITS = { maxBytes: 1 << 20, maxDepth: 16 };
const NO_OWNER: OwnerTrust = {
  hasIdentity: false,
  masterKey: undefined,
  verified: false,
  previouslyVerified: false,
  verificationViolation: false,
  pinViolation: false,
};

/** Cross-signing identities and what follows from them. Trust is computed on each question; only facts that were checked are stored. */
export class Identities {
  readonly #context: MachineContext;
  /** Also that a user has none. */
  readonly #cache = new LruMap<UserId, { readonly record: IdentityRecord | undefined }>(MAX_CACHED_IDENTITIES);

  constructor(context: MachineContext) {
    this.#context = context;
  }

  find(userId: UserId): IdentityRecord | undefined {
    const cached = this.#cache.get(userId);
    if (cached !== undefined) return cached.record;
    const record = this.#context.store.identities.load(userId);
    this.#cache.set(userId, { record });
    return record;
  }

  own(): IdentityRecord | undefined {
    return this.find(this.#context.userId);
  }

  ownIsVerified(): boolean {
    const own = this.own();
    return own !== undefined && own.verifiedMasterKey === own.masterKey;
  }

  /** Our own needs a confirmation on this device; another's must be signed by our user-signing key while ours is verified (CVE-2024-40648). */
  isVerified(identity: IdentityRecord): boolean {
    if (!this.ownIsVerified()) return false;
    if (identity.userId === this.#context.userId) return true;
    const ourKey = this.own()?.userSigningKey;
    return ourKey !== undefined && identity.masterSignedBy === ourKey;
  }

  ownerTrust(userId: UserId): OwnerTrust {
    const identity = this.find(userId);
    if (identity === undefined) return NO_OWNER;
    const verified = this.isVerified(identity);
    return {
      hasIdentity: true,
      masterKey: identity.masterKey,
      verified,
      previouslyVerified: identity.previouslyVerified,
      verificationViolation: identity.previouslyVerified && !verified,
      pinViolation: userId !== this.#context.userId && identity.pinnedMasterKey !== identity.masterKey,
    };
  }

  trustOf(device: Device): DeviceTrust {
    const identity = this.find(device.userId);
    const owner = this.ownerTrust(device.userId);
    const crossSignedByOwner = identity !== undefined && device.crossSignedBy === identity.selfSigningKey;
    const locallyVerified = device.localTrust === "verified";
    const crossSigningTrusted = crossSignedByOwner && owner.verified;
    return { verified: locallyVerified || crossSigningTrusted, locallyVerified, crossSignedByOwner, crossSigningTrusted, owner };
  }

  /** Stores it, and latches that it was verified. A change of our own identity is carried over to everybody else's. */
  save(identity: IdentityRecord): void {
    const before = this.find(identity.userId);
    this.#write(identity);
    if (identity.userId === this.#context.userId) {
      if (before?.userSigningKey !== identity.userSigningKey) this.#checkSignaturesOfOthers(identity.userSigningKey);
      if (this.ownIsVerified()) this.#latchAll();
    } else this.#latch(identity);
  }

  /** Checks whether our current user-signing key signed this master key. */
  masterSignedByUs(identity: Pick<IdentityRecord, "masterJson">): Ed25519PublicKey | undefined {
    return this.#signedBy(identity, this.own()?.userSigningKey);
  }

  /** Forgets what is in memory; after a rollback. */
  drop(): void {
    this.#cache.clear();
  }

  #checkSignaturesOfOthers(userSigningKey: Ed25519PublicKey | undefined): void {
    for (const identity of this.#context.store.identities.all()) {
      if (identity.userId === this.#context.userId) continue;
      const masterSignedBy = this.#signedBy(identity, userSigningKey);
      if (masterSignedBy !== identity.masterSignedBy) this.#write({ ...identity, masterSignedBy });
    }
  }

  #signedBy(identity: Pick<IdentityRecord, "masterJson">, userSigningKey: Ed25519PublicKey | undefined): Ed25519PublicKey | undefined {
    const json = parseJsonObject(identity.masterJson, STORED_JSON_LIMITS);
    if (userSigningKey === undefined || !json.ok) return undefined;
    return verifyJson(json.value, this.#context.userId, `ed25519:${userSigningKey}`, userSigningKey) ? userSigningKey : undefined;
  }

  #latchAll(): void {
    for (const identity of this.#context.store.identities.all()) this.#latch(identity);
  }

  #latch(identity: IdentityRecord): void {
    if (!identity.previouslyVerified && this.isVerified(identity)) this.#write({ ...identity, previouslyVerified: true });
  }

  #write(identity: IdentityRecord): void {
    this.#context.store.identities.save(identity);
    this.#cache.set(identity.userId, { record: identity });
  }
}
