import { canonicalJson, objectOr, stringOr, type JsonObject } from "./json.ts";
import { MatrixError } from "./matrix-error.ts";

type OneTimeKey = { keyId: string; algorithm: string; key: unknown };
type FallbackKey = OneTimeKey & { used: boolean };
type DeviceKeyring = {
  deviceKeys: JsonObject | undefined;
  oneTimeKeys: OneTimeKey[];
  fallbackKeys: Map<string, FallbackKey>;
  countsChangedAt: number;
};

/** One key of one keys/upload request, as the inspection helpers report it. */
export type OneTimeKeyUpload = {
  userId: string;
  deviceId: string;
  keyId: string;
  key: unknown;
  fallback: boolean;
  outcome: "stored" | "known" | "conflict";
};
export type OneTimeKeyClaim = { userId: string; deviceId: string; keyId: string; key: unknown; fallback: boolean; claimedBy: string };

/** Device identity keys, one-time keys and fallback keys. */
export class DeviceKeys {
  readonly #rings = new Map<string, Map<string, DeviceKeyring>>();
  readonly uploads: OneTimeKeyUpload[] = [];
  readonly claims: OneTimeKeyClaim[] = [];

  /** Stores identity keys; false if they are what was there already. */
  store(userId: string, deviceId: string, deviceKeys: JsonObject): boolean {
    const ring = this.#ring(userId, deviceId);
    if (ring.deviceKeys !== undefined && canonicalJson(ring.deviceKeys) === canonicalJson(deviceKeys)) return false;
    ring.deviceKeys = deviceKeys;
    return true;
  }

  identity(userId: string, deviceId: string): JsonObject | undefined {
    return this.#rings.get(userId)?.get(deviceId)?.deviceKeys;
  }

  /**
   * Adds one-time keys. The same key under the same id again is a retry and accepted; other bytes under an id in use are refused,
   * and then none of the request is stored.
   */
  addOneTimeKeys(userId: string, deviceId: string, keys: JsonObject): void {
    const ring = this.#ring(userId, deviceId);
    const fresh: OneTimeKey[] = [];
    let conflict: string | undefined;
    for (const [keyId, key] of Object.entries(keys)) {
      const known = ring.oneTimeKeys.find((candidate) => candidate.keyId === keyId);
      const outcome = known === undefined ? "stored" : canonicalJson(known.key) === canonicalJson(key) ? "known" : "conflict";
      if (outcome === "conflict") conflict = keyId;
      if (outcome === "stored") fresh.push({ keyId, algorithm: algorithmOf(keyId), key });
      this.uploads.push({ userId, deviceId, keyId, key, fallback: false, outcome });
    }
    if (conflict !== undefined) throw new MatrixError(400, "M_INVALID_PARAM", `One time key ${conflict} already exists with other content`);
    ring.oneTimeKeys.push(...fresh);
  }

  setFallbackKeys(userId: string, deviceId: string, keys: JsonObject): void {
    const ring = this.#ring(userId, deviceId);
    for (const [keyId, key] of Object.entries(keys)) {
      const algorithm = algorithmOf(keyId);
      const known = ring.fallbackKeys.get(algorithm);
      const isKnown = known?.keyId === keyId && canonicalJson(known.key) === canonicalJson(key);
      this.uploads.push({ userId, deviceId, keyId, key, fallback: true, outcome: isKnown ? "known" : "stored" });
      // Uploaded again, a used key counts as unused, as with Synapse.
      ring.fallbackKeys.set(algorithm, { keyId, algorithm, key, used: false });
    }
  }

  /** Hands out the oldest one-time key, once ever; when there is none left the fallback key, which stays. */
  claim(userId: string, deviceId: string, algorithm: string, claimedBy: string, position: number): JsonObject | undefined {
    const ring = this.#rings.get(userId)?.get(deviceId);
    if (ring === undefined) return undefined;
    const index = ring.oneTimeKeys.findIndex((candidate) => candidate.algorithm === algorithm);
    const fallback = index < 0;
    const [found] = fallback ? [ring.fallbackKeys.get(algorithm)] : ring.oneTimeKeys.splice(index, 1);
    if (found === undefined) return undefined;
    if ("used" in found) found.used = true;
    ring.countsChangedAt = position;
    this.claims.push({ userId, deviceId, keyId: found.keyId, key: found.key, fallback, claimedBy });
    return { [found.keyId]: found.key };
  }

  /** signed_curve25519 is always there, as clients take a missing count for a server without support. */
  counts(userId: string, deviceId: string): Record<string, number> {
    const counts: Record<string, number> = { signed_curve25519: 0 };
    for (const { algorithm } of this.#rings.get(userId)?.get(deviceId)?.oneTimeKeys ?? []) counts[algorithm] = (counts[algorithm] ?? 0) + 1;
    return counts;
  }

  unusedFallbackTypes(userId: string, deviceId: string): string[] {
    const fallbackKeys = this.#rings.get(userId)?.get(deviceId)?.fallbackKeys.values() ?? [];
    return [...fallbackKeys].filter((key) => !key.used).map((key) => key.algorithm);
  }

  /** When a claim last changed what a sync reports of the device's keys. */
  countsChangedAt(userId: string, deviceId: string): number {
    return this.#rings.get(userId)?.get(deviceId)?.countsChangedAt ?? 0;
  }

  dropOneTimeKeys(userId: string, deviceId: string, position: number): void {
    const ring = this.#ring(userId, deviceId);
    ring.oneTimeKeys = [];
    ring.countsChangedAt = position;
  }

  remove(userId: string, deviceId: string): boolean {
    const hadKeys = this.identity(userId, deviceId) !== undefined;
    this.#rings.get(userId)?.delete(deviceId);
    return hadKeys;
  }

  devicesWithKeys(userId: string): string[] {
    return [...(this.#rings.get(userId) ?? [])].filter(([, ring]) => ring.deviceKeys !== undefined).map(([deviceId]) => deviceId);
  }

  #ring(userId: string, deviceId: string): DeviceKeyring {
    const rings = this.#rings.get(userId) ?? new Map<string, DeviceKeyring>();
    this.#rings.set(userId, rings);
    const ring = rings.get(deviceId) ?? {
      deviceKeys: undefined,
      oneTimeKeys: [],
      fallbackKeys: new Map<string, FallbackKey>(),
      countsChangedAt: 0,
    };
    rings.set(deviceId, ring);
    return ring;
  }
}

/** The Ed25519 key of device keys, raw in base64. */
export function deviceEd25519(deviceKeys: JsonObject): string | undefined {
  const deviceId = stringOr(deviceKeys["device_id"], "");
  return stringOr(objectOr(deviceKeys["keys"])[`ed25519:${deviceId}`], undefined);
}

function algorithmOf(keyId: string): string {
  const colon = keyId.indexOf(":");
  if (colon <= 0) throw new MatrixError(400, "M_INVALID_PARAM", "Key ID is not of the form algorithm:id");
  return keyId.slice(0, colon);
}
