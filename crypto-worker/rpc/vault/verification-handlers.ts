import { CodedError } from "../../../protocol/errors.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { VaultContract } from "../../../protocol/vault.ts";
import type { AccountHost } from "../../client/account-host.ts";

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

const notYet = (): never => {
  throw new CodedError("unsupported");
};

export function verificationHandlers(_host: AccountHost): Pick<Handlers<VaultContract>, Verbs> {
  return {
    verifications: notYet,
    requestVerification: notYet,
    acceptVerification: notYet,
    startSas: notYet,
    confirmSas: notYet,
    mismatchSas: notYet,
    cancelVerification: notYet,
    showQr: notYet,
    scanQr: notYet,
    confirmQrScanned: notYet,
    dismissVerification: notYet,
    withdrawVerification: notYet,
    describe: notYet,
  };
}
