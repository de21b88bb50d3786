import { migration as init } from "./0010-init.ts";
import { migration as machine } from "./0020-machine.ts";
import { migration as megolm } from "./0030-megolm.ts";
import { migration as client } from "./0040-client.ts";
import { migration as verification } from "./0050-verification.ts";
import { migration as gossip } from "./0060-gossip.ts";
import { migration as backup } from "./0070-backup.ts";
import { migration as history } from "./0080-history.ts";
import { migration as attachments } from "./0090-attachments.ts";
import { migration as historyShares } from "./0100-history-shares.ts";
import { migration as dehydration } from "./0110-dehydration.ts";
import { migration as trust } from "./0130-trust.ts";
import { migration as drafts } from "./0140-drafts.ts";
import { migration as withheldOrder } from "./0150-withheld-order.ts";
import { migration as fewerPages } from "./0160-fewer-pages.ts";
import { migration as formerFallbackKey } from "./0170-former-fallback-key.ts";
import { migration as sessionClaims } from "./0180-session-claims.ts";
import { migration as acknowledgedShares } from "./0190-acknowledged-shares.ts";
import { migration as signingSeed } from "./0200-signing-seed.ts";
import { migration as backupIndex } from "./0210-backup-index.ts";

/** One step of the schema. Append-only: a released step is never edited, it is followed by another. */
export type Migration = {
  readonly version: number;
  readonly name: string;
  /** One SQL statement each; tables are STRICT, with comments inside the parentheses. */
  readonly statements: readonly string[];
};

export const migrations: readonly Migration[] = [
  init,
  machine,
  megolm,
  client,
  verification,
  gossip,
  backup,
  history,
  attachments,
  historyShares,
  dehydration,
  trust,
  drafts,
  withheldOrder,
  fewerPages,
  formerFallbackKey,
  sessionClaims,
  acknowledgedShares,
  signingSeed,
  backupIndex,
];

/** `base`: what every store has from the beginning. Each of the others is made as a whole when one of its tables gets its first row. */
export const laterParts = ["olm", "megolm", "occasional", "client"] as const;
export type LaterPart = (typeof laterParts)[number];
export type TablePart = "base" | LaterPart;

/** What Olm and room keys need, what a machine may never need, and what only a client fills. No statement is about two parts. Files rely on it: a table never changes its part. */
export const laterTables: Readonly<Record<LaterPart, readonly string[]>> = {
  olm: ["olm_session", "olm_hash"],
  megolm: ["inbound_group_session", "megolm_message_index", "outbound_group_session", "room_key_share", "withheld_session"],
  occasional: [
    "identity",
    "cross_signing_key",
    "wedged_device",
    "to_device_request",
    "room_settings",
    "signature_upload",
    "secret_request",
    "secret_inbox",
    "key_request",
    "waiting_request",
    "key_backup",
    "backup_decryption_key",
    "received_key_bundle",
    "accepted_invite",
    "restored_room",
    "dehydration",
    "only_trusted_room",
    "session_claim",
  ],
  client: [
    "session",
    "room",
    "room_state",
    "room_member",
    "event",
    "timeline_gap",
    "receipt",
    "account_data",
    "send_queue",
    "search_index",
    "outgoing_attachment",
    "history_share",
    "draft",
  ],
};
