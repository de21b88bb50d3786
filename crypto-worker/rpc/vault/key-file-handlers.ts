import { CodedError } from "../../../protocol/errors.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { VaultContract } from "../../../protocol/vault.ts";
import type { AccountHost } from "../../client/account-host.ts";

type Verbs = "exportKeys" | "readExport" | "beginImport" | "appendImport" | "importKeys";

const notYet = (): never => {
  throw new CodedError("unsupported");
};

export function keyFileHandlers(_host: AccountHost): Pick<Handlers<VaultContract>, Verbs> {
  return {
    exportKeys: notYet,
    readExport: notYet,
    beginImport: notYet,
    appendImport: notYet,
    importKeys: notYet,
  };
}
