import { deviceEd25519, type DeviceKeys } from "./device-keys.ts";
import { canonicalJson, isObject, objectOr, stringOr, type JsonObject } from "./json.ts";
import { invalidParam, MatrixError } from "./matrix-error.ts";
import { crossSigningKeyOf, isSignedBy, unsigned } from "./signatures.ts";

export type KeyUsage = "master" | "self_signing" | "user_signing";
export const keyUsages: readonly KeyUsage[] = ["master", "self_signing", "user_signing"];

type Failures = Record<string, Record<string, JsonObject>>;

/** Cross-signing keys and all signatures that were uploaded apart from the object they sign. */
export class CrossSigning {
  readonly #keys = new Map<string, Map<KeyUsage, JsonObject>>();
  // Signed user → signed device id or key → signer → key id → signature.
  readonly #signatures = new Map<string, Map<string, Map<string, JsonObject>>>();
  readonly #deviceKeys: DeviceKeys;

  constructor(deviceKeys: DeviceKeys) {
    this.#deviceKeys = deviceKeys;
  }

  key(userId: string, usage: KeyUsage): JsonObject | undefined {
    return this.#keys.get(userId)?.get(usage);
  }

  /** Whether an upload would change nothing, so that no authentication is needed for it. */
  isKnown(userId: string, body: JsonObject): boolean {
    return keyUsages.every((usage) => {
      const uploaded = body[`${usage}_key`];
      if (!isObject(uploaded)) return true;
      const known = this.key(userId, usage);
      return known !== undefined && canonicalJson(unsigned(known)) === canonicalJson(unsigned(uploaded));
    });
  }

  upload(userId: string, body: JsonObject): void {
    const uploaded = new Map<KeyUsage, JsonObject>();
    for (const usage of keyUsages) {
      const key = body[`${usage}_key`];
      if (key === undefined || key === null) continue;
      if (!isObject(key) || crossSigningKeyOf(key) === undefined) throw invalidParam(`Invalid ${usage} key`);
      const usages = key["usage"];
      if (key["user_id"] !== userId || !Array.isArray(usages) || !usages.includes(usage))
        throw invalidParam(`Not a ${usage} key of this user`);
      uploaded.set(usage, key);
    }
    const master = uploaded.get("master") ?? this.key(userId, "master");
    const masterKey = master === undefined ? undefined : crossSigningKeyOf(master);
    if (masterKey === undefined) throw invalidParam("No master key available");
    for (const [usage, key] of uploaded)
      if (usage !== "master" && !isSignedBy(key, userId, masterKey.keyId, masterKey.publicKey))
        throw new MatrixError(400, "M_INVALID_SIGNATURE", `The ${usage} key is not signed by the master key`);
    const keys = this.#keys.get(userId) ?? new Map<KeyUsage, JsonObject>();
    this.#keys.set(userId, keys);
    for (const [usage, key] of uploaded) keys.set(usage, key);
  }

  /** Takes in signatures one by one; whose objects changed is `signed`, and every refusal is in `failures`. */
  addSignatures(signer: string, body: JsonObject): { signed: string[]; failures: Failures } {
    const failures: Failures = {};
    const signed = new Set<string>();
    for (const [target, objects] of Object.entries(body))
      for (const [objectId, object] of Object.entries(objectOr(objects))) {
        const refusal = isObject(object) ? this.#addSignature(signer, target, objectId, object) : invalidParam("Not an object");
        if (refusal === undefined) signed.add(target);
        else (failures[target] ??= {})[objectId] = refusal.body;
      }
    return { signed: [...signed], failures };
  }

  /** The object with the signatures that the viewer may see: its owner's and their own. */
  withSignatures(object: JsonObject, owner: string, objectId: string, viewer: string): JsonObject {
    const signatures = structuredClone(objectOr(object["signatures"]));
    const added = this.#signatures.get(owner)?.get(objectId);
    for (const signer of new Set([owner, viewer])) {
      const theirs = added?.get(signer);
      if (theirs !== undefined) signatures[signer] = { ...objectOr(signatures[signer]), ...theirs };
    }
    return { ...object, signatures };
  }

  /** Forgets what was signed about a device that is gone. */
  removeDevice(userId: string, deviceId: string): void {
    this.#signatures.get(userId)?.delete(deviceId);
  }

  #addSignature(signer: string, target: string, objectId: string, object: JsonObject): MatrixError | undefined {
    const known = this.#signable(target, objectId);
    if (known === undefined) return new MatrixError(404, "M_NOT_FOUND", "No such key");
    if (canonicalJson(unsigned(known.object)) !== canonicalJson(unsigned(object)))
      return new MatrixError(400, "M_INVALID_PARAM", "Key does not match");
    const theirs = objectOr(objectOr(object["signatures"])[signer]);
    const accepted: JsonObject = {};
    for (const [keyId, signature] of Object.entries(theirs)) {
      const publicKey = this.#allowedSigner(signer, target, known.isMasterKey, keyId);
      if (publicKey === undefined) continue;
      if (!isSignedBy(object, signer, keyId, publicKey)) return new MatrixError(400, "M_INVALID_SIGNATURE", "Invalid signature");
      accepted[keyId] = signature;
    }
    if (Object.keys(accepted).length === 0) return new MatrixError(400, "M_INVALID_SIGNATURE", "No signature by a key that may sign this");
    const ofTarget = this.#signatures.get(target) ?? new Map<string, Map<string, JsonObject>>();
    this.#signatures.set(target, ofTarget);
    const ofObject = ofTarget.get(objectId) ?? new Map<string, JsonObject>();
    ofTarget.set(objectId, ofObject);
    ofObject.set(signer, { ...ofObject.get(signer), ...accepted });
    return undefined;
  }

  #signable(userId: string, objectId: string): { object: JsonObject; isMasterKey: boolean } | undefined {
    const master = this.key(userId, "master");
    if (master !== undefined && crossSigningKeyOf(master)?.publicKey === objectId) return { object: master, isMasterKey: true };
    const device = this.#deviceKeys.identity(userId, objectId);
    return device === undefined ? undefined : { object: device, isMasterKey: false };
  }

  /** The public key behind a key id if it may sign that kind of object: devices sign their own master key, self-signing keys devices, user-signing keys others' master keys. */
  #allowedSigner(signer: string, target: string, isMasterKey: boolean, keyId: string): string | undefined {
    const ofUsage = (usage: KeyUsage) => {
      const key = this.key(signer, usage);
      const parsed = key === undefined ? undefined : crossSigningKeyOf(key);
      return parsed?.keyId === keyId ? parsed.publicKey : undefined;
    };
    if (signer !== target) return isMasterKey ? ofUsage("user_signing") : undefined;
    if (!isMasterKey) return ofUsage("self_signing");
    const device = this.#deviceKeys.identity(signer, keyId.slice(keyId.indexOf(":") + 1));
    return keyId.startsWith("ed25519:") && device !== undefined && stringOr(device["device_id"], "") !== ""
      ? deviceEd25519(device)
      : undefined;
  }
}
