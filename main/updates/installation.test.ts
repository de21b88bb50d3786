import { expect, test } from "vitest";
import { findInstallation } from "./installation.ts";

const linux = { platform: "linux", arch: "x64", env: {}, program: "/opt/Bulkhead/bulkhead" } as const;
const mounted = { APPIMAGE: "/home/ada/Bulkhead.AppImage", APPDIR: "/tmp/.mount_Bulk" };

test("who replaces this copy", () => {
  expect(findInstallation(linux)).toEqual({ by: "packages" });
  expect(findInstallation({ ...linux, env: { FLATPAK_ID: "chat.bulkhead.Bulkhead" } })).toEqual({ by: "flatpak" });
  expect(findInstallation({ ...linux, env: mounted, program: "/tmp/.mount_Bulk/bulkhead" })).toEqual({
    by: "itself",
    kind: "appimage",
    arch: "x64",
    appImage: mounted.APPIMAGE,
  });
  expect(findInstallation({ ...linux, platform: "win32", arch: "arm64" })).toMatchObject({ by: "itself", kind: "nsis", arch: "arm64" });
  expect(findInstallation({ ...linux, platform: "darwin" })).toMatchObject({ by: "itself", kind: "mac-zip" });
  expect(findInstallation({ ...linux, platform: "freebsd" })).toBeUndefined();
  expect(findInstallation({ ...linux, arch: "ia32" })).toBeUndefined();
});

test("an AppImage that started this program does not become this program", () => {
  expect(findInstallation({ ...linux, env: mounted })).toEqual({ by: "packages" });
  expect(findInstallation({ ...linux, env: { ...mounted, APPDIR: "" } })).toEqual({ by: "packages" });
  expect(findInstallation({ ...linux, env: mounted, program: "/tmp/.mount_Bulk-other/bulkhead" })).toEqual({ by: "packages" });
});
