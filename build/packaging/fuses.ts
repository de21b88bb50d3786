import { flipFuses, FuseState, FuseV1Options, FuseVersion, getCurrentFuseWire } from "@electron/fuses";

export type FusePlatform = "linux" | "darwin" | "win32";

/** Every fuse of Electron; when the list grows, this no longer compiles until somebody has decided. */
export type Fuses = Readonly<Record<FuseV1Options, boolean>>;

/** How the shipped binary is set. Docs: docs/security.md. */
export function fusesFor(platform: FusePlatform): Fuses {
  return {
    // The binary is no Node for whoever finds it, whatever the environment or the command line says.
    [FuseV1Options.RunAsNode]: false,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: false,
    // There are no cookies; if there ever were, they would not lie there in the clear.
    [FuseV1Options.EnableCookieEncryption]: true,
    // Electron checks the archive on these two systems only; on Linux the package's files are root's.
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: platform !== "linux",
    [FuseV1Options.OnlyLoadAppFromAsar]: true,
    // There is no snapshot of ours.
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    // Pages come from app://, never from file://.
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
    // Off would only make libolm slower.
    [FuseV1Options.WasmTrapHandlers]: true,
  };
}

/** Sets every fuse of a binary (on macOS: of the .app). Throws where this Electron has one that is not decided above. */
export async function setFuses(binary: string, platform: FusePlatform): Promise<void> {
  await flipFuses(binary, {
    version: FuseVersion.V1,
    strictlyRequireAllFuses: true,
    // An unsigned build for Apple's processors does not start with a signature that no longer fits; a signed one gets its own afterwards.
    resetAdHocDarwinSignature: platform === "darwin",
    ...fusesFor(platform),
  });
}

/** Reads back how a binary is set: `undefined` for a fuse that it has not, or that has been removed from Electron. */
export async function readFuses(binary: string): Promise<Readonly<Record<FuseV1Options, boolean | undefined>>> {
  const wire = await getCurrentFuseWire(binary);
  const read = (fuse: FuseV1Options): boolean | undefined =>
    wire[fuse] === FuseState.ENABLE ? true : wire[fuse] === FuseState.DISABLE ? false : undefined;
  return {
    [FuseV1Options.RunAsNode]: read(FuseV1Options.RunAsNode),
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: read(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
    [FuseV1Options.EnableNodeCliInspectArguments]: read(FuseV1Options.EnableNodeCliInspectArguments),
    [FuseV1Options.EnableCookieEncryption]: read(FuseV1Options.EnableCookieEncryption),
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: read(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
    [FuseV1Options.OnlyLoadAppFromAsar]: read(FuseV1Options.OnlyLoadAppFromAsar),
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: read(FuseV1Options.LoadBrowserProcessSpecificV8Snapshot),
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: read(FuseV1Options.GrantFileProtocolExtraPrivileges),
    [FuseV1Options.WasmTrapHandlers]: read(FuseV1Options.WasmTrapHandlers),
  };
}
