import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Account } from "../../main/account/account.ts";
import { Log } from "../../main/logging/log.ts";
import { systemClock } from "../../main/matrix/clock.ts";
import { login } from "../../main/matrix/login.ts";
import { fetchTransport } from "../../main/matrix/transport.ts";
import type { Keychain } from "../../main/profile/keychain.ts";
import { ProfileFolder } from "../../main/profile/profile-folder.ts";
import { startHomeserver, type Homeserver } from "../../tools/homeserver/homeserver.ts";
import { FakeWorker } from "./fake-worker.ts";

/** One that gives back what it was given. */
export const openKeychain: Keychain = {
  seal: (key) => Buffer.from(key).toString("base64"),
  open: (sealed) => new Uint8Array(Buffer.from(sealed, "base64")),
};

type Started = { readonly account: Account; readonly worker: FakeWorker };

/** Main's account with a real homeserver, on which Ada has the password `pw`, a profile folder on disk, and a worker that is none. */
export class AccountWorld {
  readonly server: Homeserver;
  readonly path = mkdtempSync(join(tmpdir(), "bulkhead-account-"));
  readonly #accounts: Account[] = [];

  private constructor(server: Homeserver) {
    this.server = server;
  }

  static async make(): Promise<AccountWorld> {
    const server = await startHomeserver();
    server.registerUser("ada", "pw");
    return new AccountWorld(server);
  }

  /** Another start of the app on the same profile. */
  start(worker = new FakeWorker(), keychain: Keychain | "none" = openKeychain): Started {
    const account = new Account({
      folder: new ProfileFolder(this.path),
      keychain: keychain === "none" ? undefined : keychain,
      spawner: worker.spawner,
      transport: fetchTransport,
      clock: systemClock,
      log: new Log("test", []),
    });
    this.#accounts.push(account);
    account.start();
    return { account, worker };
  }

  signIn(account: Account, password = "pw"): Promise<{ userId: string; deviceId: string }> {
    return account.signIn(() =>
      login(fetchTransport, { server: this.server.url, credentials: { kind: "password", user: "ada", password }, deviceName: "test" }),
    );
  }

  async signedIn(keychain: Keychain | "none" = openKeychain): Promise<Started> {
    const started = this.start(new FakeWorker(), keychain);
    await this.signIn(started.account);
    return started;
  }

  async close(): Promise<void> {
    await Promise.all(this.#accounts.map((account) => account.close()));
    await this.server.stop();
    rmSync(this.path, { recursive: true });
  }
}
