import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { cors } from "hono/cors";
import type { OneTimeKeyClaim, OneTimeKeyUpload } from "./device-keys.ts";
import type { Device } from "./devices.ts";
import { FaultGate } from "./fault-gate.ts";
import type { FaultInjector } from "./faults.ts";
import type { RequestFilter, SeenRequest } from "./journal.ts";
import { objectOr, type JsonObject } from "./json.ts";
import type { StoredMedia } from "./media.ts";
import { MatrixError } from "./matrix-error.ts";
import type { RateLimits } from "./rate-limit.ts";
import type { RoomEvent } from "./room.ts";
import { errorResponse, Router } from "./router.ts";
import { addAccountDataRoutes } from "./routes/account-data.ts";
import { addBackupRoutes } from "./routes/backup.ts";
import { addDehydratedDeviceRoutes } from "./routes/dehydrated-device.ts";
import { addDeviceRoutes } from "./routes/devices.ts";
import { addDiscoveryRoutes } from "./routes/discovery.ts";
import { addKeyRoutes } from "./routes/keys.ts";
import { addLoginRoutes } from "./routes/login.ts";
import { addMediaRoutes } from "./routes/media.ts";
import { addMembershipRoutes } from "./routes/membership.ts";
import { addRoomEventRoutes } from "./routes/room-events.ts";
import { addSsoRoutes } from "./routes/sso.ts";
import { addSyncRoutes } from "./routes/sync.ts";
import { addTimelineRoutes } from "./routes/timeline.ts";
import { addToDeviceRoutes } from "./routes/to-device.ts";
import { ServerState, type Switches } from "./server-state.ts";
import type { ToDeviceMessage } from "./to-device.ts";

export type HomeserverOptions = Partial<Switches> & {
  /** 0 or nothing: a free one. */
  port?: number;
  serverName?: string;
  rateLimits?: RateLimits;
  /** Of sessions that asked for refresh tokens; others never expire. */
  accessTokenLifetimeMs?: number;
};

/** A running homeserver, and what tests may look at and do behind the clients' backs. */
export interface Homeserver {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  readonly serverName: string;
  readonly faults: FaultInjector;
  readonly switches: Switches;
  /** Makes an account without a device. A full user id of another server name stands for a remote user. */
  registerUser(name: string, password: string): { userId: string };
  stop(): Promise<void>;

  /** Requests seen, oldest first; `path` is a prefix of the decoded path or an expression. */
  requests(filter?: RequestFilter): SeenRequest[];
  clearRequests(): void;
  devices(userId: string): Device[];
  /** Every event that a room has accepted, in order. */
  acceptedEvents(roomId: string): readonly RoomEvent[];
  roomsOf(userId: string): string[];
  /** Every one-time and fallback key ever uploaded, refused ones included. */
  oneTimeKeyUploads(userId?: string, deviceId?: string): OneTimeKeyUpload[];
  oneTimeKeyClaims(userId?: string, deviceId?: string): OneTimeKeyClaim[];
  oneTimeKeyCounts(userId: string, deviceId: string): Record<string, number>;
  /** Messages that wait for a device. */
  pendingToDevice(userId: string, deviceId: string): readonly ToDeviceMessage[];
  /** How many to-device messages were ever queued for a device. */
  toDeviceCount(userId: string, deviceId: string): number;

  /** The user's current key backup, if there is one. */
  keyBackup(userId: string): { version: string; count: number; etag: string } | undefined;

  /** A file as it lies there, for tests to look at and to change. */
  storedMedia(mxc: string): StoredMedia;

  /** Makes access tokens answer M_UNKNOWN_TOKEN with soft_logout. */
  softLogOut(userId: string, deviceId?: string): void;
  /** Ends a session as if the user had deleted the device elsewhere. */
  removeDevice(userId: string, deviceId: string): void;
  /** Throws away a device's one-time keys, so that its fallback key is next. */
  dropOneTimeKeys(userId: string, deviceId: string): void;
  /** What a malicious server can do: any event, any to-device message, any device keys. */
  injectEvent(
    roomId: string,
    event: { type: string; sender: string; content: JsonObject; stateKey?: string; originServerTs?: number },
  ): { eventId: string };
  injectToDevice(userId: string, deviceId: string, message: { type: string; sender: string; content: JsonObject }): void;
  injectDeviceKeys(userId: string, deviceId: string, deviceKeys: JsonObject): void;
}

export async function startHomeserver(options: HomeserverOptions = {}): Promise<Homeserver> {
  const state = new ServerState({
    serverName: options.serverName ?? "localhost",
    openRegistration: options.openRegistration ?? true,
    maxUploadBytes: options.maxUploadBytes ?? 50 * 1024 * 1024,
    authenticatedMedia: options.authenticatedMedia ?? true,
    dehydratedDevices: options.dehydratedDevices ?? true,
    uiaForFirstCrossSigningKeys: options.uiaForFirstCrossSigningKeys ?? false,
    rateLimits: options.rateLimits ?? {},
    accessTokenLifetimeMs: options.accessTokenLifetimeMs ?? 300_000,
  });
  let url = "";
  const gate = new FaultGate(
    state,
    application(state, () => url),
  );
  const listener = getRequestListener((request, environment) => gate.handle(request, environment), { overrideGlobalObjects: false });
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  server.keepAliveTimeout = 60_000;
  url = `http://127.0.0.1:${await listen(server, options.port ?? 0)}`;
  return homeserver(state, url, () => stop(server, state));
}

function application(state: ServerState, baseUrl: () => string): Hono {
  const app = new Hono();
  app.use(
    cors({
      origin: "*",
      allowHeaders: ["X-Requested-With", "Content-Type", "Authorization"],
      allowMethods: ["GET", "POST", "PUT", "DELETE", "OPTIONS"],
    }),
  );
  app.notFound(() => errorResponse(new MatrixError(404, "M_UNRECOGNIZED", "Unrecognized request")));
  app.onError((error) => {
    console.error(error);
    return errorResponse(new MatrixError(500, "M_UNKNOWN", "Internal server error"));
  });
  const router = new Router(app, state);
  addDiscoveryRoutes(router, baseUrl);
  addLoginRoutes(router);
  addSsoRoutes(router);
  addDeviceRoutes(router);
  addDehydratedDeviceRoutes(router);
  addKeyRoutes(router);
  addToDeviceRoutes(router);
  addBackupRoutes(router);
  addSyncRoutes(router);
  addMembershipRoutes(router);
  addRoomEventRoutes(router);
  addTimelineRoutes(router);
  addAccountDataRoutes(router);
  addMediaRoutes(router);
  return app;
}

function homeserver(state: ServerState, url: string, stopServer: () => Promise<void>): Homeserver {
  const isOf = (userId: string | undefined, deviceId: string | undefined) => (entry: { userId: string; deviceId: string }) =>
    (userId === undefined || entry.userId === userId) && (deviceId === undefined || entry.deviceId === deviceId);
  return {
    url,
    serverName: state.serverName,
    faults: state.faults,
    switches: state.switches,
    registerUser: (name, password) => ({ userId: state.accounts.create(name, password).userId }),
    stop: stopServer,
    requests: (filter) => state.journal.requests(filter),
    clearRequests: () => state.journal.clear(),
    devices: (userId) => state.devices.of(userId),
    acceptedEvents: (roomId) => state.rooms.expect(roomId).timeline,
    roomsOf: (userId) => state.rooms.joinedBy(userId).map((room) => room.roomId),
    oneTimeKeyUploads: (userId, deviceId) => state.deviceKeys.uploads.filter(isOf(userId, deviceId)),
    oneTimeKeyClaims: (userId, deviceId) => state.deviceKeys.claims.filter(isOf(userId, deviceId)),
    oneTimeKeyCounts: (userId, deviceId) => state.deviceKeys.counts(userId, deviceId),
    pendingToDevice: (userId, deviceId) => state.toDevice.pending(userId, deviceId),
    toDeviceCount: (userId, deviceId) => state.toDevice.sentCount(userId, deviceId),
    keyBackup: (userId) => state.backups.summary(userId),
    storedMedia: (mxc) => {
      const [serverName = "", mediaId = ""] = mxc.slice("mxc://".length).split("/");
      return state.media.find(serverName, mediaId);
    },
    softLogOut: (userId, deviceId) => {
      state.sessions.softLogOut(userId, deviceId);
      state.stream.wake([userId]);
    },
    removeDevice: (userId, deviceId) => state.removeDevice(userId, deviceId),
    dropOneTimeKeys: (userId, deviceId) => {
      state.deviceKeys.dropOneTimeKeys(userId, deviceId, state.stream.advance());
      state.stream.wake([userId]);
    },
    injectEvent: (roomId, { originServerTs, ...draft }) => {
      const circumstances = { isForced: true, ...(originServerTs === undefined ? {} : { originServerTs }) };
      return { eventId: state.rooms.append(state.rooms.expect(roomId), draft, circumstances).eventId };
    },
    injectToDevice: (userId, deviceId, { type, sender, content }) => state.sendToDevice(sender, type, userId, deviceId, objectOr(content)),
    injectDeviceKeys: (userId, deviceId, deviceKeys) => {
      if (state.deviceKeys.store(userId, deviceId, deviceKeys)) state.deviceChanged(userId);
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address === "object" && address !== null) resolve(address.port);
      else reject(new Error("The server has no port"));
    });
  });
}

function stop(server: Server, state: ServerState): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
    state.stream.wakeAll();
  });
}
