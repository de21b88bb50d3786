import type { MegolmCiphertext } from "../../primitives/crew/tasks.ts";
import type { MegolmPlaintext } from "../../primitives/group-session.ts";
import type { StoredInboundSession } from "../../store/tables/inbound-group-sessions.ts";
import type { MachineContext } from "../context.ts";

/** What is to be decrypted, with the session that it names. */
export type NamedCiphertext = { readonly session: StoredInboundSession; readonly ciphertext: string };

type Piece = MegolmCiphertext & { readonly row: number };

/**
 * Plaintexts of a transaction that a crew works out before anybody asks. A ciphertext and its session leave only one possible answer, so nothing is
 * decided here; what did not decrypt is left to whoever asks.
 */
export class DecryptedAhead {
  readonly #context: MachineContext;
  /** By the session's row and the ciphertext; undefined for one that is still to come. */
  readonly #plaintexts = new Map<number, Map<string, MegolmPlaintext | undefined>>();
  #pieces: readonly Piece[] = [];
  #coming: Generator<MegolmPlaintext | undefined, void, undefined> | undefined;
  #came = 0;

  constructor(context: MachineContext) {
    this.#context = context;
    context.store.onRollback(() => this.#clear());
  }

  /** Within a transaction, at whose end everything is forgotten. In the order in which they will be asked for. */
  decrypt(events: readonly NamedCiphertext[]): void {
    const { crew, store } = this.#context;
    while (this.#advance());
    const ratchets = new Map<number, Uint8Array>();
    for (const { session } of events) ratchets.set(session.id, session.ratchet.bytes);
    const places = new Map([...ratchets.keys()].map((row, at) => [row, at]));
    this.#pieces = events.flatMap(({ session: { id: row }, ciphertext }) => {
      const ofSession = this.#ofSession(row);
      if (ofSession.has(ciphertext)) return [];
      ofSession.set(ciphertext, undefined);
      return [{ session: places.get(row) ?? 0, ciphertext, row }];
    });
    store.afterCommit(() => this.#clear());
    this.#coming = crew.run("decrypt", [...ratchets.values()], this.#pieces);
    this.#came = 0;
  }

  /** Once: a second event with the same ciphertext is somebody's attempt to repeat it. */
  take({ id }: StoredInboundSession, ciphertext: string): MegolmPlaintext | undefined {
    const ofSession = this.#plaintexts.get(id);
    while (ofSession?.has(ciphertext) === true && ofSession.get(ciphertext) === undefined && this.#advance());
    const plaintext = ofSession?.get(ciphertext);
    ofSession?.delete(ciphertext);
    return plaintext;
  }

  /** Takes the next plaintext in. False when there is none left. */
  #advance(): boolean {
    const next = this.#coming?.next();
    const piece = this.#pieces[this.#came++];
    if (next === undefined || next.done === true || piece === undefined) return false;
    const ofSession = this.#ofSession(piece.row);
    if (next.value === undefined) ofSession.delete(piece.ciphertext);
    else ofSession.set(piece.ciphertext, next.value);
    return true;
  }

  #ofSession(row: number): Map<string, MegolmPlaintext | undefined> {
    const known = this.#plaintexts.get(row);
    if (known !== undefined) return known;
    const made = new Map<string, MegolmPlaintext | undefined>();
    this.#plaintexts.set(row, made);
    return made;
  }

  #clear(): void {
    this.#coming?.return();
    this.#coming = undefined;
    this.#pieces = [];
    this.#plaintexts.clear();
  }
}
