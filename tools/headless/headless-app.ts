import { join } from "node:path";
import { Account } from "../../main/account/account.ts";
import { workerForkOptions, workerOf } from "../../main/crypto-host/utility-worker.ts";
import { Log } from "../../main/logging/log.ts";
import { systemClock } from "../../main/matrix/clock.ts";
import { fetchTransport, type Transport } from "../../main/matrix/transport.ts";
import { ProfileFolder } from "../../main/profile/profile-folder.ts";
import { type ChatContract, chatContract } from "../../protocol/chat.ts";
import type { CallsOf, ParamsOf, ResultOf } from "../../protocol/define.ts";
import { CodedError } from "../../protocol/errors.ts";
import type { AppState } from "../../protocol/shell.ts";
import { type VaultContract, vaultContract } from "../../protocol/vault.ts";
import { WorkerLink } from "../../renderer/ui/worker-link.ts";
import { MessageChannelMain } from "../chromium-host/message-port.ts";
import { utilityProcess } from "../chromium-host/utility-process.ts";
import { profilePassphrase } from "./passphrase.ts";
import { portChannel } from "./port-channel.ts";
import { RoomTimelines } from "./room-timelines.ts";
import { Verifications } from "./verifications.ts";

const root = join(import.meta.dirname, "..", "..");

/** The client without windows: main's account, the real worker process, and this process in the place of the two pages. */
export class HeadlessApp {
  readonly account: Account;
  readonly transport: Transport;
  readonly chat = new WorkerLink<ChatContract>(chatContract);
  readonly vault = new WorkerLink<VaultContract>(vaultContract);
  readonly timelines: RoomTimelines;
  readonly verifications: Verifications;
  readonly defaultHomeserver: string | undefined;
  readonly #log: Log;
  readonly #passphrase: string;
  #started = false;

  /** `transport` is how requests are made; by `fetch` unless given. */
  constructor(options: { readonly profileDir: string; readonly homeserver: string | undefined; readonly transport?: Transport }) {
    this.transport = options.transport ?? fetchTransport;
    this.#log = new Log("headless", [(line) => process.stderr.write(`${line}\n`)]);
    this.defaultHomeserver = options.homeserver;
    // The same layout as the app's, so that either can open the other's profile.
    const folder = new ProfileFolder(join(options.profileDir, "account"));
    this.#passphrase = profilePassphrase(options.profileDir);
    const workerLog = this.#log.named("worker");
    this.account = new Account({
      folder,
      keychain: undefined,
      spawner: {
        spawn: () => workerOf(utilityProcess.fork(join(root, "crypto-worker", "entry.ts"), [], workerForkOptions), workerLog),
      },
      transport: this.transport,
      clock: systemClock,
      log: this.#log,
    });
    this.timelines = new RoomTimelines(this.chat);
    this.verifications = new Verifications(this.vault);
    this.account.host.state.watch((state) => {
      if (state.phase === "up") this.#connectPorts();
    });
    this.vault.on("taskChanged", () => void this.#doVaultTask());
    this.vault.onAttach(() => void this.#doVaultTask());
    this.account.state.watch(() => void this.#doVaultTask());
  }

  /** Opens the profile's account, if it holds one. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.account.start();
  }

  /** Resolves once the state is no longer on its way; answers it. */
  async settled(): Promise<AppState> {
    this.start();
    const { promise, resolve } = Promise.withResolvers<AppState>();
    const look = (state: AppState): void => {
      if (state.phase !== "starting" && state.phase !== "opening" && state.phase !== "vault") resolve(state);
    };
    const stop = this.account.state.watch(look);
    look(this.account.state.value);
    try {
      return await promise;
    } finally {
      stop();
    }
  }

  /** Asks the worker as the chat window would; throws the error as a `CodedError`. */
  async ask<K extends keyof CallsOf<ChatContract>>(method: K, params: ParamsOf<ChatContract[K]>): Promise<ResultOf<ChatContract[K]>> {
    this.requireReady();
    const answer = await this.chat.call(method, params);
    if (!answer.ok) throw new CodedError(answer.error.code, answer.error.retryAfterMs);
    return answer.value;
  }

  /** Asks the worker as the vault window would, where a person presses; throws the error as a `CodedError`. */
  async askVault<K extends keyof CallsOf<VaultContract>>(
    method: K,
    params: ParamsOf<VaultContract[K]>,
  ): Promise<ResultOf<VaultContract[K]>> {
    this.requireReady();
    const answer = await this.vault.call(method, params);
    if (!answer.ok) throw new CodedError(answer.error.code, answer.error.retryAfterMs);
    return answer.value;
  }

  requireReady(): { readonly userId: string; readonly deviceId: string } {
    const state = this.account.state.value;
    if (state.phase !== "ready") throw new CodedError("not-signed-in");
    return { userId: state.userId, deviceId: state.deviceId };
  }

  /** A new device that nobody can encrypt to is of little use: waits until its keys are on the server and the first sync is in, but not for ever. */
  async waitUntilReachable(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      const [encryption, status] = await Promise.all([this.chat.call("encryptionStatus", {}), this.chat.call("status", {})]);
      if (encryption.ok && encryption.value.deviceKeysUploaded && status.ok && status.value.sync === "up-to-date") return;
      await systemClock.sleep(25);
    }
  }

  close(): Promise<void> {
    return this.account.close();
  }

  #connectPorts(): void {
    for (const [kind, link] of [
      ["vault", this.vault],
      ["chat", this.chat],
    ] as const) {
      const { port1, port2 } = new MessageChannelMain();
      void this.account.host.call("connectPort", { kind }, { transfer: [port1] });
      link.attach(portChannel(port2));
    }
  }

  /** Types the profile's passphrase where a person would. */
  async #doVaultTask(): Promise<void> {
    if (this.account.state.value.phase !== "vault") return;
    const task = await this.vault.call("task", {});
    if (!task.ok) return;
    if (task.value.kind === "create-passphrase") await this.vault.call("createPassphrase", { passphrase: this.#passphrase });
    // A passphrase that was wrong once will be wrong again: the account stays locked, which is what its methods then answer.
    if (task.value.kind === "unlock" && task.value.failures === 0) await this.vault.call("unlock", { passphrase: this.#passphrase });
  }
}
