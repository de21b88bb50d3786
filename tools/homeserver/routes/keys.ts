import { deviceListDelta } from "../device-list-delta.ts";
import { isObject, objectOr, stringOr, type JsonObject } from "../json.ts";
import { badJson, invalidParam } from "../matrix-error.ts";
import type { Router } from "../router.ts";
import { crossSigningKeyOf } from "../signatures.ts";
import { parseSyncToken } from "../stream.ts";

export function addKeyRoutes(router: Router): void {
  const { state } = router;
  const { deviceKeys, crossSigning, devices, faults, interactiveAuth, switches } = state;

  router.post("/keys/upload", (call) => {
    const { userId, deviceId } = call.session;
    const { body } = call;
    const identity = body["device_keys"];
    const oneTimeKeys = objectOr(body["one_time_keys"]);
    const fallbackKeys = objectOr(body["fallback_keys"] ?? body["org.matrix.msc2732.fallback_keys"]);
    if (isObject(identity)) {
      if (identity["user_id"] !== userId || identity["device_id"] !== deviceId) throw invalidParam("Device keys of another device");
      if (!isObject(identity["keys"]) || !Array.isArray(identity["algorithms"])) throw badJson("Incomplete device keys");
    }
    for (const keys of [oneTimeKeys, fallbackKeys])
      for (const key of Object.values(keys))
        if (typeof key !== "string" && !(isObject(key) && typeof key["key"] === "string" && isObject(key["signatures"])))
          throw badJson("Invalid key");
    deviceKeys.addOneTimeKeys(userId, deviceId, oneTimeKeys);
    deviceKeys.setFallbackKeys(userId, deviceId, fallbackKeys);
    if (isObject(identity) && deviceKeys.store(userId, deviceId, identity)) {
      crossSigning.removeDevice(userId, deviceId);
      state.deviceChanged(userId);
    }
    return { one_time_key_counts: deviceKeys.counts(userId, deviceId) };
  });

  router.post("/keys/query", (call) => {
    const viewer = call.session.userId;
    const answer: Record<"device_keys" | "master_keys" | "self_signing_keys" | "user_signing_keys" | "failures", JsonObject> = {
      device_keys: {},
      master_keys: {},
      self_signing_keys: {},
      user_signing_keys: {},
      failures: {},
    };
    for (const [userId, wanted] of Object.entries(objectOr(call.body["device_keys"]))) {
      if (!isReachable(userId, answer.failures)) continue;
      const ids = Array.isArray(wanted) && wanted.length > 0 ? wanted : deviceKeys.devicesWithKeys(userId);
      if (isKnownServer(userId)) answer.device_keys[userId] = queryDevices(userId, ids, viewer);
      for (const usage of ["master", "self_signing", "user_signing"] as const) {
        const key = crossSigning.key(userId, usage);
        const publicKey = key === undefined ? undefined : crossSigningKeyOf(key)?.publicKey;
        // Nobody else learns whom a user has signed.
        if (key === undefined || publicKey === undefined || (usage === "user_signing" && userId !== viewer)) continue;
        answer[`${usage}_keys`][userId] = crossSigning.withSignatures(key, userId, publicKey, viewer);
      }
    }
    return answer;
  });

  router.post("/keys/claim", (call) => {
    const claimedBy = call.session.userId;
    const claimed: JsonObject = {};
    const failures: JsonObject = {};
    for (const [userId, wanted] of Object.entries(objectOr(call.body["one_time_keys"]))) {
      if (!isReachable(userId, failures)) continue;
      const ofUser: JsonObject = {};
      for (const [deviceId, algorithm] of Object.entries(objectOr(wanted))) {
        const key = deviceKeys.claim(userId, deviceId, stringOr(algorithm, ""), claimedBy, state.stream.advance());
        if (key !== undefined) ofUser[deviceId] = key;
      }
      if (Object.keys(ofUser).length > 0) claimed[userId] = ofUser;
      state.stream.wake([userId]);
    }
    return { one_time_keys: claimed, failures };
  });

  router.get("/keys/changes", (call) => {
    const { userId } = call.session;
    const from = parseSyncToken(call.query("from") ?? "");
    const to = parseSyncToken(call.query("to") ?? "");
    if (from === undefined || to === undefined) throw invalidParam("Invalid from or to");
    return deviceListDelta(state.rooms, state.deviceLists, userId, from.position, to.position);
  });

  router.post("/keys/device_signing/upload", (call) => {
    const { userId } = call.session;
    const { body } = call;
    const isFirst = crossSigning.key(userId, "master") === undefined;
    const needsAuth = isFirst ? switches.uiaForFirstCrossSigningKeys : !crossSigning.isKnown(userId, body);
    if (needsAuth) interactiveAuth.require(body, [["m.login.password"]], userId);
    crossSigning.upload(userId, body);
    state.deviceChanged(userId);
    return {};
  });

  router.post("/keys/signatures/upload", (call) => {
    const { userId } = call.session;
    const { signed, failures } = crossSigning.addSignatures(userId, call.body);
    for (const target of signed) state.deviceChanged(target, target === userId ? undefined : userId);
    return { failures };
  });

  function queryDevices(userId: string, deviceIds: readonly unknown[], viewer: string): JsonObject {
    const found: JsonObject = {};
    for (const deviceId of deviceIds) {
      const identity = typeof deviceId === "string" ? deviceKeys.identity(userId, deviceId) : undefined;
      if (typeof deviceId !== "string" || identity === undefined) continue;
      const displayName = devices.find(userId, deviceId)?.displayName;
      const unsigned = displayName === undefined ? {} : { device_display_name: displayName };
      found[deviceId] = { ...crossSigning.withSignatures(identity, userId, deviceId, viewer), unsigned };
    }
    return found;
  }

  function isReachable(userId: string, failures: JsonObject): boolean {
    const server = userId.slice(userId.indexOf(":") + 1);
    if (!faults.isUnreachable(server) && isKnownServer(userId)) return true;
    failures[server] = { status: 503, message: "Not ready for retry" };
    return false;
  }

  /** Users of another server name exist only where a test registered them. */
  function isKnownServer(userId: string): boolean {
    return userId.endsWith(`:${state.serverName}`) || state.accounts.find(userId) !== undefined;
  }
}
