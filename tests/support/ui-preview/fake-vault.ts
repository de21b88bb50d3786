import "../../../protocol/no-eval.ts";
import { CodedError } from "../../../protocol/errors.ts";
import { serve } from "../../../protocol/rpc.ts";
import { vaultContract, type VaultTask } from "../../../protocol/vault.ts";
import { portChannel } from "../../../renderer/ui/port-channel.ts";
import { installShell } from "./fake-shell.ts";

const query = new URLSearchParams(location.search);
const scene = query.get("scene") ?? "unlock";
installShell(scene, query);

let open = scene === "idle";
const task = (): VaultTask =>
  open
    ? { kind: "idle" }
    : scene === "create"
      ? { kind: "create-passphrase" }
      : { kind: "unlock", failures: Number(query.get("failures") ?? "0") };
const channel = new MessageChannel();
const notYet = (): never => {
  throw new CodedError("unsupported");
};
serve(
  vaultContract,
  {
    changePassphrase: notYet,
    cancelTask: () => ({}),
    safety: notYet,
    describe: notYet,
    verifications: () => [],
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
    setUpIdentity: notYet,
    resetIdentity: notYet,
    signOutDevices: notYet,
    enableRecovery: notYet,
    recover: notYet,
    changeRecovery: notYet,
    disableRecovery: notYet,
    restoreBackup: notYet,
    exportKeys: notYet,
    readExport: notYet,
    beginImport: notYet,
    appendImport: notYet,
    importKeys: notYet,
    jobs: () => [],
    cancelJob: () => ({}),
    task,
    seal: () => (open ? { symbols: [0, 41, 19, 59, 27], hue: Number(query.get("hue") ?? "205") } : null),
    async createPassphrase() {
      await new Promise((resolve) => setTimeout(resolve, 300));
      open = true;
      return {};
    },
    async unlock({ passphrase }) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      if (passphrase !== "correct horse battery staple") throw new CodedError("wrong-passphrase");
      open = true;
      return {};
    },
  },
  portChannel(channel.port2),
);
window.addEventListener("DOMContentLoaded", () => {
  window.postMessage({ type: "bulkhead-port", kind: "vault" }, location.origin, [channel.port1]);
});
