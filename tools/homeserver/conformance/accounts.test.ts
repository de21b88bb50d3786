import { describe, expect, it } from "vitest";
import { dig, request, TestUser } from "../test-user.ts";
import { homeserverUnderTest, isEmbedded, oneTimeKey } from "./server.ts";

const baseUrl = await homeserverUnderTest();

describe("accounts", () => {
  it("asks for registration stages, refuses a name in use and a wrong password", async () => {
    const first = await request(baseUrl, "POST", "/v3/register", { username: `new-${Date.now()}`, password: "x" });
    expect(first.status).toBe(401);
    expect(first.body["errcode"]).toBeUndefined();
    expect(typeof first.body["session"]).toBe("string");
    const ada = await TestUser.register(baseUrl, "ada");
    const localpart = ada.userId.slice(1, ada.userId.indexOf(":"));
    const again = await request(baseUrl, "POST", "/v3/register", { username: localpart, password: "x", auth: { type: "m.login.dummy" } });
    expect([again.status, again.body["errcode"]]).toEqual([400, "M_USER_IN_USE"]);
    const wrong = await request(baseUrl, "POST", "/v3/login", {
      type: "m.login.password",
      identifier: { type: "m.id.user", user: localpart },
      password: "wrong",
    });
    expect([wrong.status, wrong.body["errcode"]]).toEqual([403, "M_FORBIDDEN"]);
  });

  it("ends a device with its tokens, and needs the password to delete another one", async () => {
    const ada = await TestUser.register(baseUrl, "ada");
    const second = await ada.logInAgain();
    const challenge = await ada.call("DELETE", `/v3/devices/${second.deviceId}`, {});
    expect(challenge.status).toBe(401);
    const auth = {
      type: "m.login.password",
      identifier: { type: "m.id.user", user: ada.userId },
      password: ada.password,
      session: challenge.body["session"],
    };
    expect((await ada.call("DELETE", `/v3/devices/${second.deviceId}`, { auth: { ...auth, password: "wrong" } })).status).toBe(401);
    await ada.ok("DELETE", `/v3/devices/${second.deviceId}`, { auth });
    const dead = await second.call("GET", "/v3/account/whoami");
    expect([dead.status, dead.body["errcode"]]).toEqual([401, "M_UNKNOWN_TOKEN"]);
    await ada.ok("POST", "/v3/logout", {});
    expect((await ada.call("GET", "/v3/account/whoami")).status).toBe(401);
  });

  it("replaces the session of a device that logs in again, and keeps its keys", async () => {
    const ada = await TestUser.register(baseUrl, "ada");
    await ada.ok("POST", "/v3/keys/upload", { one_time_keys: { "signed_curve25519:A": oneTimeKey("a") } });
    const again = await ada.logInAgain(ada.deviceId);
    expect(again.deviceId).toBe(ada.deviceId);
    // The spec ends the device's earlier tokens; Synapse 1.160 leaves them valid.
    if (isEmbedded) expect((await ada.call("GET", "/v3/account/whoami")).status).toBe(401);
    expect(dig(await again.sync(), "device_one_time_keys_count", "signed_curve25519")).toBe(1);
  });
});
