import type { MegolmCiphertext } from "../../primitives/crew/tasks.ts";
import type { MegolmPlaintext } from "../../primitives/group-session.ts";
import type { StoredInboundSession } from "../../store/tables/inbound-group-sessions.ts";
import type { MachineContext } from "../context.ts";

/** What is to be decrypted, with the session that it names. */
export type NamedCiphertext = { readonly session: StoredInboundSession; readonly ciphertext: string };

/**
 * Plaintexts of a transaction that a crew has worked out before anybody asked. A ciphertext and its session leave only one possible answer, so nothing is
 * decided here; what did not decrypt is left to whoever asks.
 */
export class DecryptedAhead {
  readonly #context: MachineContext;
  /** By the session's row. */
  readonly #plaintexts = new Map<number, Map<string, MegolmPlaintext>>();

  constructor(context: MachineContext) {
    this.#context = context;
    context.store.onRollback(() => this.#plaintexts.clear());
  }

  /** Within a transaction, at whose end everything is forgotten. */
  decrypt(events: readonly NamedCiphertext[]): void {
    const { crew, store } = this.#context;
    const ratchets: Uint8Array[] = [];
    const pieces: (MegolmCiphertext & { readonly row: number })[] = [];
    // Session by session: a ratchet that has moved is near the next message.
    for (const [row, ofSession] of Map.groupBy(events, ({ session }) => session.id)) {
      const [first] = ofSession;
      if (first === undefined) continue;
      ratchets.push(first.session.ratchet.bytes);
      for (const { ciphertext } of ofSession) pieces.push({ session: ratchets.length - 1, ciphertext, row });
    }
    store.afterCommit(() => this.#plaintexts.clear());
    for (const [at, plaintext] of crew.run("decrypt", ratchets, pieces).entries()) {
      const piece = pieces[at];
      if (piece === undefined || plaintext === undefined) continue;
      const ofSession = this.#plaintexts.get(piece.row) ?? new Map<string, MegolmPlaintext>();
      this.#plaintexts.set(piece.row, ofSession.set(piece.ciphertext, plaintext));
    }
  }

  /** Once: a second event with the same ciphertext is somebody's attempt to repeat it. */
  take({ id }: StoredInboundSession, ciphertext: string): MegolmPlaintext | undefined {
    const ofSession = this.#plaintexts.get(id);
    const plaintext = ofSession?.get(ciphertext);
    ofSession?.delete(ciphertext);
    return plaintext;
  }
}
