import { describe, expect, it } from "vitest";
import type { JsonObject } from "../json.ts";
import { dig, digList, TestKey, TestUser } from "../test-user.ts";
import { fallbackKey, homeserverUnderTest, oneTimeKey } from "./server.ts";

const baseUrl = await homeserverUnderTest();

describe("keys", () => {
  it("hands out a one-time key once, then the fallback key again and again", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const uploaded = await ada.ok("POST", "/v3/keys/upload", {
      one_time_keys: { "signed_curve25519:A": oneTimeKey("a"), "signed_curve25519:B": oneTimeKey("b") },
      fallback_keys: { "signed_curve25519:F": fallbackKey("f") },
    });
    expect(uploaded["one_time_key_counts"]).toEqual({ signed_curve25519: 2 });
    expect((await ada.sync())["device_unused_fallback_key_types"]).toEqual(["signed_curve25519"]);
    const claim = async () =>
      dig(
        await bob.ok("POST", "/v3/keys/claim", { one_time_keys: { [ada.userId]: { [ada.deviceId]: "signed_curve25519" } } }),
        "one_time_keys",
        ada.userId,
        ada.deviceId,
      );
    const claimed = [await claim(), await claim()].map((key) => Object.keys(Object(key))[0]);
    expect(new Set(claimed)).toEqual(new Set(["signed_curve25519:A", "signed_curve25519:B"]));
    expect(await claim()).toEqual({ "signed_curve25519:F": fallbackKey("f") });
    expect(await claim()).toEqual({ "signed_curve25519:F": fallbackKey("f") });
    const after = await ada.sync();
    expect(after["device_one_time_keys_count"]).toEqual({ signed_curve25519: 0 });
    expect(after["device_unused_fallback_key_types"]).toEqual([]);
    await ada.ok("POST", "/v3/keys/upload", { fallback_keys: { "signed_curve25519:G": fallbackKey("g") } });
    expect((await ada.sync())["device_unused_fallback_key_types"]).toEqual(["signed_curve25519"]);
  });

  it("accepts a repeated upload of a one-time key and refuses other bytes under its id", async () => {
    const ada = await TestUser.register(baseUrl, "ada");
    const upload = (key: string) => ada.call("POST", "/v3/keys/upload", { one_time_keys: { "signed_curve25519:A": oneTimeKey(key) } });
    expect((await upload("a")).status).toBe(200);
    expect((await upload("a")).status).toBe(200);
    expect((await upload("b")).status).toBe(400);
    const unsigned = await ada.call("POST", "/v3/keys/upload", { one_time_keys: { "signed_curve25519:B": { key: "b" } } });
    expect([unsigned.status, unsigned.body["errcode"]]).toEqual([400, "M_BAD_JSON"]);
    expect(dig(await ada.sync(), "device_one_time_keys_count", "signed_curve25519")).toBe(1);
  });

  it("publishes cross-signing keys, asks for the password to replace them, and merges signatures", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const [device, master, selfSigning, userSigning] = [new TestKey(), new TestKey(), new TestKey(), new TestKey()];
    const deviceKeys = device.sign(
      {
        user_id: ada.userId,
        device_id: ada.deviceId,
        algorithms: ["m.megolm.v1.aes-sha2"],
        keys: { [`ed25519:${ada.deviceId}`]: device.publicKey },
      },
      ada.userId,
      `ed25519:${ada.deviceId}`,
    );
    await ada.ok("POST", "/v3/keys/upload", { device_keys: deviceKeys });
    const crossKey = (usage: string, key: TestKey) => ({
      user_id: ada.userId,
      usage: [usage],
      keys: { [`ed25519:${key.publicKey}`]: key.publicKey },
    });
    const byMaster = (usage: string, key: TestKey, signer = master) =>
      signer.sign(crossKey(usage, key), ada.userId, `ed25519:${signer.publicKey}`);
    const upload: JsonObject = {
      master_key: crossKey("master", master),
      self_signing_key: byMaster("self_signing", selfSigning),
      user_signing_key: byMaster("user_signing", userSigning),
    };
    const forged = await ada.call("POST", "/v3/keys/device_signing/upload", {
      ...upload,
      self_signing_key: { ...byMaster("self_signing", selfSigning), usage: ["self_signing", "x"] },
    });
    expect([forged.status, forged.body["errcode"]]).toEqual([400, "M_INVALID_SIGNATURE"]);
    // The first keys and a repetition need no password (MSC3967).
    await ada.ok("POST", "/v3/keys/device_signing/upload", upload);
    await ada.ok("POST", "/v3/keys/device_signing/upload", upload);
    const other = new TestKey();
    expect((await ada.call("POST", "/v3/keys/device_signing/upload", { master_key: crossKey("master", other) })).status).toBe(401);

    const signed = selfSigning.sign(deviceKeys, ada.userId, `ed25519:${selfSigning.publicKey}`);
    const wrong = other.sign(deviceKeys, ada.userId, `ed25519:${selfSigning.publicKey}`);
    const refused = await ada.ok("POST", "/v3/keys/signatures/upload", { [ada.userId]: { [ada.deviceId]: wrong } });
    expect(dig(refused, "failures", ada.userId, ada.deviceId, "errcode")).toBe("M_INVALID_SIGNATURE");
    expect(await ada.ok("POST", "/v3/keys/signatures/upload", { [ada.userId]: { [ada.deviceId]: signed } })).toEqual({ failures: {} });

    const seenByBob = await bob.ok("POST", "/v3/keys/query", { device_keys: { [ada.userId]: [] } });
    const signatures = dig(seenByBob, "device_keys", ada.userId, ada.deviceId, "signatures", ada.userId);
    expect(Object.keys(Object(signatures)).toSorted()).toEqual([`ed25519:${ada.deviceId}`, `ed25519:${selfSigning.publicKey}`].toSorted());
    expect(dig(seenByBob, "master_keys", ada.userId)).toBeDefined();
    expect(dig(seenByBob, "user_signing_keys", ada.userId)).toBeUndefined();
    const seenByAda = await ada.ok("POST", "/v3/keys/query", { device_keys: { [ada.userId]: [] } });
    expect(dig(seenByAda, "user_signing_keys", ada.userId)).toBeDefined();
  });
});

describe("to-device messages", () => {
  it("come again until the next since token acknowledges them, once per transaction id", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    await ada.sync();
    const since = ada.since ?? "";
    await bob.sendToDevice(ada, { n: 1 }, "same");
    await bob.sendToDevice(ada, { n: 1 }, "same");
    await bob.sendToDevice({ userId: ada.userId, deviceId: "*" }, { n: 2 });
    const numbers = (answer: JsonObject) => digList(answer, "to_device", "events").map((event) => dig(event, "content", "n"));
    expect(numbers(await ada.sync({ since }))).toEqual([1, 2]);
    const second = await ada.sync({ since });
    expect(numbers(second)).toEqual([1, 2]);
    expect(numbers(await ada.sync({ since: String(second["next_batch"]) }))).toEqual([]);
  });

  it("come in portions when there are many", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    await ada.sync();
    for (let n = 0; n < 130; n++) await bob.sendToDevice(ada, { n });
    const first = digList(await ada.sync(), "to_device", "events");
    const second = digList(await ada.sync(), "to_device", "events");
    expect(first.length).toBe(100);
    expect([...first, ...second].map((event) => dig(event, "content", "n"))).toEqual(Array.from({ length: 130 }, (_, n) => n));
  });
});

describe("a dehydrated device", () => {
  const PATH = "/unstable/org.matrix.msc3814.v1/dehydrated_device";
  const put = (user: TestUser, deviceId: string) =>
    user.ok("PUT", PATH, {
      device_id: deviceId,
      initial_device_display_name: "Dehydrated device",
      device_data: { algorithm: "org.matrix.msc3814.v2", device_pickle: deviceId, nonce: "n" },
      device_keys: {
        user_id: user.userId,
        device_id: deviceId,
        algorithms: [],
        keys: { [`ed25519:${deviceId}`]: "k" },
        signatures: {},
        dehydrated: true,
      },
      one_time_keys: { "signed_curve25519:A": oneTimeKey("a") },
      fallback_keys: { "signed_curve25519:F": fallbackKey("f") },
    });

  it("is one a user, seen by others, written to, and read again and again until another takes its place", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const none = await ada.call("GET", PATH);
    expect([none.status, none.body["errcode"]]).toEqual([404, "M_NOT_FOUND"]);
    expect(await put(ada, "FIRST")).toEqual({ device_id: "FIRST" });
    expect(await ada.ok("GET", PATH)).toMatchObject({ device_id: "FIRST", device_data: { device_pickle: "FIRST" } });
    const seen = async () =>
      Object.keys(Object(dig(await bob.ok("POST", "/v3/keys/query", { device_keys: { [ada.userId]: [] } }), "device_keys", ada.userId)));
    expect(await seen()).toContain("FIRST");
    for (let n = 0; n < 3; n++) await bob.sendToDevice({ userId: ada.userId, deviceId: "FIRST" }, { n });

    const events = (query: string) => ada.ok("GET", `${PATH}/FIRST/events?${query}`);
    const numbers = (answer: JsonObject) => digList(answer, "events").map((event) => dig(event, "content", "n"));
    const all = await events("");
    expect([numbers(all), all["next_batch"]]).toEqual([[0, 1, 2], undefined]);
    const first = await events("limit=2");
    expect(numbers(first)).toEqual([0, 1]);
    const rest = await events(`from=${encodeURIComponent(String(first["next_batch"]))}`);
    expect([numbers(rest), rest["next_batch"]]).toEqual([[2], undefined]);
    // As it was at first: a page more, which is empty.
    const old = await ada.ok("POST", `${PATH}/FIRST/events`, {});
    expect(numbers(old)).toEqual([0, 1, 2]);
    expect(numbers(await ada.ok("POST", `${PATH}/FIRST/events`, { next_batch: String(old["next_batch"]) }))).toEqual([]);

    await put(ada, "SECOND");
    expect(await seen()).not.toContain("FIRST");
    expect((await ada.call("GET", `${PATH}/FIRST/events`)).status).toBe(403);
    expect((await bob.call("GET", `${PATH}/SECOND/events`)).status).toBe(403);
    expect(await ada.ok("DELETE", PATH)).toEqual({ device_id: "SECOND" });
    expect((await ada.call("GET", PATH)).status).toBe(404);
    expect(await seen()).not.toContain("SECOND");
  });
});
