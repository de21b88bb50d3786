import type { MxcUri } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

export type AttachmentPart = "file" | "thumbnail";

/** A file of a queued message, encrypted with a key of its own. */
export type NewAttachment = {
  readonly part: AttachmentPart;
  readonly spoolId: string;
  /** Bytes. */
  readonly size: number;
  readonly mimetype: string;
  /** SECURITY: the key of the file. */
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  /** Of the ciphertext. */
  readonly sha256: Uint8Array;
};

export type OutgoingAttachment = NewAttachment & {
  readonly itemId: string;
  /** Where it lies once the server has it, and whether what lies there is the ciphertext. */
  readonly uploaded: { readonly mxc: MxcUri; readonly encrypted: boolean } | undefined;
};

type Row = {
  item_id: string;
  part: AttachmentPart;
  spool_id: string;
  size: number;
  mimetype: string;
  key: Uint8Array;
  iv: Uint8Array;
  sha256: Uint8Array;
  mxc: MxcUri | null;
  mxc_encrypted: number | null;
};

const COLUMNS = "item_id, part, spool_id, size, mimetype, key, iv, sha256, mxc, mxc_encrypted";

/** The files of messages that wait to be sent. They go with their message's row in the send queue. */
export class OutgoingAttachmentTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(itemId: string, { part, spoolId, size, mimetype, key, iv, sha256 }: NewAttachment): void {
    this.#database
      .prepare("INSERT INTO outgoing_attachment (item_id, part, spool_id, size, mimetype, key, iv, sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .run(itemId, part, spoolId, size, mimetype, key, iv, sha256);
  }

  /** The file before its thumbnail. */
  of(itemId: string): OutgoingAttachment[] {
    return this.#database
      .prepare<Row>(`SELECT ${COLUMNS} FROM outgoing_attachment WHERE item_id = ? ORDER BY part`)
      .all(itemId)
      .map(fromRow);
  }

  setUploaded(itemId: string, part: AttachmentPart, mxc: MxcUri, encrypted: boolean): void {
    this.#database
      .prepare("UPDATE outgoing_attachment SET mxc = ?, mxc_encrypted = ? WHERE item_id = ? AND part = ?")
      .run(mxc, encrypted ? 1 : 0, itemId, part);
  }

  spoolIds(): string[] {
    return this.#database
      .prepare<{ spool_id: string }>("SELECT spool_id FROM outgoing_attachment")
      .all()
      .map((row) => row.spool_id);
  }
}

const fromRow = (row: Row): OutgoingAttachment => ({
  itemId: row.item_id,
  part: row.part,
  spoolId: row.spool_id,
  size: row.size,
  mimetype: row.mimetype,
  key: row.key,
  iv: row.iv,
  sha256: row.sha256,
  uploaded: row.mxc === null ? undefined : { mxc: row.mxc, encrypted: row.mxc_encrypted === 1 },
});
