import type { Ed25519PublicKey, UserId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** A user's public cross-signing keys; the self-signing and user-signing keys carried valid signatures of the master key. */
export type IdentityRecord = {
  readonly userId: UserId;
  readonly masterKey: Ed25519PublicKey;
  readonly selfSigningKey: Ed25519PublicKey;
  /** Of our own user only. */
  readonly userSigningKey: Ed25519PublicKey | undefined;
  /** JSON text as it was signed; the next two as well. */
  readonly masterJson: string;
  readonly selfSigningJson: string;
  readonly userSigningJson: string | undefined;
  /** The master key that we saw first, or that the user accepted since. */
  readonly pinnedMasterKey: Ed25519PublicKey;
  /** Our user-signing key whose signature on their master key was checked. Counts only while it is our current one. */
  readonly masterSignedBy: Ed25519PublicKey | undefined;
  /** Of our own user only: the master key that was confirmed on this device. */
  readonly verifiedMasterKey: Ed25519PublicKey | undefined;
  /** Latched when it was verified; cleared only by the user. */
  readonly previouslyVerified: boolean;
};

type Row = {
  user_id: UserId;
  master_key: Ed25519PublicKey;
  self_signing_key: Ed25519PublicKey;
  user_signing_key: Ed25519PublicKey | null;
  master_json: string;
  self_signing_json: string;
  user_signing_json: string | null;
  pinned_master_key: Ed25519PublicKey;
  master_signed_by: Ed25519PublicKey | null;
  verified_master_key: Ed25519PublicKey | null;
  previously_verified: number;
};

const COLUMNS = `user_id, master_key, self_signing_key, user_signing_key, master_json, self_signing_json, user_signing_json, pinned_master_key,
  master_signed_by, verified_master_key, previously_verified`;

/** One row a user who has cross-signing keys. */
export class IdentityTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(userId: UserId): IdentityRecord | undefined {
    const row = this.#database.prepare<Row>(`SELECT ${COLUMNS} FROM identity WHERE user_id = ?`).first(userId);
    return row === undefined ? undefined : fromRow(row);
  }

  all(): IdentityRecord[] {
    return this.#database.prepare<Row>(`SELECT ${COLUMNS} FROM identity`).all().map(fromRow);
  }

  save(identity: IdentityRecord): void {
    this.#database
      .prepare(`INSERT OR REPLACE INTO identity (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(
        identity.userId,
        identity.masterKey,
        identity.selfSigningKey,
        identity.userSigningKey ?? null,
        identity.masterJson,
        identity.selfSigningJson,
        identity.userSigningJson ?? null,
        identity.pinnedMasterKey,
        identity.masterSignedBy ?? null,
        identity.verifiedMasterKey ?? null,
        identity.previouslyVerified ? 1 : 0,
      );
  }
}

function fromRow(row: Row): IdentityRecord {
  return {
    userId: row.user_id,
    masterKey: row.master_key,
    selfSigningKey: row.self_signing_key,
    userSigningKey: row.user_signing_key ?? undefined,
    masterJson: row.master_json,
    selfSigningJson: row.self_signing_json,
    userSigningJson: row.user_signing_json ?? undefined,
    pinnedMasterKey: row.pinned_master_key,
    masterSignedBy: row.master_signed_by ?? undefined,
    verifiedMasterKey: row.verified_master_key ?? undefined,
    previouslyVerified: row.previously_verified === 1,
  };
}
