import { MatrixError } from "../matrix-error.ts";
import type { StoredMedia } from "../media.ts";
import type { Call, Router } from "../router.ts";

export function addMediaRoutes(router: Router): void {
  const { media, switches } = router.state;
  const legacy = "/_matrix/media/:mediaVersion{(?:r0|v1|v3)}";

  router.at("POST", `${legacy}/upload`, (call) => ({ content_uri: media.upload(call.session.userId, mediaOf(call)) }));
  router.at("POST", `${legacy}/create`, (call) => ({ content_uri: media.reserve(call.session.userId) }));
  router.at("PUT", `${legacy}/upload/:serverName/:mediaId`, (call) => {
    media.fill(call.session.userId, call.param("serverName"), call.param("mediaId"), mediaOf(call));
    return {};
  });
  router.at("GET", `${legacy}/config`, (call) => {
    void call.session;
    return { "m.upload.size": switches.maxUploadBytes };
  });
  router.get("/media/config", (call) => {
    requireAuthenticated(call);
    return { "m.upload.size": switches.maxUploadBytes };
  });
  for (const kind of ["download", "thumbnail"]) {
    // A thumbnail is the original: what it looks like is of no concern here.
    for (const path of [`/${kind}/:serverName/:mediaId`, `/${kind}/:serverName/:mediaId/:fileName`]) {
      router.at("GET", `${legacy}${path}`, (call) => serve(call));
      router.get(`/media${path}`, (call) => {
        requireAuthenticated(call);
        return serve(call);
      });
    }
  }

  function requireAuthenticated(call: Call): void {
    if (!switches.authenticatedMedia) throw new MatrixError(404, "M_UNRECOGNIZED", "Unrecognized request");
    void call.session;
  }

  function serve(call: Call): Response {
    const { bytes, contentType, fileName } = media.find(call.param("serverName"), call.param("mediaId"));
    const name = call.param("fileName") || fileName;
    return new Response(bytes, {
      headers: {
        "Content-Type": contentType,
        "Content-Disposition": name === undefined ? "attachment" : `attachment; filename*=utf-8''${encodeURIComponent(name)}`,
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "cross-origin",
      },
    });
  }
}

function mediaOf(call: Call): StoredMedia {
  return { bytes: call.bytes, contentType: call.header("Content-Type") ?? "application/octet-stream", fileName: call.query("filename") };
}
