import { CodedError } from "../../../protocol/errors.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { segment, type JsonRequest } from "../http.ts";

/** The account's own data, read and written at the server; the store's copy follows at once instead of with the next sync. */
export class ServerAccountData {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** As of the last sync, or our own last write. */
  stored(type: string): JsonObject | undefined {
    return this.#context.store.accountData.load(type);
  }

  /** Undefined where there is none. @throws CodedError */
  async fetch(type: string): Promise<JsonObject | undefined> {
    const answer = await this.#context.http.json(this.#request("GET", type));
    if (!answer.ok && answer.error.code !== "not-found") throw new CodedError(answer.error.code);
    const content = answer.ok ? answer.value : undefined;
    this.#keep(type, content ?? {});
    return content;
  }

  /** Account data cannot be deleted: an empty object is what takes it back. @throws CodedError */
  async write(type: string, content: JsonObject): Promise<void> {
    await this.#context.http.jsonOrThrow({ ...this.#request("PUT", type), body: content });
    this.#keep(type, content);
  }

  #keep(type: string, content: JsonObject): void {
    const { store, commit } = this.#context;
    const known = store.accountData.load(type);
    if (JSON.stringify(known ?? {}) === JSON.stringify(content)) return;
    commit((changes) => {
      store.accountData.save(type, content);
      changes.accountData.add(type);
    });
  }

  #request(method: "GET" | "PUT", type: string): JsonRequest {
    const path = `/_matrix/client/v3/user/${segment(this.#context.userId)}/account_data/${segment(type)}`;
    return { kind: "account", method, path };
  }
}
