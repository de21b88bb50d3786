import type { ReactNode } from "react";
import { useValue } from "../ui/store.ts";
import { AppLock } from "./app-lock/app-lock.tsx";
import { Home } from "./home/home.tsx";
import { ResetIdentity } from "./identity/reset-identity.tsx";
import { SetUpIdentity } from "./identity/set-up-identity.tsx";
import { SignOutDevices } from "./identity/sign-out-devices.tsx";
import { ExportKeys } from "./key-files/export-keys.tsx";
import { ImportKeys } from "./key-files/import-keys.tsx";
import { RecoveryScreen } from "./recovery/recovery-screen.tsx";
import { useVault, type Screen } from "./state/vault.ts";
import { IdentityChange } from "./verification/identity-change.tsx";
import { StartWithDevice, StartWithUser } from "./verification/start.tsx";
import { VerifyThisDevice } from "./verification/this-device.tsx";
import { VerificationScreen } from "./verification/verification-screen.tsx";

/** The screen that one is on; entered again, it begins anew. */
export function CurrentScreen(): ReactNode {
  const vault = useVault();
  const { screen, visit } = useValue(vault.place);
  return <ScreenOf key={visit} screen={screen} />;
}

function ScreenOf({ screen }: { readonly screen: Screen }): ReactNode {
  switch (screen.kind) {
    case "home":
      return <Home />;
    case "set-up-identity":
      return <SetUpIdentity />;
    case "verify-this-device":
      return <VerifyThisDevice />;
    case "verify-device":
      return <StartWithDevice userId={screen.userId} deviceId={screen.deviceId} />;
    case "verify-user":
      return <StartWithUser userId={screen.userId} />;
    case "verification":
      return <VerificationScreen flowId={screen.flowId} />;
    case "identity-change":
      return <IdentityChange userId={screen.userId} />;
    case "recovery":
      return <RecoveryScreen />;
    case "export-keys":
      return <ExportKeys />;
    case "import-keys":
      return <ImportKeys />;
    case "sign-out-devices":
      return <SignOutDevices deviceIds={screen.deviceIds} />;
    case "app-lock":
      return <AppLock />;
    case "reset-identity":
      return <ResetIdentity />;
  }
}
