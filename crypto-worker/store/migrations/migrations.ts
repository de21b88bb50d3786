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

/** `machine`: what every store has from the beginning. The others are made when a table among them gets its first row: what a machine may never need, and what only a client fills. */
export type TablePart = "machine" | "occasional" | "client";

/** One step of the schema. Append-only: a released step is never edited, it is followed by another. */
export type Migration = {
  readonly version: number;
  readonly name: string;
  /** Of the tables that it creates; `machine` unless told. */
  readonly part?: TablePart;
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
];
