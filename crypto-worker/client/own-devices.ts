import { CodedError } from "../../protocol/errors.ts";
import type { DeviceId } from "../../protocol/ids.ts";
import type { DeviceView } from "../../protocol/messages/device.ts";
import { idSchema, millisSchema } from "../../protocol/messages/text.ts";
import { arrayField, isJsonObject, stringField, type JsonObject } from "../wire/json.ts";
import { inBackground } from "./background.ts";
import type { ClientContext } from "./context.ts";
import { segment } from "./http.ts";
import { cleanName } from "./rooms/names.ts";

const PATH = "/_matrix/client/v3/devices";
/** A list of devices is drawn anew with every change; the server is not asked that often. */
const FRESH_MS = 10_000;
const ANSWER_MS = 5000;
const MAX_DEVICES = 2000;

/** What only the server knows of a device of ours. */
type Session = Pick<DeviceView, "deviceId" | "displayName" | "lastSeen">;

/** Our own sessions as the server tells of them: names, when they were last seen, and those that have no keys. Kept in memory, asked for again as it is looked at. */
export class OwnDevices {
  readonly #context: ClientContext;
  #sessions: ReadonlyMap<string, Session> = new Map();
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** What the machine knows, completed. The first look waits for the server, for a while; later ones get the news by `devicesChanged`. */
  async complete(known: readonly DeviceView[]): Promise<DeviceView[]> {
    const asking = this.#ask();
    if (this.#askedAt === Number.NEGATIVE_INFINITY) await asking;
    else inBackground(this.#context, asking);
    const ids = new Set(known.map(({ deviceId }) => deviceId));
    const keyless = [...this.#sessions.values()].filter(({ deviceId }) => !ids.has(deviceId)).map((session) => this.#withoutKeys(session));
    const completed = known.map((device) => {
      const session = this.#sessions.get(device.deviceId);
      return session === undefined
        ? device
        : { ...device, displayName: session.displayName ?? device.displayName, lastSeen: session.lastSeen };
    });
    return [...completed, ...keyless].slice(0, MAX_DEVICES);
  }

  /** Throws `not-found` for a device that the server does not know. */
  async rename(deviceId: DeviceId, name: string): Promise<void> {
    await this.#context.http.jsonOrThrow({
      kind: "account",
      method: "PUT",
      path: `${PATH}/${segment(deviceId)}`,
      body: { display_name: name },
    });
    const session = this.#sessions.get(deviceId) ?? { deviceId, displayName: null, lastSeen: null };
    this.#replace(new Map(this.#sessions).set(deviceId, { ...session, displayName: cleanName(name) ?? null }));
  }

  /** They were signed out. */
  forget(deviceIds: readonly string[]): void {
    this.#replace(new Map([...this.#sessions].filter(([deviceId]) => !deviceIds.includes(deviceId))));
  }

  #ask(): Promise<void> {
    const { env } = this.#context;
    if (this.#asking !== undefined) return this.#asking;
    if (env.now() - this.#askedAt < FRESH_MS) return Promise.resolve();
    this.#asking = this.#fetch().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #fetch(): Promise<void> {
    const { http, env, log, isClosed } = this.#context;
    const answer = await http.json({ kind: "account", method: "GET", path: PATH, timeoutMs: ANSWER_MS, retry: "never" });
    if (isClosed()) throw new CodedError("not-signed-in");
    if (!answer.ok) {
      log.warn("request.failed", { kind: "devices", code: answer.error.code });
      return;
    }
    const first = this.#askedAt === Number.NEGATIVE_INFINITY;
    this.#askedAt = env.now();
    const sessions = parseSessions(answer.value);
    if (first) this.#sessions = sessions;
    else this.#replace(sessions);
  }

  #replace(sessions: ReadonlyMap<string, Session>): void {
    const before = JSON.stringify([...this.#sessions]);
    this.#sessions = sessions;
    if (JSON.stringify([...sessions]) === before) return;
    this.#context.commit((changes) => {
      changes.deviceOwners.add(this.#context.userId);
    });
  }

  /** Somebody is signed in there with our account and cannot read encrypted rooms. It is listed, so that it can be signed out. */
  #withoutKeys(session: Session): DeviceView {
    return {
      ...session,
      userId: this.#context.userId,
      ed25519: "",
      curve25519: "",
      verified: false,
      crossSigned: false,
      blacklisted: false,
      own: true,
      firstSeen: session.lastSeen ?? 0,
    };
  }
}

/** Entries that make no sense are left out, and so is what makes no sense of an entry (client-server API, GET devices). */
export function parseSessions(answer: JsonObject): Map<string, Session> {
  const sessions = new Map<string, Session>();
  for (const entry of (arrayField(answer, "devices") ?? []).slice(0, MAX_DEVICES)) {
    const deviceId = isJsonObject(entry) ? idSchema.safeParse(entry["device_id"]) : undefined;
    if (!isJsonObject(entry) || deviceId?.success !== true) continue;
    const lastSeen = millisSchema.safeParse(entry["last_seen_ts"]);
    sessions.set(deviceId.data, {
      deviceId: deviceId.data,
      displayName: cleanName(stringField(entry, "display_name")) ?? null,
      lastSeen: lastSeen.success ? lastSeen.data : null,
    });
  }
  return sessions;
}
