/** One request as the server saw it, for tests to look at. */
export type SeenRequest = {
  readonly at: number;
  readonly method: string;
  /** Decoded path without the query string. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly userId: string | undefined;
  readonly deviceId: string | undefined;
  /** Kinds of the faults that were applied. */
  readonly faults: readonly string[];
  /** Status that was or would have been sent; undefined while it is being handled, or if it never was. */
  status: number | undefined;
};

export type RequestFilter = { method?: string; path?: RegExp | string; userId?: string; deviceId?: string };

const capacity = 20_000;

/** The newest requests. */
export class Journal {
  #requests: SeenRequest[] = [];

  add(request: SeenRequest): SeenRequest {
    this.#requests.push(request);
    if (this.#requests.length > 2 * capacity) this.#requests = this.#requests.slice(-capacity);
    return request;
  }

  requests(filter: RequestFilter = {}): SeenRequest[] {
    const { method, path, userId, deviceId } = filter;
    return this.#requests.filter(
      (request) =>
        (method === undefined || request.method === method) &&
        (userId === undefined || request.userId === userId) &&
        (deviceId === undefined || request.deviceId === deviceId) &&
        (path === undefined || (typeof path === "string" ? request.path.startsWith(path) : request.path.search(path) >= 0)),
    );
  }

  clear(): void {
    this.#requests = [];
  }
}
