import { describe, expect, test } from "vitest";
import type { UserId } from "../../protocol/ids.ts";
import type { HttpResponse } from "../../protocol/network.ts";
import { ok } from "../../protocol/result.ts";
import { MatrixHttp } from "./http.ts";
import { InteractiveAuth } from "./interactive-auth.ts";

const USER = "@you:example.org" as UserId;
const PATH = "/_matrix/client/v3/keys/device_signing/upload";
type Stage = Readonly<Record<string, unknown>>;

/** A server that asks for any of `flows` and knows one password; what the person did in the browser is in `page`. */
class Server {
  readonly bodies: Stage[] = [];
  readonly page: string[] = [];
  readonly #flows: readonly (readonly string[])[];
  readonly #params: Stage;
  readonly #completed: string[] = [];

  constructor(flows: readonly (readonly string[])[], params: Stage = {}) {
    this.#flows = flows;
    this.#params = params;
  }

  auth(homeserver = "https://example.org"): InteractiveAuth {
    const http = new MatrixHttp(
      { call: (_method, { body }) => Promise.resolve(ok(this.#answer(JSON.parse(body ?? "{}")))) },
      { now: () => 0, randomBytes: (length) => new Uint8Array(length) },
    );
    return new InteractiveAuth({ http, userId: USER }, homeserver);
  }

  #answer(body: Stage): HttpResponse {
    this.bodies.push(body);
    const given = body["auth"] as Stage | undefined;
    if (given === undefined) return this.#challenge({});
    if (given["session"] !== "s1") return response(400, { errcode: "M_UNKNOWN" });
    const type = given["type"];
    if (type === "m.login.password" && given["password"] !== "right") return this.#challenge({ errcode: "M_FORBIDDEN" });
    if (typeof type === "string") this.#completed.push(type);
    const done = [...this.#completed, ...this.page];
    return this.#flows.some((flow) => flow.every((stage) => done.includes(stage))) ? response(200, { fine: true }) : this.#challenge({});
  }

  #challenge(error: object): HttpResponse {
    const flows = this.#flows.map((stages) => ({ stages }));
    return response(401, { ...error, session: "s1", flows, params: this.#params, completed: [...this.#completed, ...this.page] });
  }
}

const response = (status: number, body: object): HttpResponse => ({ status, body: JSON.stringify(body), bytes: null, contentType: null });
const request = { kind: "signing_keys_upload", method: "POST", path: PATH, body: { master_key: {} } } as const;
const done = { state: "done", answer: { fine: true } };

describe("with a password", () => {
  test("the session comes first, the password is in the one request that needs it", async () => {
    const server = new Server([["m.login.password"]]);
    expect(await server.auth().perform(request, { kind: "password", password: "right" })).toEqual(done);
    expect(server.bodies).toEqual([
      { master_key: {} },
      {
        master_key: {},
        auth: { type: "m.login.password", identifier: { type: "m.id.user", user: USER }, password: "right", session: "s1" },
      },
    ]);
  });

  test("a wrong one is refused, once", async () => {
    const server = new Server([["m.login.password"]]);
    expect(await server.auth().perform(request, { kind: "password", password: "wrong" })).toEqual({
      state: "auth-needed",
      password: true,
      browser: null,
      refused: true,
    });
    expect(server.bodies).toHaveLength(2);
  });

  test("stages that need nobody are done on the way", async () => {
    const server = new Server([["m.login.password", "m.login.dummy"]]);
    expect(await server.auth().perform(request, { kind: "password", password: "right" })).toEqual(done);
    expect(server.bodies.map(({ auth }) => (auth as Stage | undefined)?.["type"])).toEqual([
      undefined,
      "m.login.password",
      "m.login.dummy",
    ]);
  });
});

describe("with nothing", () => {
  test("it says what would do", async () => {
    const server = new Server([["m.login.password"], ["m.login.sso"]]);
    expect(await server.auth().perform(request, { kind: "none" })).toEqual({
      state: "auth-needed",
      password: true,
      browser: { url: "https://example.org/_matrix/client/v3/auth/m.login.sso/fallback/web?session=s1", session: "s1" },
      refused: false,
    });
  });

  test("a flow that asks for nothing needs nobody", async () => {
    const server = new Server([["m.login.password"], ["m.login.dummy"]]);
    expect(await server.auth().perform(request, { kind: "none" })).toEqual(done);
  });

  test("what nobody can do here is an error", async () => {
    const auth = new Server([["m.login.sso", "m.login.email.identity"]]).auth();
    await expect(auth.perform(request, { kind: "none" })).rejects.toMatchObject({ code: "interactive-auth-required" });
  });
});

describe("in the browser", () => {
  test("the request is made again with its session", async () => {
    const server = new Server([["m.login.sso"]]);
    const auth = server.auth();
    await auth.perform(request, { kind: "none" });
    expect(await auth.perform(request, { kind: "browser", session: "s1" })).toMatchObject({ state: "auth-needed", refused: true });
    server.page.push("m.login.sso");
    expect(await auth.perform(request, { kind: "browser", session: "s1" })).toEqual(done);
    expect(server.bodies.at(-1)).toEqual({ master_key: {}, auth: { session: "s1" } });
  });

  test("the account's page approves a new identity", async () => {
    const stage = "org.matrix.cross_signing_reset";
    const server = new Server([[stage]], { [stage]: { url: "https://account.example.org/?action=reset" } });
    expect(await server.auth().perform(request, { kind: "none" })).toMatchObject({
      browser: { url: "https://account.example.org/?action=reset", session: "s1" },
    });
  });

  test.each(["javascript:alert(1)", "file:///etc/passwd", "not a url"])("nobody is sent to %s", async (url) => {
    const stage = "org.matrix.cross_signing_reset";
    const auth = new Server([[stage]], { [stage]: { url } }).auth();
    await expect(auth.perform(request, { kind: "none" })).rejects.toMatchObject({ code: "interactive-auth-required" });
  });
});

test("a token that has ended is no question", async () => {
  const http = new MatrixHttp(
    { call: () => Promise.resolve(ok(response(401, { errcode: "M_UNKNOWN_TOKEN", flows: [] }))) },
    { now: () => 0, randomBytes: (length) => new Uint8Array(length) },
  );
  const auth = new InteractiveAuth({ http, userId: USER }, "https://example.org");
  await expect(auth.perform(request, { kind: "none" })).rejects.toMatchObject({ code: "token-expired" });
});
