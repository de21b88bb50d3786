import { chatContract } from "../../../protocol/chat.ts";
import type { RoomId } from "../../../protocol/ids.ts";
import { serve, type Channel } from "../../../protocol/rpc.ts";
import type { AccountHost } from "../../client/account-host.ts";
import type { Client } from "../../client/client.ts";
import { describeError, type Log } from "../../log.ts";
import { guarded } from "../guarded.ts";
import { accountHandlers } from "./account-handlers.ts";
import { mediaHandlers, PortFiles } from "./media-handlers.ts";
import { roomHandlers } from "./room-handlers.ts";
import { safetyHandlers } from "./safety-handlers.ts";
import { timelineHandlers } from "./timeline-handlers.ts";

const FORWARDED = [
  "statusChanged",
  "safetyChanged",
  "accountChanged",
  "roomsChanged",
  "membersChanged",
  "pinsChanged",
  "devicesChanged",
  "typingChanged",
  "transfersChanged",
  "notification",
] as const;

/** Serves the chat contract on one window's port until it closes. */
export function serveChat(host: AccountHost, channel: Channel, log: Log): void {
  const watches = new Map<RoomId, () => void>();
  const files = new PortFiles();
  let client: Client | undefined;
  let unsubscribe: (() => void)[] = [];

  const timelines = {
    open: (roomId: RoomId): void => {
      if (client !== undefined && !watches.has(roomId)) watches.set(roomId, client.watchTimeline(roomId));
    },
    close: (roomId: RoomId): void => {
      watches.get(roomId)?.();
      watches.delete(roomId);
    },
  };
  const server = serve(
    chatContract,
    guarded({
      ...accountHandlers(host),
      ...roomHandlers(host),
      ...safetyHandlers(host),
      ...timelineHandlers(host, timelines),
      ...mediaHandlers(host, files),
    }),
    channel,
    { onBug: (method, error) => log.error("bug", { method, ...describeError(error) }) },
  );
  const detach = (): void => {
    for (const stop of [...unsubscribe, ...watches.values()]) stop();
    unsubscribe = [];
    watches.clear();
    files.forget();
  };
  const attach = (next: Client | undefined): void => {
    detach();
    client = next;
    if (next === undefined) return;
    unsubscribe = FORWARDED.map((name) => next.emitter.on(name, (payload) => server.emit(name, payload)));
    const isWatched = ({ roomId }: { readonly roomId: string }): boolean => [...watches.keys()].some((watched) => watched === roomId);
    unsubscribe.push(
      next.emitter.on("timelineChanged", (payload) => {
        if (isWatched(payload)) server.emit("timelineChanged", payload);
      }),
      next.emitter.on("namesChanged", (payload) => {
        if (isWatched(payload)) server.emit("namesChanged", payload);
      }),
    );
  };
  const stopListening = host.onClient(attach);
  channel.onClose(() => {
    stopListening();
    if (client !== undefined) files.drop(client);
    detach();
    log.info("port.closed", { kind: "chat" });
  });
}
