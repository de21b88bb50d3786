import type { Handlers } from "../../../protocol/rpc.ts";
import type { VaultContract } from "../../../protocol/vault.ts";
import type { AccountHost } from "../../client/account-host.ts";
import type { VerificationCenter } from "../../client/verification/verification-center.ts";

type Verbs =
  | "verifications"
  | "requestVerification"
  | "acceptVerification"
  | "startSas"
  | "confirmSas"
  | "mismatchSas"
  | "cancelVerification"
  | "showQr"
  | "scanQr"
  | "confirmQrScanned"
  | "dismissVerification"
  | "withdrawVerification"
  | "describe";

/** SECURITY: these verbs exist on the vault's port only; each stands for a press of a person there. */
export function verificationHandlers(host: AccountHost): Pick<Handlers<VaultContract>, Verbs> {
  const press = (act: (center: VerificationCenter, flowId: string) => Promise<void> | void) => {
    return async ({ flowId }: { readonly flowId: string }): Promise<Record<string, never>> => {
      await act(host.client.verification, flowId);
      return {};
    };
  };
  return {
    verifications: () => host.client.verification.views(),
    requestVerification: async ({ target }) => ({ flowId: await host.client.verification.request(target) }),
    acceptVerification: press((center, flowId) => center.accept(flowId)),
    startSas: press((center, flowId) => center.startSas(flowId)),
    confirmSas: press((center, flowId) => center.confirmSas(flowId)),
    mismatchSas: press((center, flowId) => center.mismatchSas(flowId)),
    cancelVerification: press((center, flowId) => center.cancel(flowId)),
    showQr: press((center, flowId) => center.showQr(flowId)),
    scanQr: async ({ flowId, data }) => {
      await host.client.verification.scanQr(flowId, data);
      return {};
    },
    confirmQrScanned: press((center, flowId) => center.confirmQrScanned(flowId)),
    dismissVerification: press((center, flowId) => center.dismiss(flowId)),
    withdrawVerification: ({ userId }) => {
      host.client.people.withdrawVerification(userId);
      return {};
    },
    describe: (whom) => host.client.verification.describe(whom),
  };
}
