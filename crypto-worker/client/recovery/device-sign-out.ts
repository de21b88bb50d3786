import { CodedError } from "../../../protocol/errors.ts";
import type { Auth, AuthNeeded } from "../../../protocol/messages/interactive-auth.ts";
import type { ClientContext } from "../context.ts";
import type { InteractiveAuth } from "../interactive-auth.ts";
import type { OwnDevices } from "../own-devices.ts";
import type { RequestPump } from "../pump.ts";

/** Signs other devices of ours out. Undefined once it is done. @throws CodedError `invalid-request` for this device: that is what signing out is for */
export async function signOutDevices(
  context: ClientContext,
  {
    pump,
    auth: interactiveAuth,
    ownDevices,
  }: { readonly pump: RequestPump; readonly auth: InteractiveAuth; readonly ownDevices: OwnDevices },
  deviceIds: readonly string[],
  auth: Auth,
): Promise<AuthNeeded | undefined> {
  if (deviceIds.includes(context.deviceId)) throw new CodedError("invalid-request");
  const outcome = await interactiveAuth.perform(
    { kind: "account", method: "POST", path: "/_matrix/client/v3/delete_devices", body: { devices: [...deviceIds] } },
    auth,
  );
  if (outcome.state !== "done") return outcome;
  ownDevices.forget(deviceIds);
  // The next sync tells of it too; whoever looks now should not have to wait for that.
  context.machine.markUsersAsChanged([context.userId]);
  pump.trigger();
  return undefined;
}
