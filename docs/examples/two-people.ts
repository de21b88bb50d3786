// Two people on a homeserver, each with an OlmMachine of this repository and nothing else of it:
//   npx node docs/examples/two-people.ts HOMESERVER_URL
// docs/olm-machine.md goes through it step by step. The server must let anybody register.
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import type { OutgoingRequest } from "../../crypto-worker/machine/requests/outgoing-request.ts";
import { openSqlCipherStore, type CryptoStore } from "../../crypto-worker/store/store.ts";
import { arrayField, objectField, stringArrayField, stringField, isJsonObject, type JsonObject } from "../../crypto-worker/wire/json.ts";

const TEXT = "It's a secret to everybody.";

// A connection to the server: the machine has none. -------------------------------------------------------------------------------------------------

class Connection {
  readonly userId: string;
  readonly deviceId: string;
  readonly #baseUrl: string;
  readonly #token: string;

  private constructor(baseUrl: string, session: JsonObject) {
    this.#baseUrl = baseUrl;
    this.userId = stringField(session, "user_id") ?? "";
    this.deviceId = stringField(session, "device_id") ?? "";
    this.#token = stringField(session, "access_token") ?? "";
  }

  static async register(baseUrl: string, name: string): Promise<Connection> {
    const username = `${name}-${randomBytes(4).toString("hex")}`;
    const body = { username, password: randomBytes(12).toString("hex"), auth: { type: "m.login.dummy" } };
    return new Connection(baseUrl, await send(baseUrl, "POST", "/_matrix/client/v3/register", body));
  }

  call(method: string, path: string, body?: JsonObject): Promise<JsonObject> {
    return send(this.#baseUrl, method, path, body, this.#token);
  }
}

async function send(baseUrl: string, method: string, path: string, body?: JsonObject, token?: string): Promise<JsonObject> {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json: unknown = await response.json();
  if (!response.ok || !isJsonObject(json)) throw new Error(`${method} ${path}: ${response.status}`);
  return json;
}

// A client around the machine. -------------------------------------------------------------------------------------------------------------------------

class Client {
  readonly connection: Connection;
  readonly store: CryptoStore;
  readonly machine: OlmMachine;
  readonly messages: string[] = [];
  #since: string | undefined;

  private constructor(connection: Connection, store: CryptoStore, machine: OlmMachine) {
    this.connection = connection;
    this.store = store;
    this.machine = machine;
  }

  static async start(baseUrl: string, name: string): Promise<Client> {
    const connection = await Connection.register(baseUrl, name);
    // #region open
    await OlmMachine.ready();
    const path = join(mkdtempSync(join(tmpdir(), "two-people-")), `${name}.db`);
    const store = openSqlCipherStore({ path, key: randomBytes(32) });
    const machine = OlmMachine.open({ userId: connection.userId, deviceId: connection.deviceId, store });
    // #endregion
    return new Client(connection, store, machine);
  }

  // #region requests
  async send(request: OutgoingRequest): Promise<void> {
    const response = await this.connection.call(request.method, request.path, request.body);
    this.machine.markRequestAsSent(request.id, response);
  }

  async processOutgoingRequests(): Promise<void> {
    // What fails is offered again, with the same id, by the next call.
    for (const request of this.machine.outgoingRequests()) await this.send(request);
  }
  // #endregion

  // #region sync
  async sync(): Promise<void> {
    // Our keys first: until they are on the server nobody can send us any.
    await this.processOutgoingRequests();
    const since = this.#since === undefined ? "" : `?since=${encodeURIComponent(this.#since)}`;
    const response = await this.connection.call("GET", `/_matrix/client/v3/sync${since}`);
    const nextBatch = stringField(response, "next_batch") ?? "";
    this.store.transaction(() => {
      const lists = objectField(response, "device_lists") ?? {};
      this.machine.receiveSyncChanges({
        toDeviceEvents: arrayField(objectField(response, "to_device") ?? {}, "events") ?? [],
        deviceLists: { changed: stringArrayField(lists, "changed") ?? [], left: stringArrayField(lists, "left") ?? [] },
        oneTimeKeyCounts: objectField(response, "device_one_time_keys_count") as Record<string, number> | undefined,
        unusedFallbackKeyTypes: stringArrayField(response, "device_unused_fallback_key_types"),
        nextBatch,
      });
      for (const [roomId, event] of timelineOf(response)) this.#receive(roomId, event);
      // The position is committed with what it acknowledges: there is no order to get wrong.
      this.store.customValues.save("since", Buffer.from(nextBatch));
      this.store.requireDurability();
    });
    this.#since = nextBatch;
    await this.processOutgoingRequests();
  }
  // #endregion

  #receive(roomId: string, event: JsonObject): void {
    // #region decrypt
    if (event["type"] === "m.room.encrypted") {
      const result = this.machine.decryptRoomEvent(event, roomId);
      if (result.ok) this.messages.push(stringField(result.event.content, "body") ?? "");
      else this.messages.push(`(cannot be read: ${result.reason.code})`);
    }
    // #endregion
    // #region track
    const content = objectField(event, "content") ?? {};
    if (event["type"] === "m.room.member" && (content["membership"] === "join" || content["membership"] === "invite"))
      this.machine.updateTrackedUsers([stringField(event, "state_key") ?? ""]);
    // #endregion
  }

  // #region say
  async say(roomId: string, members: readonly string[], body: string): Promise<void> {
    const claim = this.machine.getMissingSessions(members);
    if (claim !== undefined) await this.send(claim);
    for (const request of this.machine.shareRoomKey(roomId, members)) await this.send(request);
    const content = this.machine.encryptRoomEvent(roomId, "m.room.message", { msgtype: "m.text", body });
    const transaction = randomBytes(8).toString("hex");
    await this.connection.call(
      "PUT",
      `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.encrypted/${transaction}`,
      content,
    );
  }
  // #endregion

  close(): void {
    this.machine.close();
    this.store.close();
  }
}

function timelineOf(response: JsonObject): [roomId: string, event: JsonObject][] {
  return Object.entries(objectField(objectField(response, "rooms") ?? {}, "join") ?? {}).flatMap(([roomId, room]) =>
    (isJsonObject(room) ? [objectField(room, "state"), objectField(room, "timeline")] : []).flatMap((part) =>
      (arrayField(part ?? {}, "events") ?? []).filter(isJsonObject).map((event): [string, JsonObject] => [roomId, event]),
    ),
  );
}

// Two people. -----------------------------------------------------------------------------------------------------------------------------------------------

/** Plays the whole example; answers what Bob could read, and the emoji that both were shown. */
export async function twoPeople(baseUrl: string): Promise<{ readonly read: readonly string[]; readonly emoji: readonly [string, string] }> {
  const [alice, bob] = [await Client.start(baseUrl, "alice"), await Client.start(baseUrl, "bob")];
  const members = [alice.connection.userId, bob.connection.userId];
  try {
    await Promise.all([alice.sync(), bob.sync()]);
    const created = await alice.connection.call("POST", "/_matrix/client/v3/createRoom", {
      preset: "private_chat",
      invite: [bob.connection.userId],
      initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
    });
    const roomId = stringField(created, "room_id") ?? "";
    await bob.connection.call("POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
    await alice.sync();
    await alice.say(roomId, members, TEXT);
    await bob.sync();
    return { read: bob.messages, emoji: await verify(alice, bob) };
  } finally {
    alice.close();
    bob.close();
  }
}

// #region verify
/** Alice asks Bob's device, both compare seven emoji, both say that they are the same. */
async function verify(alice: Client, bob: Client): Promise<[string, string]> {
  const [aliceId, bobId] = [alice.connection.userId, bob.connection.userId];
  const { flowId, requests } = alice.machine.requestDeviceVerification(bobId, bob.connection.deviceId, ["m.sas.v1"]);
  for (const request of requests) await alice.send(request);

  await bob.sync();
  for (const request of bob.machine.acceptVerification(aliceId, flowId, ["m.sas.v1"])) await bob.send(request);
  await alice.sync();
  for (const request of alice.machine.startSas(bobId, flowId)) await alice.send(request);
  await bob.sync();
  for (const request of bob.machine.acceptSas(aliceId, flowId)) await bob.send(request);
  // Both keys cross; after that both machines can tell the emoji.
  for (const client of [alice, bob, alice]) await client.sync();

  const shown = (client: Client, other: string): string => {
    const sas = client.machine.getVerification(other, flowId);
    return sas?.kind === "sas" ? (sas.emoji ?? []).map(([symbol, name]) => `${symbol} ${name}`).join(", ") : "";
  };
  const emoji: [string, string] = [shown(alice, bobId), shown(bob, aliceId)];
  for (const request of alice.machine.confirmSas(bobId, flowId)) await alice.send(request);
  for (const request of bob.machine.confirmSas(aliceId, flowId)) await bob.send(request);
  for (const client of [alice, bob, alice, bob]) await client.sync();
  if (alice.machine.getDevice(bobId, bob.connection.deviceId)?.verified !== true) throw new Error("Bob's device is not verified");
  return emoji;
}
// #endregion

if (process.argv[1] === import.meta.filename) {
  const { read, emoji } = await twoPeople(process.argv[2] ?? "http://localhost:8008");
  console.log(`Bob reads: ${read.join(" / ")}\nBoth see: ${emoji[0]}${emoji[0] === emoji[1] ? "" : ` (or not: ${emoji[1]})`}`);
}
