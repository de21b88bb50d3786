import { z } from "zod";
import { CodedError } from "../../../protocol/errors.ts";
import { idSchema, roomIdSchema, userIdSchema } from "../../../protocol/messages/text.ts";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import type { VerificationTarget } from "../../../protocol/vault.ts";
import type { HeadlessApp } from "../headless-app.ts";
import { hasReached, verificationState, verificationStates } from "../verifications.ts";
import { method, type Methods } from "./method.ts";

type State = VerificationView["state"];

const flow = z.strictObject({ flowId: idSchema });
const wanted = z.strictObject({ userId: userIdSchema, deviceId: idSchema.optional(), roomId: roomIdSchema.optional() });

/** How long a method waits until it is its turn: until the other side's last message is here. */
const TURN_MS = 30_000;
/** A verification may be named before its first message is here, but not for long. */
const ARRIVAL_MS = 10_000;

export const verificationMethods: Methods = {
  requestVerification: method(wanted, (app, params) =>
    app.askVault("requestVerification", { target: targetOf(app.requireReady().userId, params) }),
  ),
  acceptVerification: method(flow, async (app, params) => {
    await turn(app, params.flowId, "asked");
    return app.askVault("acceptVerification", params);
  }),
  startSas: method(flow, async (app, params) => {
    await turn(app, params.flowId, "ready");
    return app.askVault("startSas", params);
  }),
  sasEmoji: method(flow, async (app, { flowId }) => {
    // What the other side starts without asking first is accepted with the same verb as a request.
    if ((await turn(app, flowId, "asked"))?.state === "asked") await app.askVault("acceptVerification", { flowId });
    const view = await turn(app, flowId, "sas-compare");
    if (view === undefined || view.decimals === null) throw new CodedError("verification-gone");
    return { emoji: view.emoji?.map(({ symbol, name }) => [symbol, name]) ?? [], decimals: view.decimals };
  }),
  confirmSas: method(flow, async (app, params) => {
    await turn(app, params.flowId, "sas-compare");
    return app.askVault("confirmSas", params);
  }),
  mismatchSas: method(flow, async (app, params) => {
    await turn(app, params.flowId, "sas-compare");
    return app.askVault("mismatchSas", params);
  }),
  cancelVerification: method(flow, async (app, params) => {
    await turn(app, params.flowId, "asking");
    return app.askVault("cancelVerification", params);
  }),
  showQr: method(flow, async (app, { flowId }) => {
    await turn(app, flowId, "ready");
    await app.askVault("showQr", { flowId });
    const view = await app.verifications.find(flowId, () => true, Date.now());
    if (view === undefined || view.qr === null) throw new CodedError("verification-gone");
    return { dataBase64: Buffer.from(view.qr).toString("base64") };
  }),
  scanQr: method(z.strictObject({ flowId: idSchema, dataBase64: z.base64().max(4096) }), async (app, { flowId, dataBase64 }) => {
    await turn(app, flowId, "ready");
    return app.askVault("scanQr", { flowId, data: new Uint8Array(Buffer.from(dataBase64, "base64")) });
  }),
  confirmQrScanned: method(flow, async (app, params) => {
    await turn(app, params.flowId, "qr-scanned");
    return app.askVault("confirmQrScanned", params);
  }),
  waitForVerification: method(
    z.strictObject({ flowId: idSchema.optional(), state: z.enum(verificationStates), timeoutMs: z.int().min(0).max(3_600_000) }),
    async (app, { flowId, state, timeoutMs }) => {
      app.requireReady();
      const deadline = Date.now() + timeoutMs;
      const { verifications } = app;
      const view = await (flowId === undefined
        ? verifications.findAny(state, deadline)
        : verifications.find(flowId, (now) => hasReached(now, state), deadline));
      if (view === undefined) throw new CodedError("timeout");
      const cancel = view.cancel === null ? {} : { cancelCode: view.cancel.code };
      return { flowId: view.flowId, userId: view.userId, state: verificationState(view), ...cancel };
    },
  ),
};

function targetOf(ourselves: string, { userId, deviceId, roomId }: z.infer<typeof wanted>): VerificationTarget {
  if (deviceId !== undefined) return { kind: "device", userId, deviceId };
  if (userId === ourselves) return { kind: "own-devices" };
  return { kind: "user", userId, ...(roomId === undefined ? {} : { roomId }) };
}

const ORDER: readonly State[] = [
  "asking",
  "asked",
  "ready",
  "qr-shown",
  "sas-waiting",
  "qr-scanned",
  "sas-compare",
  "sas-confirmed",
  "qr-waiting",
  "done",
  "cancelled",
];

/** Waits for a state, or a later one: then the vault's verb says what is wrong. */
async function turn(app: HeadlessApp, flowId: string, state: State): Promise<VerificationView | undefined> {
  app.requireReady();
  const start = Date.now();
  const known = await app.verifications.find(flowId, () => true, start + ARRIVAL_MS);
  if (known === undefined) return undefined;
  return app.verifications.find(flowId, (view) => ORDER.indexOf(view.state) >= ORDER.indexOf(state), start + TURN_MS);
}
