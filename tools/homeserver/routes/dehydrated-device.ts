import { isObject, objectOr, stringOr, type JsonObject } from "../json.ts";
import { badJson, invalidParam, MatrixError } from "../matrix-error.ts";
import { Call, type Router } from "../router.ts";
import { encodeTimelineToken, parseTimelineToken } from "../stream.ts";

const PATH = "/org.matrix.msc3814.v1/dehydrated_device";

/** MSC3814. */
export function addDehydratedDeviceRoutes(router: Router): void {
  const { state } = router;
  const { crossSigning, dehydratedDevices, deviceKeys, devices, switches, toDevice } = state;

  router.put(PATH, (call) => {
    requireOffered();
    const { userId } = call.session;
    const { body } = call;
    const deviceId = Call.requireString(body, "device_id");
    const deviceData = body["device_data"];
    const identity = body["device_keys"];
    if (!isObject(deviceData) || !isObject(identity)) throw badJson("Incomplete dehydrated device");
    if (identity["user_id"] !== userId || identity["device_id"] !== deviceId) throw invalidParam("Device keys of another device");
    const present = dehydratedDevices.find(userId);
    if (devices.find(userId, deviceId) !== undefined && present?.deviceId !== deviceId) throw invalidParam("A device has this ID");
    if (present !== undefined) state.removeDevice(userId, present.deviceId);
    devices.add(userId, deviceId, stringOr(body["initial_device_display_name"], undefined));
    deviceKeys.store(userId, deviceId, identity);
    crossSigning.removeDevice(userId, deviceId);
    deviceKeys.addOneTimeKeys(userId, deviceId, objectOr(body["one_time_keys"]));
    deviceKeys.setFallbackKeys(userId, deviceId, objectOr(body["fallback_keys"]));
    dehydratedDevices.set(userId, { deviceId, deviceData });
    state.deviceChanged(userId);
    return { device_id: deviceId };
  });

  router.get(PATH, (call) => {
    requireOffered();
    const { deviceId, deviceData } = dehydratedDevices.expect(call.session.userId);
    return { device_id: deviceId, device_data: deviceData };
  });

  router.delete(PATH, (call) => {
    requireOffered();
    const { userId } = call.session;
    const { deviceId } = dehydratedDevices.expect(userId);
    state.removeDevice(userId, deviceId);
    return { device_id: deviceId };
  });

  router.get(`${PATH}/:deviceId/events`, (call) => {
    const { events, reached, isLast } = page(call, call.query("from"));
    return { events, ...(isLast ? {} : { next_batch: encodeTimelineToken(reached) }) };
  });

  // As it was before July 2026; there is always a next page, and the last one is empty.
  router.post(`${PATH}/:deviceId/events`, (call) => {
    const { events, reached } = page(call, stringOr(call.body["next_batch"], undefined));
    return { events, next_batch: encodeTimelineToken(reached) };
  });

  /** Nothing is forgotten by being read: a client may break off and begin again. */
  function page(call: Call, token: string | undefined): { events: JsonObject[]; reached: number; isLast: boolean } {
    requireOffered();
    const { userId } = call.session;
    const { deviceId } = dehydratedDevices.expectId(userId, call.param("deviceId"));
    const since = token === undefined ? 0 : parseTimelineToken(token);
    if (since === undefined) throw invalidParam("Invalid position");
    const until = state.stream.position;
    const { messages, reached } = toDevice.after(
      userId,
      deviceId,
      since,
      until,
      Math.max(1, Math.min(100, call.integerQuery("limit", 100))),
    );
    return { events: messages.map(({ type, sender, content }) => ({ type, sender, content })), reached, isLast: reached === until };
  }

  function requireOffered(): void {
    if (!switches.dehydratedDevices) throw new MatrixError(404, "M_UNRECOGNIZED", "Unrecognized request");
  }
}
