import { serverNameOf, type DeviceId, type ServerName, type UserId } from "../../../protocol/ids.ts";
import { OLM_ALGORITHM } from "../../wire/algorithms.ts";
import { withResults } from "../../primitives/crew/crew.ts";
import type { PickledOlmSession } from "../../primitives/crew/tasks.ts";
import { isJsonObject } from "../../wire/json.ts";
import { parseKeysClaimResponse, type ClaimedKey, type KeysClaimResponse } from "../../wire/keys-responses.ts";
import { parseOneTimeKey } from "../../wire/one-time-key.ts";
import { SignatureChecks } from "../../wire/signature-checks.ts";
import type { OlmAccount } from "../account/olm-account.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import type { StoredDeviceDirectory } from "../devices/directory.ts";
import { FailuresCache } from "../failures-cache.ts";
import { keysClaimRequest, type OutgoingRequest } from "../requests/outgoing-request.ts";
import type { OutgoingRequests } from "../requests/outgoing-requests.ts";
import { newRequestId } from "../requests/request-id.ts";
import type { OlmChannel } from "./olm-channel.ts";
import type { OlmSessions } from "./olm-sessions.ts";

/** How long our server waits for another one. */
const CLAIM_TIMEOUT_MS = 10_000;
/** A claim that is unanswered this long was probably lost by its caller, and its devices may be claimed for again. */
const CLAIM_LATE_MS = 60_000;
/** Up to here its answer is still taken. */
const CLAIM_LOST_MS = 10 * 60_000;

type DeviceKey = `${UserId}|${DeviceId}`;
type Claim = { readonly request: OutgoingRequest; readonly devices: ReadonlyMap<DeviceKey, Device>; readonly madeTs: number };

/**
 * Claims one-time keys for devices without an Olm session and for those whose sessions are broken, and makes the sessions. A device without a usable key
 * and a server that cannot be reached are left alone for a while.
 */
export class KeyClaims {
  readonly #context: MachineContext;
  readonly #account: OlmAccount;
  readonly #directory: StoredDeviceDirectory;
  readonly #sessions: OlmSessions;
  readonly #channel: OlmChannel;
  readonly #requests: OutgoingRequests;
  readonly #deviceFailures: FailuresCache<DeviceKey>;
  readonly #serverFailures: FailuresCache<ServerName>;
  readonly #claims = new Map<string, Claim>();

  constructor(
    context: MachineContext,
    account: OlmAccount,
    directory: StoredDeviceDirectory,
    sessions: OlmSessions,
    channel: OlmChannel,
    requests: OutgoingRequests,
  ) {
    this.#context = context;
    this.#account = account;
    this.#directory = directory;
    this.#sessions = sessions;
    this.#channel = channel;
    this.#requests = requests;
    this.#deviceFailures = new FailuresCache(context.env);
    this.#serverFailures = new FailuresCache(context.env);
  }

  /**
   * The claim that gives every device of these users a session, broken ones included. The same request again while an earlier one that covers them all
   * is unanswered.
   */
  missingSessions(userIds: Iterable<UserId>): OutgoingRequest | undefined {
    const missing = this.#wedged();
    for (const userId of userIds) {
      for (const device of this.#directory.userDevices(userId)) {
        if (this.#isEligible(device) && !this.#sessions.has(device.curve25519)) missing.set(keyOf(device), device);
      }
    }
    if (missing.size === 0) return undefined;
    for (const { request, devices } of this.#current()) {
      if ([...missing.keys()].every((key) => devices.has(key))) return request;
    }
    return this.#claim(missing);
  }

  /**
   * A claim for the broken ones and for devices that wait to be answered, made where no pending one covers them; it belongs to those that
   * `outgoingRequests` returns.
   */
  prepare(waiting: Iterable<Device>): void {
    const missing = this.#wedged();
    for (const device of waiting)
      if (this.#isEligible(device) && !this.#sessions.has(device.curve25519)) missing.set(keyOf(device), device);
    for (const { devices } of this.#current()) for (const key of devices.keys()) missing.delete(key);
    if (missing.size > 0) this.#requests.offer(this.#claim(missing).id);
  }

  #wedged(): Map<DeviceKey, Device> {
    const wedged = new Map<DeviceKey, Device>();
    for (const { userId, deviceId } of this.#context.store.wedgedDevices.all()) {
      const device = this.#directory.device(userId, deviceId);
      if (device !== undefined && !device.deleted && this.#isEligible(device)) wedged.set(keyOf(device), device);
    }
    return wedged;
  }

  #isEligible(device: Device): boolean {
    const { userId, deviceId } = this.#context;
    return (
      device.algorithms.includes(OLM_ALGORITHM) &&
      !(device.userId === userId && device.deviceId === deviceId) &&
      !this.#deviceFailures.isDelayed(keyOf(device)) &&
      !this.#serverFailures.isDelayed(serverNameOf(device.userId))
    );
  }

  #claim(devices: ReadonlyMap<DeviceKey, Device>): OutgoingRequest {
    const request = keysClaimRequest(newRequestId(this.#context.env), [...devices.values()], CLAIM_TIMEOUT_MS);
    this.#claims.set(request.id, { request, devices, madeTs: this.#context.env.now() });
    return this.#requests.addUnlisted(request, (responseBody) => {
      this.#claims.delete(request.id);
      const response = parseKeysClaimResponse(responseBody);
      if (response.ok) this.#receive(response.value, devices.values());
      else for (const key of devices.keys()) this.#deviceFailures.fail(key);
    });
  }

  #receive(response: KeysClaimResponse, devices: Iterable<Device>): void {
    const present = [...devices].flatMap((device) => this.#present(device) ?? []);
    const unwedged: Device[] = [];
    const opened = new Set<Device>();
    for (const [device, session] of this.#openSessions(response, present)) {
      opened.add(device);
      this.#deviceFailures.succeed(keyOf(device));
      this.#serverFailures.succeed(serverNameOf(device.userId));
      this.#sessions.addPickled(device.curve25519, session);
      this.#directory.clearWithheldCodeSent(device);
      if (this.#context.store.wedgedDevices.remove(device.userId, device.deviceId)) unwedged.push(device);
    }
    for (const device of present) {
      if (opened.has(device)) continue;
      if (claimedKey(response, device) === undefined && response.failures.has(serverNameOf(device.userId))) continue;
      this.#deviceFailures.fail(keyOf(device));
    }
    for (const server of response.failures) this.#serverFailures.fail(server);
    if (unwedged.length > 0) this.#sendDummies(unwedged);
  }

  /** Devices that got a usable key, each with the session that it made. */
  *#openSessions(response: KeysClaimResponse, devices: readonly Device[]): Generator<readonly [Device, PickledOlmSession]> {
    const { crew } = this.#context;
    const claimed = devices.flatMap((device) => {
      const key = claimedKey(response, device);
      return key === undefined ? [] : [{ device, key }];
    });
    using checks = new SignatureChecks(crew);
    if (crew.isWorthwhile(claimed.length)) {
      for (const { device, key } of claimed)
        if (isJsonObject(key.value)) checks.expect(key.value, device.userId, `ed25519:${device.deviceId}`, device.ed25519);
    }
    const usable = claimed.flatMap(({ device, key }) => {
      const oneTimeKey = parseOneTimeKey(key.fullId, key.value, device, checks.verify);
      return oneTimeKey.ok ? [{ device, identityKey: device.curve25519, oneTimeKey: oneTimeKey.value.key }] : [];
    });
    const peers = usable.map(({ identityKey, oneTimeKey }) => ({ identityKey, oneTimeKey }));
    for (const [{ device }, session] of withResults(usable, this.#account.createOutboundSessions(crew, peers)))
      if (session !== undefined) yield [device, session];
  }

  /** The device that was claimed for as it is now; undefined when it is gone, or has another key. */
  #present({ userId, deviceId, curve25519 }: Device): Device | undefined {
    const device = this.#directory.device(userId, deviceId);
    return device === undefined || device.deleted || device.curve25519 !== curve25519 ? undefined : device;
  }

  /** Tells the other side which session to use from now on (E2EE §Recovering from undecryptable messages). */
  #sendDummies(devices: readonly Device[]): void {
    const payload = this.#channel.payload("m.dummy", {});
    const contents = Map.groupBy(this.#channel.encryptAll(devices, payload), ([{ userId }]) => userId);
    const body = Object.fromEntries(
      [...contents].map(([userId, ofUser]) => [userId, Object.fromEntries(ofUser.map(([{ deviceId }, content]) => [deviceId, content]))]),
    );
    this.#requests.enqueueToDevice("m.room.encrypted", body);
  }

  /** Claims that are under way; forgets the lost ones. */
  #current(): Claim[] {
    const now = this.#context.env.now();
    for (const [id, { madeTs }] of this.#claims) {
      if (this.#requests.has(id) && Math.abs(now - madeTs) < CLAIM_LOST_MS) continue;
      this.#claims.delete(id);
      this.#requests.drop(id);
    }
    return [...this.#claims.values()].filter(({ madeTs }) => Math.abs(now - madeTs) < CLAIM_LATE_MS);
  }
}

function claimedKey({ oneTimeKeys }: KeysClaimResponse, { userId, deviceId }: Device): ClaimedKey | undefined {
  return oneTimeKeys.get(userId)?.get(deviceId);
}

function keyOf({ userId, deviceId }: Device): DeviceKey {
  return `${userId}|${deviceId}`;
}
