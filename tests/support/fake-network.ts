import { CodedError } from "../../protocol/errors.ts";
import { networkContract, type HttpResponse, type NetworkContract } from "../../protocol/network.ts";
import { connect, serve, type Client, type Handlers } from "../../protocol/rpc.ts";
import { pipe } from "./pipe.ts";

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
