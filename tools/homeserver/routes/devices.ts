import { stringOr, type JsonObject } from "../json.ts";
import { badJson } from "../matrix-error.ts";
import type { Device } from "../devices.ts";
import type { Router } from "../router.ts";

export function addDeviceRoutes(router: Router): void {
  const { devices, interactiveAuth } = router.state;

  router.get("/devices", (call) => {
    const { userId } = call.session;
    return { devices: devices.of(userId).map((device) => encodeDevice(userId, device)) };
  });

  router.get("/devices/:deviceId", (call) => {
    const { userId } = call.session;
    return encodeDevice(userId, devices.expect(userId, call.param("deviceId")));
  });

  router.put("/devices/:deviceId", (call) => {
    const { userId } = call.session;
    const device = devices.expect(userId, call.param("deviceId"));
    device.displayName = stringOr(call.body["display_name"], device.displayName);
    // The name is part of what keys/query says of a device.
    router.state.deviceChanged(userId);
    return {};
  });

  router.delete("/devices/:deviceId", (call) => {
    const { userId } = call.session;
    interactiveAuth.require(call.body, [["m.login.password"]], userId);
    router.state.removeDevice(userId, call.param("deviceId"));
    return {};
  });

  router.post("/delete_devices", (call) => {
    const { userId } = call.session;
    const { body } = call;
    const named = body["devices"];
    if (!Array.isArray(named)) throw badJson("devices must be a list");
    interactiveAuth.require(body, [["m.login.password"]], userId);
    for (const deviceId of named) if (typeof deviceId === "string") router.state.removeDevice(userId, deviceId);
    return {};
  });
}

function encodeDevice(userId: string, { deviceId, displayName, lastSeenAt }: Device): JsonObject {
  return {
    device_id: deviceId,
    user_id: userId,
    ...(displayName === undefined ? {} : { display_name: displayName }),
    last_seen_ts: lastSeenAt,
    last_seen_ip: "127.0.0.1",
  };
}
