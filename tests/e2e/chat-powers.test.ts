// Arbitrary code in the chat page: it calls every verb of every contract with everything that it can know, on its port and through the preload, while a
// verification waits to be confirmed. Nothing is confirmed, revealed, exported or reset, and no answer holds a secret.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect as value, test } from "vitest";
import { contracts } from "../../protocol/version.ts";
import { type AppDriver, expect, PASSPHRASE, text } from "../support/app-driver.ts";
import type { ForeignClient } from "../support/foreign-client.ts";
import type { ForeignVerification } from "../support/foreign-verification.ts";
import { SecretScanner } from "../support/secret-scanner.ts";
import { type Call, callShell } from "./page-attacks.ts";
import { askPort } from "./page-port.ts";
import { withStoreCopy } from "./profile-secrets.ts";
import { registerSecrets } from "./secret-registry.ts";
import { PASSWORD, World } from "./world.ts";

let world: World;
let app: AppDriver;
let eve: ForeignClient;
let flow: ForeignVerification;
let roomId: string;
let eventId: string;
const replies: string[] = [];

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  eve = await world.foreign("eve");
  await eve.makeIdentity();
  roomId = await eve.createRoom({ name: "Market", invite: [world.you] });
  await app.page.getByRole("button", { name: text("invite.acceptNamed", { room: "Market" }) }).click();
  await expect(app.composer).toBeVisible();
  await eve.knows(roomId, world.you, "join");
  await eve.knowsIdentity(world.you);
  eventId = await eve.send(roomId, "hello");
  await app.expectMessage("hello");
  flow = await eve.requestUser(world.you, roomId);
}, 300_000);
afterAll(async () => {
  await World.end(world);
});

/** Everything that a verb may be given, as far as code in the page can know or guess it. */
function guesses(): readonly unknown[] {
  const user = { userId: eve.userId };
  const device = { ...user, deviceId: eve.deviceId };
  const flowId = { flowId: flow.flowId };
  const auth = { auth: { kind: "none" } };
  return [
    {},
    user,
    device,
    flowId,
    auth,
    { roomId },
    { roomId, eventId },
    { deviceIds: [eve.deviceId], ...auth },
    { target: { kind: "user", userId: eve.userId, roomId } },
    { target: { kind: "own-devices" } },
    { ...flowId, data: [1, 2, 3] },
    { passphrase: PASSPHRASE },
    { current: PASSPHRASE, next: PASSPHRASE },
    { passphrase: null, ...auth },
    { recoveryKey: "EsTc 1111 2222 3333" },
    { exportId: "1" },
    { importId: "1", passphrase: PASSPHRASE },
    { kind: "vault" },
    { wrap: "keychain" },
    { session: {} },
  ];
}

const callsOf = (names: readonly string[]): Call[] => names.flatMap((method) => guesses().map((params) => ({ method, params })));
const verbsOf = (name: string): string[] => Object.keys(contracts[name] ?? {});

describe("code in the chat page", () => {
  test("finds no verb of another contract on its port, and gets no other port", async () => {
    const chat = new Set(verbsOf("chat"));
    const foreign = Object.keys(contracts).flatMap((name) => verbsOf(name).filter((verb) => !chat.has(verb)));
    value(foreign).toContain("confirmSas");
    value(foreign).toContain("enableRecovery");
    value(foreign).toContain("exportKeys");
    const { answers, kinds } = await askPort(app.page, callsOf(foreign));
    value(answers.filter(([, reply]) => !reply.includes('"unknown-method"')).map(([method]) => method)).toEqual([]);
    value(new Set(kinds)).toEqual(new Set(["chat"]));
    replies.push(...answers.map(([, reply]) => reply));
  });

  test("may call its own verbs, with anything", async () => {
    // These would only undo what the test stands on: leaving and forgetting the room, writing into it.
    const left = new Set([
      "leave",
      "forget",
      "kick",
      "send",
      "edit",
      "forward",
      "redact",
      "react",
      "createRoom",
      "setRoomName",
      "setRoomTopic",
      "setPinned",
      "markRead",
    ]);
    const verbs = verbsOf("chat").filter((verb) => contracts["chat"]?.[verb]?.kind === "call" && !left.has(verb));
    value(verbs.length).toBeGreaterThan(15);
    const { answers } = await askPort(app.page, callsOf(verbs));
    value(answers.filter(([, reply]) => reply === "no answer")).toEqual([]);
    replies.push(...answers.map(([, reply]) => reply));
  });

  test("may ask main for what its contract has, and what belongs to the vault is refused", async () => {
    const ends = new Set([
      "setAccountAside",
      "lock",
      "register",
      "loginPassword",
      "loginSso",
      "reauthenticate",
      "reauthenticateSso",
      "discover",
    ]);
    for (const verb of verbsOf("shell").filter((name) => contracts["shell"]?.[name]?.kind === "call" && !ends.has(name)))
      for (const params of guesses()) replies.push(JSON.stringify(await callShell(app.page, verb, params)));
    for (const to of ["keychain", "passphrase"])
      value(JSON.stringify(await callShell(app.page, "changeAppLock", { to }))).toContain('"ok":false');
    // Main asks a person first, and nobody answers.
    for (const force of [true, false]) value(JSON.stringify(await callShell(app.page, "logout", { force }))).toContain('"cancelled"');
    // Opened for a verification or not: what for is the vault's to know.
    await callShell(app.page, "openVault", { intent: { kind: "verify-user", userId: eve.userId } });
    value(JSON.stringify(await callShell(app.page, "takeVaultIntent", {}))).not.toContain(eve.userId);
    await callShell(app.page, "closeVault", {});
    for (const verb of [...verbsOf("vault"), ...verbsOf("control"), ...verbsOf("network")].filter(
      (name) => !verbsOf("shell").includes(name),
    )) {
      const reply = JSON.stringify(await callShell(app.page, verb, { flowId: flow.flowId }).catch(() => "refused"));
      value(reply, verb).not.toContain('"ok":true');
      replies.push(reply);
    }
  });

  test("has confirmed nothing, reset nothing, and signed nobody out", async () => {
    value(flow.phase).not.toBe("Done");
    value(await eve.hasVerified(world.you)).toBe(false);
    const uploads = world.homeserver.requests({
      userId: world.you,
      method: "POST",
      path: /signatures\/upload|device_signing\/upload|room_keys|delete_devices/,
    });
    const signed = uploads.filter(({ body }) => JSON.stringify(body).includes(eve.userId));
    value(signed).toEqual([]);
    value(uploads.filter(({ path }) => /delete_devices|room_keys/.test(path))).toEqual([]);
    // One identity, made at the sign-in.
    const identities = uploads
      .filter(({ path, status }) => path.includes("device_signing") && status === 200)
      .map(({ body }) => JSON.stringify(Object(body)["master_key"]?.["keys"]));
    value(new Set(identities).size).toBe(1);
    value(world.homeserver.devices(world.you)).toHaveLength(1);
  });

  test("has read no secret in any answer", async () => {
    value(replies.length).toBeGreaterThan(500);
    await app.close();
    const { keys, tokens } = await withStoreCopy(app.accountFolder, join(world.folder, "copy"), PASSPHRASE, registerSecrets);
    const secrets = [...keys, ...tokens, { name: "password", bytes: Buffer.from(PASSWORD) }];
    const found = new SecretScanner(secrets).scan("answers", Buffer.from(replies.join("\n")));
    value(found.map(({ name }) => name)).toEqual([]);
  });
});
