import { generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { canonicalJson, objectOr, type JsonObject } from "./json.ts";
import { unsigned } from "./signatures.ts";

export type Reply = { status: number; body: JsonObject; headers: Headers };

let transactions = 0;

/** A signed-in device that speaks plain HTTP, for tests of a homeserver. */
export class TestUser {
  readonly baseUrl: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
  readonly password: string;
  since: string | undefined;

  private constructor(baseUrl: string, session: JsonObject, password: string) {
    this.baseUrl = baseUrl;
    this.userId = String(session["user_id"]);
    this.deviceId = String(session["device_id"]);
    this.accessToken = String(session["access_token"]);
    this.password = password;
  }

  /** Registers a user whose name is new even on a server that is not. */
  static async register(baseUrl: string, name: string): Promise<TestUser> {
    const password = `secret of ${name}`;
    const body = { username: `${name}-${randomBytes(5).toString("hex")}`, password, auth: { type: "m.login.dummy" } };
    const reply = await request(baseUrl, "POST", "/v3/register", body);
    if (reply.status !== 200) throw new Error(`Cannot register: ${reply.status}`);
    return new TestUser(baseUrl, reply.body, password);
  }

  /** A new device of somebody who exists; with a device id, that one. */
  static async logIn(baseUrl: string, user: string, password: string, deviceId?: string): Promise<TestUser> {
    const body = { type: "m.login.password", identifier: { type: "m.id.user", user }, password, device_id: deviceId };
    const reply = await request(baseUrl, "POST", "/v3/login", body);
    if (reply.status !== 200) throw new Error(`Cannot log in: ${reply.status}`);
    return new TestUser(baseUrl, reply.body, password);
  }

  /** The same user on another device, or again on the same one. */
  logInAgain(deviceId?: string): Promise<TestUser> {
    return TestUser.logIn(this.baseUrl, this.userId, this.password, deviceId);
  }

  call(method: string, path: string, body?: JsonObject): Promise<Reply> {
    return request(this.baseUrl, method, path, body, this.accessToken);
  }

  /** A call that has to succeed; its body. */
  async ok(method: string, path: string, body?: JsonObject): Promise<JsonObject> {
    const reply = await this.call(method, path, body);
    if (reply.status !== 200) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  /** The next sync, without waiting unless told to. */
  async sync(options: { timeout?: number; filter?: JsonObject; since?: string; fullState?: boolean } = {}): Promise<JsonObject> {
    const query = new URLSearchParams({ timeout: String(options.timeout ?? 0) });
    const since = options.since ?? this.since;
    if (since !== undefined) query.set("since", since);
    if (options.filter !== undefined) query.set("filter", JSON.stringify(options.filter));
    if (options.fullState === true) query.set("full_state", "true");
    const body = await this.ok("GET", `/v3/sync?${query}`);
    if (options.since === undefined) this.since = String(body["next_batch"]);
    return body;
  }

  async createRoom(body: JsonObject = {}): Promise<string> {
    return String((await this.ok("POST", "/v3/createRoom", body))["room_id"]);
  }

  async join(roomId: string): Promise<void> {
    await this.ok("POST", `/v3/rooms/${encodeURIComponent(roomId)}/join`, {});
  }

  async leave(roomId: string): Promise<void> {
    await this.ok("POST", `/v3/rooms/${encodeURIComponent(roomId)}/leave`, {});
  }

  async say(roomId: string, body: string, extra: JsonObject = {}, transactionId = nextTransactionId()): Promise<string> {
    return this.send(roomId, "m.room.message", { msgtype: "m.text", body, ...extra }, transactionId);
  }

  async send(roomId: string, type: string, content: JsonObject, transactionId = nextTransactionId()): Promise<string> {
    return String((await this.ok("PUT", `/v3/rooms/${encodeURIComponent(roomId)}/send/${type}/${transactionId}`, content))["event_id"]);
  }

  async sendToDevice(
    target: { userId: string; deviceId: string },
    content: JsonObject,
    transactionId = nextTransactionId(),
  ): Promise<void> {
    await this.ok("PUT", `/v3/sendToDevice/m.test/${transactionId}`, { messages: { [target.userId]: { [target.deviceId]: content } } });
  }
}

export function nextTransactionId(): string {
  return `t${++transactions}.${Date.now()}`;
}

/** An Ed25519 key that signs as Matrix wants it. */
export class TestKey {
  readonly publicKey: string;
  readonly #privateKey: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const raw = Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url");
    this.publicKey = raw.toString("base64").replaceAll("=", "");
    this.#privateKey = privateKey;
  }

  sign(object: JsonObject, userId: string, keyId: string): JsonObject {
    const signature = sign(null, Buffer.from(canonicalJson(unsigned(object))), this.#privateKey)
      .toString("base64")
      .replaceAll("=", "");
    const signatures = objectOr(object["signatures"]);
    return { ...object, signatures: { ...signatures, [userId]: { ...objectOr(signatures[userId]), [keyId]: signature } } };
  }
}

export async function request(baseUrl: string, method: string, path: string, body?: JsonObject, token?: string): Promise<Reply> {
  const response = await fetch(`${baseUrl}/_matrix/client${path}`, {
    method,
    headers: { "Content-Type": "application/json", ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  return { status: response.status, body: objectOr(answer), headers: response.headers };
}

/** Follows names and indexes into an answer; undefined where the way ends. */
export function dig(value: unknown, ...path: (string | number)[]): unknown {
  let current = value;
  for (const step of path) current = Array.isArray(current) ? current[Number(step)] : objectOr(current)[String(step)];
  return current;
}

/** A list in an answer, or an empty one. */
export function digList(value: unknown, ...path: (string | number)[]): JsonObject[] {
  const list = dig(value, ...path);
  return Array.isArray(list) ? list.map(objectOr) : [];
}
