import type { RoomId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** Full-text index over the plaintext of messages, by the row id of the event. Inside the encrypted file like everything else. */
export class SearchIndexTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  save(eventRow: number, body: string): void {
    this.remove(eventRow);
    this.#database.prepare("INSERT INTO search_index (rowid, body) VALUES (?, ?)").run(eventRow, body);
  }

  remove(eventRow: number): void {
    this.#database.prepare("DELETE FROM search_index WHERE rowid = ?").run(eventRow);
  }

  /** Newest rows first. Every word must occur; the last one may be the beginning of a word, as somebody is still typing it. */
  find(text: string, limit: number, roomId?: RoomId): number[] {
    const query = ftsQuery(text);
    if (query === undefined) return [];
    const rows =
      roomId === undefined
        ? this.#database
            .prepare<{ id: number }>("SELECT rowid AS id FROM search_index WHERE search_index MATCH ? ORDER BY rowid DESC LIMIT ?")
            .all(query, limit)
        : this.#database
            .prepare<{ id: number }>(
              `SELECT s.rowid AS id FROM search_index s JOIN event e ON e.id = s.rowid
               WHERE s.search_index MATCH ? AND e.room_id = ? ORDER BY s.rowid DESC LIMIT ?`,
            )
            .all(query, roomId, limit);
    return rows.map((row) => row.id);
  }
}

/** FTS5 has a language of its own; only quoted words of what was typed reach it. Undefined where there is no word. */
function ftsQuery(text: string): string | undefined {
  const words = text.normalize("NFC").match(/[\p{L}\p{N}\p{M}_]+/gu);
  if (words === null) return undefined;
  return words
    .slice(0, 16)
    .map((word, index, all) => (index === all.length - 1 ? `"${word}"*` : `"${word}"`))
    .join(" ");
}
