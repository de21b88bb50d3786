import { controlContract, type ControlContract } from "../../protocol/control.ts";
import { CodedError } from "../../protocol/errors.ts";
import { serve, type Channel, type Handlers } from "../../protocol/rpc.ts";
import type { AccountHost } from "../client/account-host.ts";
import type { StoreKeyCustody } from "../client/keys/store-key-custody.ts";
import { describeError, type Log } from "../log.ts";
import { serveChat } from "./chat/chat-server.ts";
import { guarded } from "./guarded.ts";
import { Handshake } from "./handshake.ts";
import { parsePort, portChannel } from "./port-channel.ts";
import { serveVault } from "./vault/vault-server.ts";

/**
 * Serves main. What a port may do is fixed here, when it is handed over. `checkProgram` runs before the greeting is answered; it throws what main is to
 * hear instead.
 */
export function serveControl(
  host: AccountHost,
  custody: StoreKeyCustody,
  channel: Channel,
  log: Log,
  checkProgram: () => void = () => undefined,
): void {
  const handshake = new Handshake();
  const { hello, ...rest } = controlHandlers(host, custody, handshake, log, checkProgram);
  const handlers = { hello, ...guarded(rest, () => handshake.require()) };
  const server = serve(controlContract, handlers, channel, {
    onBug: (method, error) => log.error("bug", { method, ...describeError(error) }),
  });
  let stop = (): void => undefined;
  host.onClient((client) => {
    stop();
    stop = client?.emitter.on("unread", (payload) => server.emit("unread", payload)) ?? ((): void => undefined);
    if (client !== undefined) server.emit("unread", client.totalUnread());
  });
  let wanted = false;
  custody.onTask((task) => {
    if (wanted === (task.kind !== "idle")) return;
    wanted = !wanted;
    server.emit("vaultWanted", { wanted });
  });
}

function controlHandlers(
  host: AccountHost,
  custody: StoreKeyCustody,
  handshake: Handshake,
  log: Log,
  checkProgram: () => void,
): Handlers<ControlContract> {
  return {
    hello: (theirs) => {
      checkProgram();
      return handshake.hello(theirs);
    },
    newStoreKey: ({ wrap }, { signal }) => custody.newKey(wrap, signal),
    takeStoreKey: async (params, { signal }) => {
      await custody.takeKey(params, signal);
      return {};
    },
    rewrapStoreKey: (params, { signal }) => custody.rewrap(params, host.keyCheck(), signal),
    createAccount: async (params) => {
      await host.create(params);
      return {};
    },
    openAccount: (params) => host.open(params),
    updateSession: ({ session }) => {
      host.client.updateSession(session);
      return {};
    },
    connectPort: ({ kind }, { ports }) => {
      const port = parsePort(ports[0]);
      if (port === undefined) throw new CodedError("invalid-request");
      const channel = portChannel(port);
      if (kind === "chat") serveChat(host, channel, log);
      else serveVault(host, custody, channel, log);
      log.info("port.connected", { kind });
      return {};
    },
    syncPosition: () => host.client.syncPosition,
    receiveSync: ({ since, body }) => host.client.receiveSync(since, body),
    connectivity: ({ online }) => {
      host.client.setOnline(online);
      return {};
    },
    sessionEnded: () => {
      host.client.sessionEnded();
      return {};
    },
    close: () => {
      host.close();
      return {};
    },
    deleteAccount: () => {
      host.delete();
      return {};
    },
  };
}
