import { serverNameOf, type ServerName, type UserId } from "../../../protocol/ids.ts";
import { parseKeysQueryResponse } from "../../wire/keys-responses.ts";
import type { MachineContext } from "../context.ts";
import { FailuresCache } from "../failures-cache.ts";
import { keysQueryRequest } from "../requests/outgoing-request.ts";
import type { OutgoingRequests } from "../requests/outgoing-requests.ts";
import { newRequestId } from "../requests/request-id.ts";
import type { KeyQueryOutcome, KeyQueryResponseReceiver } from "./key-query-response.ts";
import type { TrackedUsers } from "./tracked-users.ts";

/** Users asked for in one request. */
export const MAX_USERS_PER_QUERY = 250;

type Query = { readonly userIds: Set<UserId>; readonly sequence: number };

/** Asks for the devices of users whose list is out of date. Servers that cannot be reached are left alone for a while. */
export class KeyQueries {
  readonly #context: MachineContext;
  readonly #tracked: TrackedUsers;
  readonly #receiver: KeyQueryResponseReceiver;
  readonly #requests: OutgoingRequests;
  readonly #failures: FailuresCache<ServerName>;
  readonly #pending = new Map<string, Query>();
  readonly #onOutcome: (outcome: KeyQueryOutcome) => void;

  constructor(
    context: MachineContext,
    tracked: TrackedUsers,
    receiver: KeyQueryResponseReceiver,
    requests: OutgoingRequests,
    onOutcome: (outcome: KeyQueryOutcome) => void,
  ) {
    this.#context = context;
    this.#tracked = tracked;
    this.#receiver = receiver;
    this.#requests = requests;
    this.#onOutcome = onOutcome;
    this.#failures = new FailuresCache(context.env);
  }

  /** Puts queries for everyone who is out of date among the outgoing requests, unless one that is pending covers them. */
  prepare(): void {
    const dirty = this.#tracked.dirty();
    if (dirty.length === 0) return;
    const covered = this.#covered();
    const sequence = this.#tracked.sequence;
    const userIds = dirty.filter((userId) => !covered.has(userId) && !this.#failures.isDelayed(serverNameOf(userId)));
    for (let start = 0; start < userIds.length; start += MAX_USERS_PER_QUERY) {
      this.#add({ userIds: new Set(userIds.slice(start, start + MAX_USERS_PER_QUERY)), sequence });
    }
  }

  #add(query: Query): void {
    this.#supersede(query.userIds);
    const request = keysQueryRequest(newRequestId(this.#context.env), [...query.userIds]);
    this.#pending.set(request.id, query);
    this.#requests.add(request, (responseBody) => {
      this.#pending.delete(request.id);
      this.#receive(responseBody, query);
    });
  }

  #receive(responseBody: unknown, { userIds, sequence }: Query): void {
    const response = parseKeysQueryResponse(responseBody);
    const servers = new Set([...userIds].map(serverNameOf));
    const failed = response.ok ? response.value.failures : servers;
    for (const server of servers) {
      if (failed.has(server)) this.#failures.fail(server);
      else this.#failures.succeed(server);
    }
    if (!response.ok) return;
    const outcome = this.#receiver.receive(response.value, [...userIds]);
    for (const userId of userIds) {
      if (response.value.devices.has(userId) || !failed.has(serverNameOf(userId))) this.#tracked.markClean(userId, sequence);
    }
    this.#onOutcome(outcome);
  }

  /** An answer to an older query, should it come late, must not undo the one to a newer. */
  #supersede(userIds: ReadonlySet<UserId>): void {
    for (const [id, older] of this.#pending) {
      for (const userId of userIds) older.userIds.delete(userId);
      if (older.userIds.size > 0) continue;
      this.#pending.delete(id);
      this.#requests.drop(id);
    }
  }

  /** Users whom a pending query will bring up to date. */
  #covered(): Set<UserId> {
    const covered = new Set<UserId>();
    for (const [id, { userIds, sequence }] of this.#pending) {
      if (!this.#requests.has(id)) this.#pending.delete(id);
      else for (const userId of userIds) if (this.#tracked.lastInvalidation(userId) <= sequence) covered.add(userId);
    }
    return covered;
  }
}
