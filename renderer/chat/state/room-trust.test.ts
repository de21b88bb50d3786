import { describe, expect, test } from "vitest";
import type { DeviceView } from "../../../protocol/messages/device.ts";
import { GOOD_SAFETY } from "../../../tests/support/good-safety.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import type { Utd } from "../../../protocol/messages/timeline-item.ts";
import { arrangeDevices } from "./own-devices.ts";
import {
  canAskDevices,
  concernBehind,
  concernsByPerson,
  concernsOf,
  decideUtdStep,
  isHeldBack,
  leftOutOf,
  trustOf,
  type RoomSafety,
} from "./room-trust.ts";

const QUIET: RoomSafety = {
  everyoneVerified: false,
  changed: [],
  unsignedDevices: [],
  onlyVerified: { here: false, everywhere: false },
  leftOut: [],
};
const TROUBLED: RoomSafety = {
  ...QUIET,
  changed: [
    { userId: "@new:x", problem: "new-identity" },
    { userId: "@was:x", problem: "was-verified" },
  ],
  unsignedDevices: [
    { userId: "@was:x", deviceIds: ["A"] },
    { userId: "@dev:x", deviceIds: ["B", "C"] },
  ],
};

describe("a room", () => {
  test("is marked by the most serious concern; red only where someone may be lying", () => {
    expect(trustOf(null, 3)).toBe("normal");
    expect(trustOf(QUIET, 3)).toBe("normal");
    expect(trustOf({ ...QUIET, everyoneVerified: true }, 3)).toBe("verified");
    expect(trustOf({ ...QUIET, changed: [{ userId: "@a:x", problem: "new-identity" }] }, 3)).toBe("attention");
    expect(trustOf({ ...QUIET, unsignedDevices: [{ userId: "@a:x", deviceIds: ["A"] }] }, 3)).toBe("alert");
    expect(trustOf({ ...QUIET, everyoneVerified: true }, 1)).toBe("normal");
    // A contradiction is read to the safe side.
    expect(trustOf({ ...TROUBLED, everyoneVerified: true }, 3)).toBe("alert");
  });

  test("orders concerns, and each person has the gravest of theirs", () => {
    const concerns = concernsOf(TROUBLED);
    expect(concerns.map(({ kind, userId }) => `${kind} ${userId}`)).toEqual([
      "was-verified @was:x",
      "unsigned-devices @was:x",
      "unsigned-devices @dev:x",
      "new-identity @new:x",
    ]);
    expect(concernsByPerson(concerns).get("@was:x")?.kind).toBe("was-verified");
    expect(concernsByPerson(concerns).size).toBe(3);
  });

  test("tells who cannot read at all from who cannot read everywhere", () => {
    const leftOut = [
      { userId: "@a:x", devices: "all" as const },
      { userId: "@b:x", devices: "some" as const },
    ];
    expect(leftOutOf({ ...QUIET, leftOut }, "all")).toEqual(["@a:x"]);
    expect(leftOutOf({ ...QUIET, leftOut }, "some")).toEqual(["@b:x"]);
  });

  test("a failed message is held back by its own kind of concern only, until that is settled", () => {
    const concerns = concernsOf(TROUBLED);
    expect(concernBehind("verified-identity-changed", concerns)?.userId).toBe("@was:x");
    expect(concernBehind("verified-user-unsigned-device", concerns)?.kind).toBe("unsigned-devices");
    expect(concernBehind("verified-identity-changed", concernsOf(QUIET))).toBeNull();
    expect(concernBehind("timeout", concerns)).toBeNull();
    expect([isHeldBack("verified-user-unsigned-device"), isHeldBack("timeout")]).toEqual([true, false]);
  });
});

describe("an unreadable message", () => {
  const safety = (change: Partial<Safety> = {}): Safety => ({ ...GOOD_SAFETY, ...change });
  const utd = (cause: Utd["cause"]): Utd => ({ code: "MissingMegolmSession", cause });
  const none = safety({
    recovery: { state: "disabled", hasPassphrase: false, missing: [] },
    backup: { state: "none", version: null, total: 1, backedUp: 0, uploading: false },
  });

  test("from before this device: verify it first, then restore; nothing where there is neither", () => {
    expect(decideUtdStep(utd("historical"), false, safety({ thisDeviceVerified: false }))?.kind).toBe("verify-this-device");
    expect(decideUtdStep(utd("historical"), false, safety())?.kind).toBe("recovery");
    expect(decideUtdStep(utd("historical"), false, none)).toBeNull();
    expect(decideUtdStep(utd("historical"), false, null)).toBeNull();
  });

  test("withheld because this device is not verified: only while that is so", () => {
    expect(decideUtdStep(utd("withheld-unverified"), false, safety({ thisDeviceVerified: false }))?.kind).toBe("verify-this-device");
    expect(decideUtdStep(utd("withheld-unverified"), false, safety())).toBeNull();
    expect(decideUtdStep(utd("withheld-unverified"), false, safety({ identity: "none", thisDeviceVerified: false }))).toBeNull();
  });

  test("other devices of ours are asked where one may have the key: never for what a sender withholds, nor before this device is verified", () => {
    const asks = (["waiting", "historical", "withheld", "withheld-unverified", "damaged", "replayed", "unknown"] as const).filter((cause) =>
      canAskDevices(utd(cause), safety()),
    );
    expect(asks).toEqual(["waiting", "historical"]);
    for (const change of [{ thisDeviceVerified: false }, { otherVerifiedDevices: 0 }])
      expect(canAskDevices(utd("waiting"), safety(change))).toBe(false);
    expect(canAskDevices(utd("waiting"), null)).toBe(false);
  });

  test("our own waits for our other device; what others send, and what no key can mend, has no step here", () => {
    expect(decideUtdStep(utd("waiting"), true, safety())?.kind).toBe("recovery");
    expect(decideUtdStep(utd("waiting"), false, safety({ thisDeviceVerified: false }))).toBeNull();
    for (const cause of ["sent-before-we-joined", "withheld", "untrusted-sender", "replayed", "damaged", "unknown"] as const)
      expect(decideUtdStep(utd(cause), true, safety({ thisDeviceVerified: false }))).toBeNull();
  });
});

test("our devices: the unverified first, then those seen last; this one is not among them", () => {
  const device = (deviceId: string, verified: boolean, lastSeen: number | null, firstSeen = 0): DeviceView => ({
    userId: "@me:x",
    deviceId,
    displayName: null,
    ed25519: "e",
    curve25519: "c",
    verified,
    crossSigned: verified,
    blacklisted: false,
    own: true,
    firstSeen,
    lastSeen,
  });
  const list = [
    device("HERE", true, 99),
    device("OLD", true, 5),
    device("NEW", true, 50),
    device("ODD", false, null, 7),
    device("BAD", false, 9),
  ];
  expect(arrangeDevices(list, "HERE").map(({ deviceId }) => deviceId)).toEqual(["BAD", "ODD", "NEW", "OLD"]);
});
