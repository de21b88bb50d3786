import { CodedError } from "../../protocol/errors.ts";
import { networkContract, type HttpResponse, type NetworkContract } from "../../protocol/network.ts";
import { connect, serve, type Channel, type Client, type Handlers } from "../../protocol/rpc.ts";

/** Main's network without a disk; every request has the same answer. */
export const answering = (response: HttpResponse): Handlers<NetworkContract> => ({ http: () => response, ...withoutFiles });

/** The worker's end of a network in this process, whose requests `http` answers. */
export function networkTo(
  http: Handlers<NetworkContract>["http"],
  files: Partial<Handlers<NetworkContract>> = {},
): Client<NetworkContract> {
  const [ours, theirs] = pipe();
  serve(networkContract, { ...withoutFiles, ...files, http }, theirs, {
    onBug: (_method, error) => {
      throw error;
    },
  });
  return connect(networkContract, ours);
}

const unsupported = (): never => {
  throw new CodedError("unsupported");
};

const withoutFiles = {
  spoolAppend: unsupported,
  spoolRead: unsupported,
  spoolRemove: () => ({}),
  spoolList: () => ({ spoolIds: [] }),
  upload: unsupported,
  download: unsupported,
};

/** Two ends of a channel that delivers at once, but never within the call that posts. */
function pipe(): [Channel, Channel] {
  const listeners: [((message: unknown) => void)[], ((message: unknown) => void)[]] = [[], []];
  const end = (mine: 0 | 1, other: 0 | 1): Channel => ({
    post: (message) => queueMicrotask(() => listeners[other].forEach((listener) => listener(message))),
    onMessage: (listener) => listeners[mine].push((message) => listener(message, [])),
    onClose: () => undefined,
    close: () => undefined,
  });
  return [end(0, 1), end(1, 0)];
}
