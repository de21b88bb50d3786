import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { SAS_EMOJI } from "../../../crypto-worker/machine/verification/sas-emoji.ts";
import { ADA, ME } from "./fixture.ts";

const SECONDS = 1000;
const NOTHING = { sas: false, showQr: false, scanQr: false };
const ALL = { sas: true, showQr: true, scanQr: true };

const EMOJI = [0, 17, 42, 8, 63, 31, 25].flatMap((index) => {
  const entry = SAS_EMOJI[index];
  return entry === undefined ? [] : [{ symbol: entry[0], name: entry[1], index }];
});

/** A verification in some state, as the scene wants it: `ada`, or another device of ours. */
export function fakeView(state: VerificationView["state"], query: URLSearchParams, place = 0): VerificationView {
  const own = query.has("own") ? place === 0 : place === 1;
  const decimals = query.has("decimals");
  const comparing = state === "sas-compare";
  return {
    flowId: `flow${place}`,
    userId: own ? ME : ADA.userId,
    displayName: own ? "Robin Maas" : ADA.name,
    deviceId: query.has("nodevice") ? null : own ? "QPHONEDEV7" : "ADASPHONE1",
    deviceName: query.has("nodevice") ? null : own ? "Pixel 9" : "Ada's phone",
    own,
    weStarted: state !== "asked",
    since: Date.now() - 40 * SECONDS,
    expiresAt: Date.now() + (query.has("late") ? 41 : 560) * SECONDS,
    state,
    methods: query.has("nomethods") ? NOTHING : state === "ready" || state === "qr-shown" ? ALL : NOTHING,
    emoji: comparing && !decimals ? EMOJI : null,
    decimals: comparing ? [4217, 1092, 8830] : null,
    qr: state === "qr-shown" ? Uint8Array.from({ length: 148 }, (_, at) => "MATRIX".charCodeAt(at) || (at * 61) & 0xff) : null,
    cancel: state === "cancelled" ? { code: query.get("code") ?? "m.user", byUs: query.has("byus") } : null,
  };
}

/** What a verification becomes next when the other side plays along. */
export function afterwards(view: VerificationView, state: VerificationView["state"], query: URLSearchParams): VerificationView {
  const own = new URLSearchParams(query);
  if (view.own) own.set("own", "");
  return { ...fakeView(state, own), flowId: view.flowId };
}
