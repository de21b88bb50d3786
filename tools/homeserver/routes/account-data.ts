import { objectOr, type JsonObject } from "../json.ts";
import { MatrixError, notFound } from "../matrix-error.ts";
import { ruleKinds } from "../push-rules.ts";
import { Call, type Router } from "../router.ts";

/** Account data, filters, push rules and profiles: what a user stores about themselves. */
export function addAccountDataRoutes(router: Router): void {
  const { state } = router;
  const { accountData, filters, pushRules, accounts, rooms } = state;

  router.put("/user/:userId/account_data/:type", (call) => put(call, undefined));
  router.get("/user/:userId/account_data/:type", (call) => {
    const userId = call.ownUser();
    return call.param("type") === "m.push_rules" ? { global: pushRules.of(userId) } : find(userId, undefined, call.param("type"));
  });
  router.put("/user/:userId/rooms/:roomId/account_data/:type", (call) => put(call, call.param("roomId")));
  router.get("/user/:userId/rooms/:roomId/account_data/:type", (call) => find(call.ownUser(), call.param("roomId"), call.param("type")));
  router.get("/user/:userId/rooms/:roomId/tags", (call) => ({
    tags: {},
    ...accountData.find(call.ownUser(), call.param("roomId"), "m.tag"),
  }));

  router.put("/user/:userId/rooms/:roomId/tags/:tag", (call) => tag(call, call.body));
  router.delete("/user/:userId/rooms/:roomId/tags/:tag", (call) => tag(call, undefined));

  router.post("/user/:userId/filter", (call) => ({ filter_id: filters.add(call.ownUser(), call.body) }));
  router.get("/user/:userId/filter/:filterId", (call) => filters.find(call.ownUser(), call.param("filterId")));

  router.get("/pushrules", (call) => ({ global: pushRules.of(call.session.userId) }));
  router.get("/pushrules/", (call) => ({ global: pushRules.of(call.session.userId) }));
  router.get("/pushrules/global/", (call) => pushRules.of(call.session.userId));
  router.get("/pushrules/global/:kind/:ruleId", (call) => ({
    ...pushRules.find(call.session.userId, call.param("kind"), call.param("ruleId")),
  }));
  router.put("/pushrules/global/:kind/:ruleId", (call) => {
    pushRules.put(call.session.userId, call.param("kind"), call.param("ruleId"), call.body);
    return rulesChanged(call.session.userId);
  });
  router.delete("/pushrules/global/:kind/:ruleId", (call) => {
    pushRules.remove(call.session.userId, call.param("kind"), call.param("ruleId"));
    return rulesChanged(call.session.userId);
  });
  router.put("/pushrules/global/:kind/:ruleId/enabled", (call) => {
    pushRules.find(call.session.userId, call.param("kind"), call.param("ruleId")).enabled = call.body["enabled"] === true;
    return rulesChanged(call.session.userId);
  });
  router.put("/pushrules/global/:kind/:ruleId/actions", (call) => {
    const { actions } = call.body;
    pushRules.find(call.session.userId, call.param("kind"), call.param("ruleId")).actions = Array.isArray(actions) ? actions : [];
    return rulesChanged(call.session.userId);
  });

  router.get("/profile/:userId", (call) => Object.fromEntries(profileOf(call)));
  router.get("/profile/:userId/:field", (call) => {
    const value = profileOf(call).get(call.param("field"));
    if (value === undefined) throw notFound("Profile field not found");
    return { [call.param("field")]: value };
  });
  router.put("/profile/:userId/:field", (call) => {
    call.ownUser();
    profileOf(call).set(call.param("field"), call.body[call.param("field")]);
    return profileChanged(call);
  });
  router.delete("/profile/:userId/:field", (call) => {
    call.ownUser();
    profileOf(call).delete(call.param("field"));
    return profileChanged(call);
  });

  router.post("/user_directory/search", (call) => {
    void call.session;
    const { body } = call;
    const term = Call.requireString(body, "search_term").toLowerCase();
    const limit = typeof body["limit"] === "number" ? body["limit"] : 10;
    const found: JsonObject[] = [];
    for (const { userId, profile } of accounts.all()) {
      const displayName = profile.get("displayname");
      if (!userId.toLowerCase().includes(term) && !(typeof displayName === "string" && displayName.toLowerCase().includes(term))) continue;
      found.push({ user_id: userId, display_name: displayName, avatar_url: profile.get("avatar_url") });
    }
    return { results: found.slice(0, limit), limited: found.length > limit };
  });

  router.put("/presence/:userId/status", (call) => {
    call.ownUser();
    return {};
  });
  router.get("/presence/:userId/status", (call) => {
    void call.session;
    return { presence: "offline" };
  });

  function put(call: Call, roomId: string | undefined): JsonObject {
    const userId = call.ownUser();
    const type = call.param("type");
    if (type === "m.fully_read" || type === "m.push_rules") throw new MatrixError(405, "M_BAD_JSON", "This type is managed by the server");
    accountData.put(userId, roomId, type, call.body, state.stream.advance());
    state.stream.wake([userId]);
    return {};
  }

  function tag(call: Call, content: JsonObject | undefined): JsonObject {
    const userId = call.ownUser();
    const known = accountData.find(userId, call.param("roomId"), "m.tag")?.["tags"];
    const tags = Object.entries({ ...objectOr(known) }).filter(([name]) => name !== call.param("tag"));
    if (content !== undefined) tags.push([call.param("tag"), content]);
    accountData.put(userId, call.param("roomId"), "m.tag", { tags: Object.fromEntries(tags) }, state.stream.advance());
    state.stream.wake([userId]);
    return {};
  }

  function find(userId: string, roomId: string | undefined, type: string): JsonObject {
    const content = accountData.find(userId, roomId, type);
    if (content === undefined) throw notFound("Account data not found");
    return content;
  }

  function rulesChanged(userId: string): JsonObject {
    const ruleset = Object.fromEntries(ruleKinds.map((kind) => [kind, pushRules.of(userId)[kind]]));
    accountData.put(userId, undefined, "m.push_rules", { global: ruleset }, state.stream.advance());
    state.stream.wake([userId]);
    return {};
  }

  function profileOf(call: Call): Map<string, unknown> {
    const account = accounts.find(call.param("userId"));
    if (account === undefined) throw notFound("No such user");
    return account.profile;
  }

  function profileChanged(call: Call): JsonObject {
    const userId = call.ownUser();
    if (["displayname", "avatar_url"].includes(call.param("field")))
      for (const room of rooms.joinedBy(userId)) rooms.setMembership(room, userId, userId, "join");
    return {};
  }
}
