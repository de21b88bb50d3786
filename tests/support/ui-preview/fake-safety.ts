import type { ChatContract } from "../../../protocol/chat.ts";
import type { ParamsOf, ResultOf } from "../../../protocol/define.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import type { IncomingVerification } from "../../../protocol/messages/verification-view.ts";
import { GOOD_SAFETY } from "../good-safety.ts";
import { ADA, ME, NOW } from "./fixture.ts";

type RoomSafety = ResultOf<ChatContract["roomSafety"]>;

const GOOD: Safety = { ...GOOD_SAFETY, backup: { ...GOOD_SAFETY.backup, total: 4212, backedUp: 4212 } };
const NONE: Safety["backup"] = { state: "none", version: null, total: 4212, backedUp: 0, uploading: false };
const DISABLED: Safety["recovery"] = { state: "disabled", hasPassphrase: false, missing: [] };

const SAFETIES = new Map<string, Safety>([
  ["unknown", { ...GOOD, identity: "unknown", recovery: { ...DISABLED, state: "unknown" }, backup: { ...NONE, state: "unknown" } }],
  ["none", { ...GOOD, identity: "none", thisDeviceVerified: false, recovery: DISABLED, backup: NONE }],
  ["unverified", { ...GOOD, thisDeviceVerified: false }],
  ["unverified-alone", { ...GOOD, thisDeviceVerified: false, otherVerifiedDevices: 0, recovery: DISABLED, backup: NONE }],
  ["alone", { ...GOOD, otherVerifiedDevices: 0 }],
  ["strange-devices", { ...GOOD, unverifiedDevices: 2 }],
  ["untrusted", { ...GOOD, backup: { ...NONE, state: "untrusted", version: "4" } }],
  ["missing-here", { ...GOOD, recovery: { state: "incomplete", hasPassphrase: true, missing: ["backup-key-here"] } }],
  ["missing-there", { ...GOOD, recovery: { state: "incomplete", hasPassphrase: true, missing: ["backup", "master"] } }],
  ["no-recovery", { ...GOOD, recovery: DISABLED, backup: NONE, dehydration: { state: "off", received: 0 } }],
  ["collecting", { ...GOOD, dehydration: { state: "collecting", received: 1250 } }],
  ["away-locked", { ...GOOD, dehydration: { state: "locked", received: 0 } }],
  ["uploading", { ...GOOD, backup: { ...GOOD.backup, backedUp: 1380, uploading: true } }],
]);

const REQUESTS: readonly IncomingVerification[] = [
  { flowId: "$f1", userId: ADA.userId, displayName: ADA.name, deviceName: "Ada's phone", own: false, since: NOW - 30_000 },
  { flowId: "f2", userId: ME, displayName: "Robin Maas", deviceName: "Bulkhead on macOS", own: true, since: NOW - 90_000 },
  { flowId: "$f3", userId: "@noor:harbour.example", displayName: "Noor Haddad", deviceName: null, own: false, since: NOW - 200_000 },
  { flowId: "$f4", userId: "@kofi:harbour.example", displayName: null, deviceName: null, own: false, since: NOW - 300_000 },
];

/** What the scene says about the account's keys. */
export function safety(query: URLSearchParams): Safety {
  return { ...(SAFETIES.get(query.get("safety") ?? "") ?? GOOD), incoming: REQUESTS.slice(0, Number(query.get("requests") ?? "0")) };
}

const was: RoomSafety["changed"] = [{ userId: "@mikael:harbour.example", problem: "was-verified" }];
const fresh: RoomSafety["changed"] = [{ userId: "@noor:harbour.example", problem: "new-identity" }];
const unsigned: RoomSafety["unsignedDevices"] = [{ userId: ADA.userId, deviceIds: ["OLDLAPTOPX"] }];
const QUIET: RoomSafety = {
  everyoneVerified: false,
  changed: [],
  unsignedDevices: [],
  onlyVerified: { here: false, everywhere: false },
  leftOut: [
    { userId: ME, devices: "some" },
    { userId: "@noor:harbour.example", devices: "all" },
    { userId: "@mikael:harbour.example", devices: "all" },
    { userId: ADA.userId, devices: "some" },
  ],
};

const ROOMS = new Map<string, RoomSafety>([
  ["verified", { ...QUIET, everyoneVerified: true, leftOut: [] }],
  ["was", { ...QUIET, changed: was }],
  ["new", { ...QUIET, changed: fresh }],
  ["unsigned", { ...QUIET, unsignedDevices: unsigned }],
  ["all", { ...QUIET, changed: [...fresh, ...was], unsignedDevices: unsigned }],
]);

type Precautions = ResultOf<ChatContract["precautions"]>;
type FakeRoomSafety = {
  readonly of: (roomId: string) => RoomSafety;
  readonly settle: (userId: string) => void;
  readonly precautions: (change?: ParamsOf<ChatContract["changePrecautions"]>) => Precautions;
  readonly setOnlyVerified: (roomId: string, on: boolean) => void;
};

/** Rooms whose state the person has settled, as a worker would know it. */
export function roomSafety(query: URLSearchParams): FakeRoomSafety {
  const settled = new Set<string>();
  const rooms = new Set<string>(query.has("onlyverified") ? ["!room0:harbour.example"] : []);
  let precautions: Precautions = { onlyVerified: query.has("onlyverifiedall"), exchangeKeys: false };
  return {
    precautions: ({ onlyVerified = precautions.onlyVerified, exchangeKeys = precautions.exchangeKeys } = {}) =>
      (precautions = { onlyVerified, exchangeKeys }),
    setOnlyVerified: (roomId, on) => void (on ? rooms.add(roomId) : rooms.delete(roomId)),
    of(roomId) {
      const made = roomId === "!room0:harbour.example" ? (ROOMS.get(query.get("trust") ?? "") ?? QUIET) : QUIET;
      return {
        ...made,
        onlyVerified: { here: rooms.has(roomId), everywhere: precautions.onlyVerified },
        changed: made.changed.filter(({ userId }) => !settled.has(userId)),
        unsignedDevices: made.unsignedDevices.filter(({ userId }) => !settled.has(userId)),
      };
    },
    settle: (userId) => void settled.add(userId),
  };
}

export function signOutRisk(query: URLSearchParams): ResultOf<ChatContract["signOutRisk"]> {
  const risk = query.get("risk");
  return {
    roomKeys: 4212,
    notBackedUp: risk === null ? 0 : 4212,
    losesIdentity: risk === "identity",
    unsent: query.has("unsent") ? 2 : 0,
  };
}
