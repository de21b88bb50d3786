import { describe, expect, test } from "vitest";
import { GOOD_SAFETY } from "../../../tests/support/good-safety.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import type { IncomingVerification } from "../../../protocol/messages/verification-view.ts";
import type { AppState, Connection } from "../../../protocol/shell.ts";
import { decideBanner } from "./banner.ts";
import {
  asideNotice,
  asideRequest,
  asideUpdate,
  decideNotice,
  decideRequests,
  decideUpdate,
  dueNotices,
  NOTHING_ASIDE,
} from "./notices.ts";
import { decideLoss } from "./sign-out-loss.ts";

const recovery = (state: Safety["recovery"]["state"]): Pick<Safety, "recovery"> => ({ recovery: { ...GOOD_SAFETY.recovery, state } });
const untrusted: Pick<Safety, "backup"> = { backup: { ...GOOD_SAFETY.backup, state: "untrusted" } };
const kinds = (change: Partial<Safety>): string[] => dueNotices({ ...GOOD_SAFETY, ...change }).map(({ kind }) => kind);

describe("what is due", () => {
  test("nothing where all is in order, or nothing is known", () => {
    expect(kinds({})).toEqual([]);
    expect(kinds({ identity: "unknown", thisDeviceVerified: false, ...recovery("disabled") })).toEqual([]);
    expect(kinds({ ...recovery("unknown"), backup: { ...GOOD_SAFETY.backup, state: "unknown" } })).toEqual([]);
    expect(decideNotice(null, NOTHING_ASIDE)).toBeNull();
  });

  test("an identity comes before everything, then this device", () => {
    expect(kinds({ identity: "none", thisDeviceVerified: false, unverifiedDevices: 3, ...recovery("disabled") })).toEqual(["no-identity"]);
    expect(kinds({ thisDeviceVerified: false, unverifiedDevices: 3, ...recovery("disabled"), ...untrusted })).toEqual(["unverified-here"]);
  });

  test("strange devices, then a backup that is not ours, then what is incomplete or missing", () => {
    expect(kinds({ unverifiedDevices: 2, ...recovery("disabled"), ...untrusted })).toEqual([
      "unverified-devices",
      "backup-untrusted",
      "no-recovery",
    ]);
    // The recovery key settles both; one line is enough.
    expect(kinds({ ...recovery("incomplete"), ...untrusted })).toEqual(["backup-untrusted"]);
    expect(kinds(recovery("incomplete"))).toEqual(["recovery-incomplete"]);
  });

  test("what was put aside gives way to the next, and comes back when it grows", () => {
    const safety: Safety = { ...GOOD_SAFETY, unverifiedDevices: 1, ...recovery("disabled") };
    const first = decideNotice(safety, NOTHING_ASIDE);
    expect(first?.kind).toBe("unverified-devices");
    if (first === null) return;
    const aside = asideNotice(NOTHING_ASIDE, first);
    expect(decideNotice(safety, aside)?.kind).toBe("no-recovery");
    expect(decideNotice({ ...safety, unverifiedDevices: 2 }, aside)).toEqual({ kind: "unverified-devices", size: 2 });
  });
});

describe("requests", () => {
  const request = (flowId: string, since: number): IncomingVerification => ({
    flowId,
    userId: "@ada:x",
    displayName: "Ada",
    deviceName: null,
    own: false,
    since,
  });
  const safety: Safety = { ...GOOD_SAFETY, incoming: [request("a", 1), request("b", 4), request("c", 2), request("d", 3)] };

  test("the newest three are shown, and how many more there are", () => {
    const { shown, more } = decideRequests(safety, NOTHING_ASIDE);
    expect(shown.map(({ flowId }) => flowId)).toEqual(["b", "d", "c"]);
    expect(more).toBe(1);
    expect(decideRequests(null, NOTHING_ASIDE)).toEqual({ shown: [], more: 0 });
  });

  test("one that was put aside makes room", () => {
    const { shown, more } = decideRequests(safety, asideRequest(NOTHING_ASIDE, "d"));
    expect(shown.map(({ flowId }) => flowId)).toEqual(["b", "c", "a"]);
    expect(more).toBe(0);
  });
});

describe("the line over everything", () => {
  const ready: AppState = { phase: "ready", userId: "@me:x", deviceId: "D", appLock: false };
  const online: Connection = { state: "online", retryAt: null, workerRestarting: false };
  const notice = { kind: "no-recovery", size: 1 } as const;

  test("trouble, then safety, then a newer version, then being busy, then nothing", () => {
    expect(decideBanner(ready, { ...online, state: "offline" }, notice, null, true)).toEqual({ kind: "trouble", trouble: "offline" });
    expect(decideBanner(ready, { ...online, workerRestarting: true }, notice, null, true)).toEqual({ kind: "trouble", trouble: "worker" });
    expect(decideBanner(ready, online, notice, null, true)).toEqual({ kind: "safety", notice });
    expect(decideBanner(ready, online, notice, "1.2.3", true)).toEqual({ kind: "safety", notice });
    expect(decideBanner(ready, online, null, "1.2.3", true)).toEqual({ kind: "update", version: "1.2.3" });
    expect(decideBanner(ready, online, null, null, true)).toEqual({ kind: "catching-up" });
    expect(decideBanner(ready, online, null, null, false)).toBeNull();
  });

  test("a session that is over says so whatever else is wrong", () => {
    const over: AppState = { phase: "logged-out-by-server", userId: "@me:x" };
    expect(decideBanner(over, { ...online, state: "offline" }, notice, null, false)).toEqual({ kind: "trouble", trouble: "logged-out" });
  });
});

test("a version that waits is said once: put aside it waits on, a newer one is said again", () => {
  const ready = { phase: "ready", version: "1.2.3" } as const;
  expect(decideUpdate(ready, NOTHING_ASIDE)).toBe("1.2.3");
  const aside = asideUpdate(NOTHING_ASIDE, "1.2.3");
  expect(decideUpdate(ready, aside)).toBeNull();
  expect(decideUpdate({ phase: "ready", version: "1.2.4" }, aside)).toBe("1.2.4");
  expect(decideUpdate({ phase: "installing", version: "1.2.3" }, NOTHING_ASIDE)).toBeNull();
});

describe("signing out", () => {
  const risk = { roomKeys: 20, notBackedUp: 0, losesIdentity: false, unsent: 0 };

  test("is not grave where everything is elsewhere; unsent messages alone are not", () => {
    expect(decideLoss({ ...risk, unsent: 2 }, GOOD_SAFETY, false)).toEqual({
      grave: false,
      keys: 0,
      identity: false,
      unsent: 2,
      offerRecovery: false,
      needsRecoveryKey: false,
    });
  });

  test("asks for the recovery key where no other device could bring the messages back", () => {
    const alone = { ...GOOD_SAFETY, otherVerifiedDevices: 0 };
    expect(decideLoss(risk, alone, false)).toMatchObject({ grave: false, needsRecoveryKey: true });
    expect(decideLoss({ ...risk, roomKeys: 0 }, alone, false).needsRecoveryKey).toBe(false);
    expect(decideLoss({ ...risk, notBackedUp: 5 }, alone, false)).toMatchObject({ grave: true, needsRecoveryKey: false });
  });

  test("offers recovery only where it can be set up from here and is not there yet", () => {
    const grave = { ...risk, notBackedUp: 5, losesIdentity: true };
    const off = { ...GOOD_SAFETY, ...recovery("disabled") };
    expect(decideLoss(grave, off, false).offerRecovery).toBe(true);
    expect(decideLoss(grave, { ...off, identity: "none", thisDeviceVerified: false }, false).offerRecovery).toBe(true);
    expect(decideLoss(grave, GOOD_SAFETY, false).offerRecovery).toBe(false);
    expect(decideLoss(grave, { ...off, thisDeviceVerified: false }, false).offerRecovery).toBe(false);
    // The server has ended this device: nothing can be put there any more.
    expect(decideLoss(grave, off, true).offerRecovery).toBe(false);
    expect(decideLoss(grave, null, false)).toMatchObject({ grave: true, keys: 5, identity: true, offerRecovery: false });
  });
});
