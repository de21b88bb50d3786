import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseSessionId, type SessionId } from "../../../protocol/ids.ts";
import { must, roomId, userId } from "../../../tests/support/megolm-world.ts";
import { openMemoryStore, type CryptoStore } from "../store.ts";

const BOUNDS = { ofSenderInRoom: 3, inTotal: 7 };

let store: CryptoStore;
beforeEach(() => {
  store = openMemoryStore();
});
afterEach(() => store.close());

const session = (n: number): SessionId => must(parseSessionId(String(n).padStart(43, "A")));

function save(roomName: string, n: number, sender: string): void {
  store.withheldSessions.save({ roomId: roomId(roomName), sessionId: session(n), code: `by ${sender}`, sender: userId(sender) }, BOUNDS);
}

/** Which of the sessions up to 20 have a notice. */
function kept(roomName: string): number[] {
  const all = Array.from({ length: 20 }, (_, n) => n);
  return all.filter((n) => store.withheldSessions.codeOf(roomId(roomName), session(n)) !== undefined);
}

describe("notices of withheld sessions", () => {
  test("of one sender in one room: the oldest go", () => {
    for (const n of [0, 1, 2, 3, 4]) save("a", n, "mallory");
    save("b", 10, "mallory");
    save("a", 11, "bob");
    expect([kept("a"), kept("b")]).toEqual([[2, 3, 4, 11], [10]]);
  });

  test("in total: the oldest go, whoever they are of", () => {
    for (let n = 0; n < 12; n++) save(`room${n}`, n, `sybil${n}`);
    const left = Array.from({ length: 12 }, (_, n) => n).filter((n) => kept(`room${n}`).length > 0);
    expect(left).toEqual([5, 6, 7, 8, 9, 10, 11]);
  });

  test("a notice that is said again is the newest, and one of another sender takes its place", () => {
    for (const n of [0, 1, 2, 0, 3]) save("a", n, "mallory");
    expect(kept("a")).toEqual([0, 2, 3]);
    save("a", 0, "bob");
    expect(store.withheldSessions.codeOf(roomId("a"), session(0))).toBe("by bob");
    save("a", 4, "mallory");
    expect(kept("a")).toEqual([0, 3, 4]);
  });

  test("cost the same however many there are", () => {
    save("a", 0, "mallory");
    const statements = [
      "SELECT place FROM withheld_session ORDER BY place DESC LIMIT 1",
      "SELECT sender_place FROM withheld_session WHERE sender = 'x' AND room_id = 'y' ORDER BY sender_place DESC LIMIT 1",
      "DELETE FROM withheld_session WHERE place <= 1",
      "DELETE FROM withheld_session WHERE sender = 'x' AND room_id = 'y' AND sender_place <= 1",
    ];
    const plans = statements.flatMap((text) => store.prepare<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`).all());
    expect(plans.map(({ detail }) => detail)).toEqual([
      "SCAN withheld_session USING COVERING INDEX withheld_session_place", // in its order, of which the first is read
      "SEARCH withheld_session USING COVERING INDEX withheld_session_sender (sender=? AND room_id=?)",
      "SEARCH withheld_session USING INDEX withheld_session_place (place<?)",
      "SEARCH withheld_session USING INDEX withheld_session_sender (sender=? AND room_id=? AND sender_place<?)",
    ]);
  });
});
