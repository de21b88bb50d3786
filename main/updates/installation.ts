import type { PackageKind } from "./release.ts";

/** How this copy got here, and with that, who replaces it. */
export type Installation =
  | { readonly by: "itself"; readonly kind: PackageKind; readonly arch: "x64" | "arm64"; readonly appImage: string | undefined }
  | { readonly by: "flatpak" | "packages" };

export type Surroundings = {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The running program's own file. */
  readonly program: string;
};

/**
 * Undefined where there is nobody to replace it, such as a copy for a processor that no package is made for. An AppImage's variables are inherited by whatever
 * is started from one, so that they count only for a program that lies in its mount.
 */
export function findInstallation({ platform, arch, env, program }: Surroundings): Installation | undefined {
  if (arch !== "x64" && arch !== "arm64") return undefined;
  switch (platform) {
    case "win32":
      return { by: "itself", kind: "nsis", arch, appImage: undefined };
    case "darwin":
      return { by: "itself", kind: "mac-zip", arch, appImage: undefined };
    case "linux": {
      const { APPIMAGE: appImage, APPDIR: mount } = env;
      if (env["FLATPAK_ID"] !== undefined) return { by: "flatpak" };
      const isInside = appImage !== undefined && mount !== undefined && mount !== "" && program.startsWith(`${mount}/`);
      return isInside ? { by: "itself", kind: "appimage", arch, appImage } : { by: "packages" };
    }
    default:
      return undefined;
  }
}
