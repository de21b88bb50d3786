import type { Handlers } from "../../../protocol/rpc.ts";
import type { VaultContract } from "../../../protocol/vault.ts";
import type { AccountHost } from "../../client/account-host.ts";

type Verbs = "exportKeys" | "readExport" | "beginImport" | "appendImport" | "importKeys";

/** SECURITY: on the vault's port only. The page sees the file as it is encrypted, never a key. */
export function keyFileHandlers(host: AccountHost): Pick<Handlers<VaultContract>, Verbs> {
  return {
    exportKeys: ({ passphrase }) => host.client.keeping.keyFiles.beginExport(passphrase),
    readExport: ({ exportId }) => ({ piece: host.client.keeping.keyFiles.readExport(exportId) }),
    beginImport: () => host.client.keeping.keyFiles.beginImport(),
    appendImport: ({ importId, piece }) => {
      host.client.keeping.keyFiles.appendImport(importId, piece);
      return {};
    },
    importKeys: ({ importId, passphrase }) => host.client.keeping.keyFiles.importKeys(importId, passphrase),
  };
}
