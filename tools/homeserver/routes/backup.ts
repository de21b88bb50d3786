import type { JsonObject } from "../json.ts";
import type { Call, Router } from "../router.ts";

export function addBackupRoutes(router: Router): void {
  const { backups } = router.state;

  router.post("/room_keys/version", (call) => backups.create(call.session.userId, call.body));
  router.get("/room_keys/version", (call) => backups.info(call.session.userId));
  router.get("/room_keys/version/:version", (call) => backups.info(call.session.userId, call.param("version")));
  router.put("/room_keys/version/:version", (call) => {
    backups.update(call.session.userId, call.param("version"), call.body);
    return {};
  });
  router.delete("/room_keys/version/:version", (call) => {
    backups.remove(call.session.userId, call.param("version"));
    return {};
  });

  router.put("/room_keys/keys", (call) => {
    const rooms = call.body["rooms"];
    return put(call, typeof rooms === "object" && rooms !== null ? { ...rooms } : {});
  });
  router.put("/room_keys/keys/:roomId", (call) => put(call, { [call.param("roomId")]: call.body }));
  router.put("/room_keys/keys/:roomId/:sessionId", (call) =>
    put(call, { [call.param("roomId")]: { sessions: { [call.param("sessionId")]: call.body } } }),
  );

  router.get("/room_keys/keys", (call) => backups.keys(call.session.userId, call.query("version")));
  router.get("/room_keys/keys/:roomId", (call) => backups.keys(call.session.userId, call.query("version"), call.param("roomId")));
  router.get("/room_keys/keys/:roomId/:sessionId", (call) =>
    backups.keys(call.session.userId, call.query("version"), call.param("roomId"), call.param("sessionId")),
  );

  router.delete("/room_keys/keys", (call) => backups.removeKeys(call.session.userId, call.query("version")));
  router.delete("/room_keys/keys/:roomId", (call) => backups.removeKeys(call.session.userId, call.query("version"), call.param("roomId")));
  router.delete("/room_keys/keys/:roomId/:sessionId", (call) =>
    backups.removeKeys(call.session.userId, call.query("version"), call.param("roomId"), call.param("sessionId")),
  );

  function put(call: Call, rooms: JsonObject): JsonObject {
    return backups.putKeys(call.session.userId, call.query("version"), rooms);
  }
}
