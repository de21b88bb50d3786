import { z } from "zod";
import { CodedError } from "../../../protocol/errors.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import type { HeadlessApp } from "../headless-app.ts";
import { waitFor } from "../wait-for.ts";
import { confirmed } from "./identity.ts";
import { method, type Methods } from "./method.ts";

const nothing = z.strictObject({});
const secret = z.string().min(1).max(1024);
const given = z
  .strictObject({ recoveryKey: secret.optional(), passphrase: secret.optional() })
  .refine(({ recoveryKey, passphrase }) => (recoveryKey === undefined) !== (passphrase === undefined));

/** A new backup holds nothing yet; who kills this process next would have a recovery that brings nothing back. */
const UPLOAD_MS = 60_000;
/** The server's first answer about the backup. */
const ANSWER_MS = 10_000;

export const recoveryMethods: Methods = {
  enableRecovery: method(
    z.strictObject({ passphrase: secret.optional(), password: z.string().min(1).max(4096) }),
    async (app, { passphrase, password }) => {
      const auth = { kind: "password", password } as const;
      const { recoveryKey } = confirmed(await app.askVault("enableRecovery", { passphrase: passphrase ?? null, auth }));
      await waitForSafety(app, ({ backup }) => backup.state !== "enabled" || backup.backedUp === backup.total, UPLOAD_MS);
      return { recoveryKey };
    },
  ),
  recover: method(given, (app, { recoveryKey, passphrase }) => {
    if (recoveryKey !== undefined) return app.askVault("recover", { recoveryKey });
    if (passphrase !== undefined) return app.askVault("recover", { passphrase });
    throw new CodedError("invalid-request");
  }),
  changeRecovery: method(z.strictObject({ passphrase: secret.optional() }), (app, { passphrase }) =>
    app.askVault("changeRecovery", { passphrase: passphrase ?? null }),
  ),
  disableRecovery: method(nothing, (app) => app.askVault("disableRecovery", {})),
  restoreBackup: method(nothing, (app) => app.askVault("restoreBackup", {})),
  backupStatus: method(nothing, async (app) => {
    const { backup } = await waitForSafety(app, ({ backup: { state } }) => state !== "unknown", ANSWER_MS);
    const { state, version, total, backedUp } = backup;
    return { version, enabled: state === "enabled", trusted: state === "enabled", total, backedUp };
  }),
  safety: method(nothing, (app) => app.askVault("safety", {})),
};

/** What is known of the account's keys, once that is so, or when the time is up. */
async function waitForSafety(app: HeadlessApp, isSo: (safety: Safety) => boolean, timeoutMs: number): Promise<Safety> {
  let now = await app.askVault("safety", {});
  const watch = (changed: () => void): (() => void) =>
    app.vault.on("safetyChanged", (safety) => {
      now = safety;
      changed();
    });
  await waitFor(() => (isSo(now) ? now : undefined), watch, Date.now() + timeoutMs);
  return now;
}
