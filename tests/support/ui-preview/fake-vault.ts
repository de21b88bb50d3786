import "../../../protocol/no-eval.ts";
import { CodedError, errorCodeSchema } from "../../../protocol/errors.ts";
import type { Auth, AuthNeeded } from "../../../protocol/messages/interactive-auth.ts";
import { vaultIntentSchema } from "../../../protocol/messages/vault-intent.ts";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { serve, type Handlers } from "../../../protocol/rpc.ts";
import { vaultContract, type Job, type VaultContract, type VaultTask } from "../../../protocol/vault.ts";
import { portChannel } from "../../../renderer/ui/port-channel.ts";
import { safety } from "./fake-safety.ts";
import { installShell } from "./fake-shell.ts";
import { afterwards, fakeView } from "./fake-verifications.ts";
import { ADA, ME } from "./fixture.ts";

const query = new URLSearchParams(location.search);
const scene = query.get("scene") ?? "open";
const MOMENT_MS = 250;
const KEY = "EsTf 6CkM uXuS 7cVd B7vX 5TQE cvPM r1gq Wf8d KGJa HtRn 2zbX";
const PASSPHRASE = "correct horse battery staple";

let task: VaultTask =
  scene === "create"
    ? { kind: "create-passphrase" }
    : scene === "unlock"
      ? { kind: "unlock", failures: Number(query.get("failures") ?? "0") }
      : { kind: "idle" };
let hasStore = scene !== "create" && scene !== "unlock";
let settleLock: (outcome: object | string) => void = () => undefined;
let flows: readonly VerificationView[] = (query.get("flows") ?? "")
  .split(",")
  .filter((state) => state !== "")
  .map((state, place) => fakeView(state as VerificationView["state"], query, place));
let jobs: readonly Job[] = (query.get("jobs") ?? "")
  .split(",")
  .filter((job) => job !== "")
  .map((job) => {
    const [name = "", done = "0", total = ""] = job.split(":");
    return { job: name as Job["job"], done: Number(done), total: total === "" ? null : Number(total) };
  });

installShell(scene === "open" ? "ready" : `vault-${scene}`, query, {
  takeVaultIntent: () => intent(),
  openExternal: () => ({ opened: !query.has("unopened") }),
  // As main's, it answers when the profile is written.
  changeAppLock: ({ to }: { to: "passphrase" | "keychain" }) => {
    setTask(query.has("nolock") ? { kind: "create-passphrase" } : { kind: "change-passphrase", next: to === "passphrase", failures: 0 });
    return new Promise((resolve) => (settleLock = resolve));
  },
});

function intent(): unknown {
  const kind = query.get("intent");
  if (kind === null) return null;
  const values: Readonly<Record<string, object>> = {
    "verify-device": { userId: query.has("other") ? ADA.userId : ME, deviceId: "QPHONEDEV7" },
    "verify-user": { userId: ADA.userId },
    verification: { flowId: query.get("flow") ?? "flow0" },
    "identity-change": { userId: ADA.userId },
    "sign-out-devices": { deviceIds: query.has("one") ? ["OLDLAPTOPX"] : ["OLDLAPTOPX", "TABLETDEV2", "QK7NAMELES"] },
  };
  return vaultIntentSchema.parse({ kind, ...values[kind] });
}

const moment = (ms = MOMENT_MS): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls named in `hang` never answer, those in `fail` fail with a code: `fail=recover:wrong-recovery-key`. */
async function act(name: string, ms = MOMENT_MS): Promise<void> {
  if ((query.get("hang") ?? "").split(",").includes(name)) await new Promise(() => undefined);
  await moment(ms);
  const failure = (query.get("fail") ?? "").split(",").find((each) => each.startsWith(`${name}:`));
  if (failure !== undefined) throw new CodedError(errorCodeSchema.parse(failure.slice(name.length + 1)));
}

/** What the scene's server wants before an act: `auth=password|browser|both|neither`. */
async function authorised<T extends object>(name: string, auth: Auth, value: T): Promise<T | AuthNeeded> {
  await act(name);
  const wants = query.get("auth");
  const proven = auth.kind !== "none" && !query.has("refuse");
  if (wants === null || proven) return value;
  return {
    state: "auth-needed",
    password: wants === "password" || wants === "both",
    browser: wants === "browser" || wants === "both" ? { url: "https://account.harbour.example/confirm?id=42", session: "s42" } : null,
    refused: auth.kind !== "none",
  };
}

function setTask(next: VaultTask): void {
  task = next;
  server.emit("taskChanged", task);
}

/** Moves a verification on, at once and, unless the scene stays, again when the other side would. */
function move(flowId: string, ...states: ReadonlyArray<VerificationView["state"]>): Record<string, never> {
  const [now, ...later] = states;
  flows = flows.map((view) => (view.flowId === flowId && now !== undefined ? afterwards(view, now, query) : view));
  server.emit("verificationsChanged", [...flows]);
  if (later.length > 0 && !query.has("stay")) setTimeout(() => move(flowId, ...later), 900);
  return {};
}

function setJobs(next: readonly Job[]): void {
  jobs = next;
  server.emit("jobsChanged", [...jobs]);
}

async function work(job: Job["job"], total: number): Promise<void> {
  for (let done = 0; done <= total; done += total / 8) {
    setJobs([{ job, done: Math.round(done), total }]);
    await moment(120);
  }
  setJobs([]);
}

const names = new Map([
  ["OLDLAPTOPX", "Old laptop"],
  ["TABLETDEV2", "Tablet in the kitchen"],
  ["QPHONEDEV7", "Pixel 9"],
]);
let piecesLeft = 2;

const handlers: Handlers<VaultContract> = {
  task: () => task,
  seal: () => (hasStore ? { symbols: [0, 41, 19, 59, 27], hue: Number(query.get("hue") ?? "205") } : null),
  async createPassphrase() {
    await act("createPassphrase");
    hasStore = true;
    setTask({ kind: "idle" });
    settleLock({});
    return {};
  },
  async unlock({ passphrase }) {
    await act("unlock");
    if (passphrase !== PASSPHRASE) throw new CodedError("wrong-passphrase");
    hasStore = true;
    setTask({ kind: "idle" });
    return {};
  },
  async changePassphrase({ current }) {
    await act("changePassphrase");
    if (current !== PASSPHRASE) throw new CodedError("wrong-passphrase");
    setTask({ kind: "idle" });
    settleLock({});
    return {};
  },
  cancelTask() {
    setTask({ kind: "idle" });
    settleLock("cancelled");
    return {};
  },

  async safety() {
    await act("safety", 10);
    return safety(query);
  },
  describe: ({ userId, deviceId }) => ({
    displayName: userId === ME ? "Robin Maas" : query.has("nameless") ? null : ADA.name,
    deviceName: deviceId === undefined ? null : (names.get(deviceId) ?? null),
    own: userId === ME,
    verified: query.has("verified") || deviceId === "OLDLAPTOPX",
    previouslyVerified: query.has("verified") || query.has("violation"),
    pinViolation: query.has("violation") || query.has("pin"),
  }),

  verifications: () => [...flows],
  async requestVerification({ target }) {
    await act("requestVerification");
    const own = target.kind === "own-devices" || (target.kind === "device" && target.userId === ME);
    const flowId = `flow${flows.length}`;
    const mine = new URLSearchParams(query);
    if (own) mine.set("own", "");
    flows = [...flows, { ...fakeView("asking", mine), flowId }];
    move(flowId, "asking", "ready");
    return { flowId };
  },
  acceptVerification: ({ flowId }) => move(flowId, "ready"),
  startSas: ({ flowId }) => move(flowId, "sas-waiting", "sas-compare"),
  confirmSas: ({ flowId }) => move(flowId, "sas-confirmed", "done"),
  mismatchSas({ flowId }) {
    query.set("code", "m.mismatched_sas");
    query.set("byus", "");
    return move(flowId, "cancelled");
  },
  cancelVerification({ flowId }) {
    query.set("code", "m.user");
    query.set("byus", "");
    return move(flowId, "cancelled");
  },
  showQr: ({ flowId }) => move(flowId, "qr-shown", "qr-scanned"),
  async scanQr({ flowId }) {
    await act("scanQr");
    return move(flowId, "qr-waiting", "done");
  },
  confirmQrScanned: ({ flowId }) => move(flowId, "done"),
  dismissVerification({ flowId }) {
    flows = flows.filter((view) => view.flowId !== flowId);
    server.emit("verificationsChanged", [...flows]);
    return {};
  },
  async withdrawVerification() {
    await act("withdrawVerification");
    return {};
  },

  setUpIdentity: ({ auth }) => authorised("setUpIdentity", auth, { state: "done" as const }),
  resetIdentity: ({ auth }) => authorised("resetIdentity", auth, { state: "done" as const }),
  signOutDevices: ({ auth }) => authorised("signOutDevices", auth, { state: "done" as const }),
  enableRecovery: ({ auth }) => authorised("enableRecovery", auth, { state: "done" as const, recoveryKey: KEY }),
  async recover() {
    await act("recover", 600);
    void work("backup-restore", 4000);
    return { importedKeys: 0 };
  },
  async changeRecovery() {
    await act("changeRecovery");
    return { recoveryKey: KEY };
  },
  async disableRecovery() {
    await act("disableRecovery");
    return {};
  },
  async restoreBackup() {
    await act("restoreBackup");
    await work("backup-restore", 4000);
    return { importedKeys: 117 };
  },

  async exportKeys() {
    await act("exportKeys");
    await work("export-keys", 4212);
    piecesLeft = 2;
    return { exportId: "export0", count: 4212 };
  },
  readExport: () => ({ piece: piecesLeft-- > 0 ? "-----BEGIN MEGOLM SESSION DATA-----\n" : null }),
  beginImport: () => ({ importId: "import0" }),
  appendImport: () => ({}),
  async importKeys({ passphrase }) {
    await act("importKeys");
    if (passphrase !== PASSPHRASE) throw new CodedError("wrong-passphrase");
    await work("import-keys", 900);
    return { count: 912, imported: 340 };
  },
  jobs: () => [...jobs],
  cancelJob({ job }) {
    setJobs(jobs.filter((each) => each.job !== job));
    return {};
  },
};

const channel = new MessageChannel();
const server = serve(vaultContract, handlers, portChannel(channel.port2));
window.addEventListener("DOMContentLoaded", () => {
  window.postMessage({ type: "bulkhead-port", kind: "vault" }, location.origin, [channel.port1]);
});
