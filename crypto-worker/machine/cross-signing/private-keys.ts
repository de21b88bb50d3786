import type { Ed25519PublicKey } from "../../../protocol/ids.ts";
import { decodeBase64, encodeBase64 } from "../../primitives/base64.ts";
import { PkSigning } from "../../primitives/pk.ts";
import { Secret } from "../../primitives/secret.ts";
import type { CrossSigningUsage } from "../../store/tables/cross-signing-keys.ts";
import type { IdentityRecord } from "../../store/tables/identities.ts";
import type { MachineContext } from "../context.ts";
import type { Identities } from "../devices/identities.ts";
import { MachineError } from "../machine-error.ts";

/** SECURITY: each one is a private key, the 32 bytes of an Ed25519 seed in unpadded base64: who has them is us to everybody. */
export type CrossSigningSeeds = { readonly [Name in CrossSigningKeyName]?: string | undefined };

export type CrossSigningKeyName = "master" | "selfSigning" | "userSigning";

/** What became of each seed that was given. */
export type CrossSigningImport = {
  readonly imported: readonly CrossSigningKeyName[];
  /** No seed, or not the one of the key that our identity has published: nothing of it is kept. */
  readonly mismatched: readonly CrossSigningKeyName[];
};

const SEED_BYTES = 32;
const NAMES = ["master", "selfSigning", "userSigning"] as const;
const USAGES: Readonly<Record<CrossSigningKeyName, CrossSigningUsage>> = {
  master: "master",
  selfSigning: "self_signing",
  userSigning: "user_signing",
};

/** The private halves of our identity on their way from and to other places: recovery, and other devices of ours. */
export class PrivateKeys {
  readonly #context: MachineContext;
  readonly #identities: Identities;

  constructor(context: MachineContext, identities: Identities) {
    this.#context = context;
    this.#identities = identities;
  }

  /** SECURITY: the keys in clear text, as many as are here. Only for encryption to a recovery key or to a verified device of ours. */
  export(): CrossSigningSeeds {
    return Object.fromEntries(NAMES.flatMap((name) => this.#exported(name)));
  }

  has(name: CrossSigningKeyName): boolean {
    return this.#context.store.crossSigningKeys.load(USAGES[name]) !== undefined;
  }

  /**
   * SECURITY: a seed counts only when its public half is the one that our identity has published, wherever it came from: a server or a device that could
   * give us keys of its own would otherwise sign in our name with us (CVE-2022-39264).
   * @throws MachineError `unknown-identity` when there is nothing to compare with
   */
  import(seeds: CrossSigningSeeds): CrossSigningImport {
    const identity = this.#identities.own();
    if (identity === undefined) throw new MachineError("unknown-identity");
    const imported: CrossSigningKeyName[] = [];
    const mismatched: CrossSigningKeyName[] = [];
    for (const name of NAMES) {
      const seed = seeds[name];
      if (seed !== undefined) (this.#accept(name, seed, identity) ? imported : mismatched).push(name);
    }
    return { imported, mismatched };
  }

  #accept(name: CrossSigningKeyName, seed: string, identity: IdentityRecord): boolean {
    const bytes = decodeBase64(seed, { maxBytes: SEED_BYTES });
    if (!bytes.ok || bytes.value.length !== SEED_BYTES) return false;
    using secret = Secret.take(bytes.value, "cross-signing-seed");
    const { publicKey } = PkSigning.fromSeed(secret);
    if (publicKey !== publishedKey(name, identity)) return false;
    const { store } = this.#context;
    secret.use((copy) => store.crossSigningKeys.save({ usage: USAGES[name], seed: copy, publicKey }));
    store.requireDurability();
    return true;
  }

  #exported(name: CrossSigningKeyName): (readonly [CrossSigningKeyName, string])[] {
    const key = this.#context.store.crossSigningKeys.load(USAGES[name]);
    if (key === undefined) return [];
    const text = encodeBase64(key.seed);
    key.seed.fill(0);
    return [[name, text]];
  }
}

function publishedKey(name: CrossSigningKeyName, identity: IdentityRecord): Ed25519PublicKey | undefined {
  switch (name) {
    case "master":
      return identity.masterKey;
    case "selfSigning":
      return identity.selfSigningKey;
    case "userSigning":
      return identity.userSigningKey;
  }
}
