import { defaultRoomVersion, roomVersions } from "../rooms.ts";
import type { Router } from "../router.ts";

export function addDiscoveryRoutes(router: Router, baseUrl: () => string): void {
  router.at("GET", "/.well-known/matrix/client", () => ({ "m.homeserver": { base_url: baseUrl() } }));
  router.at("GET", "/_matrix/client/versions", () => ({
    versions: ["r0.6.1", "v1.1", "v1.2", "v1.3", "v1.4", "v1.5", "v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11", "v1.12"],
    unstable_features: { "org.matrix.e2e_cross_signing": true },
  }));
  router.get("/capabilities", (call) => {
    void call.session;
    return {
      capabilities: {
        "m.change_password": { enabled: true },
        "m.room_versions": {
          default: defaultRoomVersion,
          available: Object.fromEntries(roomVersions.map((version) => [version, "stable"])),
        },
        "m.set_displayname": { enabled: true },
        "m.set_avatar_url": { enabled: true },
        "m.3pid_changes": { enabled: false },
      },
    };
  });
  router.get("/voip/turnServer", (call) => {
    void call.session;
    return {};
  });
  router.get("/thirdparty/protocols", (call) => {
    void call.session;
    return {};
  });
  router.get("/account/3pid", (call) => {
    void call.session;
    return { threepids: [] };
  });
  router.get("/pushers", (call) => {
    void call.session;
    return { pushers: [] };
  });
  router.post("/pushers/set", (call) => {
    void call.session;
    return {};
  });
}
