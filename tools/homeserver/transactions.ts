/** Answers to requests with a transaction id: the same device with the same id on the same endpoint gets the first answer again. */
export class Transactions {
  readonly #answers = new Map<string, unknown>();

  once<T>(scope: readonly string[], work: () => T): T {
    const id = scope.join("\0");
    const known = this.#answers.get(id);
    // Stored by this very method under an id that names the endpoint, so it has that endpoint's type.
    if (known !== undefined) return known as T;
    const answer = work();
    this.#answers.set(id, answer);
    return answer;
  }
}
