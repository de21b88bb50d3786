import { isObject, objectOr } from "../json.ts";
import { badJson } from "../matrix-error.ts";
import type { Router } from "../router.ts";

export function addToDeviceRoutes(router: Router): void {
  const { state } = router;

  router.put("/sendToDevice/:eventType/:transactionId", (call) => {
    const { userId, deviceId } = call.session;
    const { body } = call;
    call.limit("sendToDevice", userId);
    if (!isObject(body["messages"])) throw badJson("Missing messages");
    const messages = body["messages"];
    return state.transactions.once([userId, deviceId, "sendToDevice", call.param("eventType"), call.param("transactionId")], () => {
      for (const [targetUser, devices] of Object.entries(messages))
        for (const [targetDevice, content] of Object.entries(objectOr(devices)))
          state.sendToDevice(userId, call.param("eventType"), targetUser, targetDevice, objectOr(content));
      return {};
    });
  });
}
