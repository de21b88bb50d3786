import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schemaHash } from "../../main/crypto-host/schema-hash.ts";
import type { WorkerSpawner } from "../../main/crypto-host/worker-process.ts";
import { controlContract } from "../../protocol/control.ts";
import { CodedError } from "../../protocol/errors.ts";
import { serve } from "../../protocol/rpc.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { pipe } from "./pipe.ts";

/**
 * A worker for tests of main: it keeps a session in a plain file where the real one has a store, and syncs into nothing. Its key is wrapped by a passphrase
 * where main has no keychain, and then it waits for `person`.
 */
export class FakeWorker {
  alive = 0;
  crash: () => void = () => undefined;
  received: string[] = [];
  failOpen: CodedError | undefined;
  failSync: CodedError | undefined;
  profileAtCreation: unknown;
  ended: boolean[] = [];
  /** Every call, oldest first, over all processes. */
  calls: string[] = [];
  /** The person's answer to what waits for one; absent while nothing does. */
  person: ((answer: CodedError | undefined) => void) | undefined;

  readonly spawner: WorkerSpawner = {
    spawn: () => {
      this.alive++;
      const [main, worker] = pipe();
      const exits: (() => void)[] = [];
      const exit = (): void => exits.splice(0).forEach((listener) => listener());
      this.crash = exit;
      let path = "";
      let since: string | null = null;
      const waitForPerson = (signal: AbortSignal): Promise<void> =>
        new Promise((resolve, reject) => {
          this.person = (answer) => {
            this.person = undefined;
            if (answer === undefined) resolve();
            else reject(answer);
          };
          signal.addEventListener("abort", () => this.person?.(new CodedError("cancelled")), { once: true });
        });
      serve(
        controlContract,
        {
          hello: () => ({ version: PROTOCOL_VERSION, schemaHash: schemaHash() }),
          newStoreKey: ({ wrap }) => keyWrapped(wrap),
          takeStoreKey: async ({ wrap }, { signal }) => {
            if (wrap === "passphrase") await waitForPerson(signal);
            return {};
          },
          rewrapStoreKey: async ({ to }, { signal }) => {
            await waitForPerson(signal);
            return keyWrapped(to);
          },
          createAccount: (params) => {
            path = params.path;
            this.profileAtCreation = JSON.parse(readFileSync(join(path, "..", "profile.json"), "utf8"));
            writeFileSync(path, JSON.stringify(params.session));
            return {};
          },
          openAccount: (params) => {
            if (this.failOpen !== undefined) throw this.failOpen;
            path = params.path;
            return { session: JSON.parse(readFileSync(path, "utf8")) };
          },
          updateSession: ({ session }) => {
            writeFileSync(path, JSON.stringify(session));
            return {};
          },
          connectPort: () => ({}),
          syncPosition: () => ({ since, filter: "{}" }),
          receiveSync: ({ body }) => {
            if (this.failSync !== undefined) throw this.failSync;
            const { next_batch: next } = JSON.parse(body) as { next_batch: string };
            this.received.push(next);
            since = next;
            return { since: next };
          },
          connectivity: ({ online }) => {
            this.calls.push(`connectivity ${online}`);
            return {};
          },
          sessionEnded: ({ soft }) => {
            this.ended.push(soft);
            return {};
          },
          close: () => {
            this.calls.push("close");
            return {};
          },
          deleteAccount: () => {
            rmSync(path);
            return {};
          },
        },
        worker,
      );
      const kill = (): void => {
        this.calls.push("kill");
        exit();
      };
      return { channel: main, onExit: (listener) => void exits.push(() => listener(9)), kill };
    },
  };
}

const STORE_KEY = 7;
/** Recognisable, and worth nothing. */
const WRAPPED = { kdf: "scrypt", salt: "s", n: 2 ** 14, r: 8, p: 1, nonce: "n", ciphertext: "c" } as const;

const keyWrapped = (wrap: "keychain" | "passphrase") =>
  wrap === "keychain" ? { wrap, storeKey: new Uint8Array(32).fill(STORE_KEY) } : { wrap, wrapped: WRAPPED };
