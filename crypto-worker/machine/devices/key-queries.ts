import { serverNameOf, type ServerName, type UserId } from "../../../protocol/ids.ts";
import { parseKeysQueryResponse, type KeysQueryResponse } from "../../wire/keys-responses.ts";
import type { MachineContext } from "../context.ts";
import { FailuresCache } from "../failures-cache.ts";
import { keysQueryRequest } from "../requests/outgoing-request.ts";
import type { OutgoingRequests } from "../requests/outgoing-requests.ts";
import { newRequestId } from "../requests/request-id.ts";
import type { KeyQueryOutcome, KeyQueryResponseReceiver } from "./key-query-response.ts";
import type { TrackedUsers } from "./tracked-users.ts";

/** Users asked for in one request. */
export const MAX_USERS_PER_QUERY = 250;
/** Devices that one transaction takes in, unless they are one user's: some two seconds of signature checks where all are new. */
const MAX_DEVICES_PER_ANSWER = 10_000;

type Query = { readonly userIds: Set<UserId>; readonly sequence: number };

/** A user whose list of devices was not taken, so that what was known before stays. It is asked for again when it has changed. */
export type RefusedDeviceList = { readonly userId: UserId; readonly reason: "too-many-devices" | "answer-too-large" };

export type KeyQueriesOutcome = Omit<KeyQueryOutcome, "oversized"> & { readonly refused: readonly RefusedDeviceList[] };

/** Asks for the devices of users whose list is out of date. Servers that cannot be reached are left alone for a while. */
export class KeyQueries {
  readonly #context: MachineContext;
  readonly #tracked: TrackedUsers;
  readonly #receiver: KeyQueryResponseReceiver;
  readonly #requests: OutgoingRequests;
  readonly #failures: FailuresCache<ServerName>;
  readonly #pending = new Map<string, Query>();
  readonly #onOutcome: (outcome: KeyQueriesOutcome) => void;

  constructor(
    context: MachineContext,
    tracked: TrackedUsers,
    receiver: KeyQueryResponseReceiver,
    requests: OutgoingRequests,
    onOutcome: (outcome: KeyQueriesOutcome) => void,
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

  /**
   * The answer to a query was too much to be taken in. Its users are asked for in halves, until whoever is to blame is alone, and is left as they are. False
   * when the request is no query of ours.
   */
  tooLarge(id: string): boolean {
    const query = this.#pending.get(id);
    if (query === undefined) return false;
    this.#pending.delete(id);
    this.#requests.drop(id);
    if (!this.#split(query)) this.#refuse(query);
    return true;
  }

  /** False for a single user. */
  #split({ userIds, sequence }: Query): boolean {
    if (userIds.size < 2) return false;
    const all = [...userIds];
    const half = Math.ceil(all.length / 2);
    for (const part of [all.slice(0, half), all.slice(half)]) this.#add({ userIds: new Set(part), sequence });
    return true;
  }

  #refuse({ userIds, sequence }: Query): void {
    for (const userId of userIds) this.#tracked.markClean(userId, sequence);
    const refused = [...userIds].map((userId) => ({ userId, reason: "answer-too-large" as const }));
    this.#onOutcome({ changedDevices: [], changedIdentities: [], refused });
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

  #receive(responseBody: unknown, query: Query): void {
    const { userIds, sequence } = query;
    const response = parseKeysQueryResponse(responseBody);
    if (response.ok && devicesIn(response.value, userIds) > MAX_DEVICES_PER_ANSWER && this.#split(query)) return;
    const servers = new Set([...userIds].map(serverNameOf));
    const failed = response.ok ? response.value.failures : servers;
    for (const server of servers) {
      if (failed.has(server)) this.#failures.fail(server);
      else this.#failures.succeed(server);
    }
    if (!response.ok) return;
    const { oversized, ...outcome } = this.#receiver.receive(response.value, [...userIds]);
    for (const userId of userIds) {
      if (response.value.devices.has(userId) || !failed.has(serverNameOf(userId))) this.#tracked.markClean(userId, sequence);
    }
    this.#onOutcome({ ...outcome, refused: oversized.map((userId) => ({ userId, reason: "too-many-devices" })) });
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

/** Without those of users of whom none is taken. */
function devicesIn({ devices, oversized }: KeysQueryResponse, userIds: Iterable<UserId>): number {
  return [...userIds].reduce((sum, userId) => sum + (oversized.has(userId) ? 0 : (devices.get(userId)?.size ?? 0)), 0);
}
