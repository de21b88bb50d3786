import type { RoomId } from "../../../protocol/ids.ts";
import type { Draft } from "../../../protocol/messages/draft.ts";
import type { Database } from "../types.ts";

type Row = { text: string; about_kind: "reply" | "edit" | null; about_event_id: string | null; mentions: string };

/** What is half written, one a room. */
export class DraftTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(roomId: RoomId): Draft | undefined {
    const row = this.#database.prepare<Row>("SELECT text, about_kind, about_event_id, mentions FROM draft WHERE room_id = ?").first(roomId);
    if (row === undefined) return undefined;
    const { text, about_kind: kind, about_event_id: eventId } = row;
    return {
      text,
      about: kind === null || eventId === null ? null : { kind, eventId },
      mentions: JSON.parse(row.mentions) as Draft["mentions"],
    };
  }

  save(roomId: RoomId, { text, about, mentions }: Draft): void {
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO draft (room_id, text, about_kind, about_event_id, mentions, saved)
         VALUES (?, ?, ?, ?, ?, (SELECT COALESCE(MAX(saved), 0) + 1 FROM draft))`,
      )
      .run(roomId, text, about?.kind ?? null, about?.eventId ?? null, JSON.stringify(mentions));
  }

  /** Keeps the `count` that were saved last. */
  trim(count: number): void {
    this.#database.prepare("DELETE FROM draft WHERE room_id NOT IN (SELECT room_id FROM draft ORDER BY saved DESC LIMIT ?)").run(count);
  }

  drop(roomId: RoomId): void {
    this.#database.prepare("DELETE FROM draft WHERE room_id = ?").run(roomId);
  }
}
