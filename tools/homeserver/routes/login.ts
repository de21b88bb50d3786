import { objectOr, stringOr, type JsonObject } from "../json.ts";
import { forbidden, MatrixError } from "../matrix-error.ts";
import { randomId } from "../random.ts";
import { Call, type Router } from "../router.ts";

export function addLoginRoutes(router: Router): void {
  const { accounts, sessions, interactiveAuth, devices, switches } = router.state;

  router.get("/login", () => ({ flows: [{ type: "m.login.password" }, { type: "m.login.sso" }, { type: "m.login.token" }] }));

  router.post("/login", (call) => {
    const { body } = call;
    call.limit("login", "everybody");
    const userId = authenticatedUser(body);
    const { access_token, refresh_token, expires_in_ms, deviceId } = router.state.logIn(
      userId,
      stringOr(body["device_id"], undefined),
      stringOr(body["initial_device_display_name"], undefined),
      body["refresh_token"] === true,
    );
    return { user_id: userId, device_id: deviceId, access_token, ...(refresh_token === undefined ? {} : { refresh_token, expires_in_ms }) };
  });

  router.post("/register", (call) => {
    const { body } = call;
    call.limit("register", "everybody");
    if (call.query("kind") === "guest") throw new MatrixError(403, "M_GUEST_ACCESS_FORBIDDEN", "No guests here");
    if (!switches.openRegistration) throw forbidden("Registration has been disabled");
    const name = stringOr(body["username"], `user-${randomId(8).toLowerCase()}`);
    if (name.startsWith("@")) throw new MatrixError(400, "M_INVALID_USERNAME", "A localpart is expected");
    if (accounts.find(accounts.userId(name)) !== undefined) throw new MatrixError(400, "M_USER_IN_USE", "User ID already taken.");
    interactiveAuth.require(body, [["m.login.dummy"]]);
    const { userId } = accounts.create(name, Call.requireString(body, "password"));
    if (body["inhibit_login"] === true) return { user_id: userId };
    const { deviceId, access_token, refresh_token, expires_in_ms } = router.state.logIn(
      userId,
      stringOr(body["device_id"], undefined),
      stringOr(body["initial_device_display_name"], undefined),
      body["refresh_token"] === true,
    );
    return { user_id: userId, device_id: deviceId, access_token, ...(refresh_token === undefined ? {} : { refresh_token, expires_in_ms }) };
  });

  router.get("/register/available", (call) => {
    const userId = accounts.userId(call.query("username") ?? "");
    if (accounts.find(userId) !== undefined) throw new MatrixError(400, "M_USER_IN_USE", "User ID already taken.");
    return { available: true };
  });

  router.post("/refresh", (call) => sessions.refresh(Call.requireString(call.body, "refresh_token")));

  router.post("/logout", (call) => {
    const { userId, deviceId } = call.session;
    router.state.removeDevice(userId, deviceId);
    return {};
  });

  router.post("/logout/all", (call) => {
    const { userId } = call.session;
    for (const { deviceId } of devices.of(userId)) router.state.removeDevice(userId, deviceId);
    return {};
  });

  router.get("/account/whoami", (call) => {
    const { userId, deviceId } = call.session;
    return { user_id: userId, device_id: deviceId, is_guest: false };
  });

  router.post("/account/password", (call) => {
    const { userId, deviceId } = call.session;
    const { body } = call;
    interactiveAuth.require(body, [["m.login.password"]], userId);
    accounts.changePassword(userId, Call.requireString(body, "new_password"));
    if (body["logout_devices"] !== false)
      for (const device of devices.of(userId)) if (device.deviceId !== deviceId) router.state.removeDevice(userId, device.deviceId);
    return {};
  });

  function authenticatedUser(body: JsonObject): string {
    switch (body["type"]) {
      case "m.login.password": {
        const identifier = objectOr(body["identifier"]);
        const name = stringOr(identifier["user"], stringOr(body["user"], undefined));
        if (name === undefined) throw new MatrixError(400, "M_UNKNOWN", "Unsupported identifier");
        const userId = accounts.userId(name);
        if (!accounts.isPassword(userId, Call.requireString(body, "password"))) throw forbidden("Invalid username or password");
        return userId;
      }
      case "m.login.token":
        return sessions.redeemLoginToken(Call.requireString(body, "token"));
      default:
        throw new MatrixError(400, "M_UNKNOWN", "Unknown login type");
    }
  }
}
