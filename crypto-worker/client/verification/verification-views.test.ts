import { expect, test } from "vitest";
import type { VerificationInfo } from "../../machine/verification/verification-info.ts";
import { decideState } from "./verification-views.ts";

const sas = (state: Extract<VerificationInfo, { kind: "sas" }>["state"]): VerificationInfo => ({ kind: "sas", state, weStarted: false });
const qr = (state: Extract<VerificationInfo, { kind: "qr" }>["state"]): VerificationInfo => ({ kind: "qr", state });

test.each([
  ["created", undefined, "asking"],
  ["requested", undefined, "asked"],
  ["ready", undefined, "ready"],
  ["transitioned", sas("created"), "sas-waiting"],
  ["transitioned", sas("started"), "sas-waiting"],
  ["transitioned", sas("accepted"), "sas-waiting"],
  ["transitioned", sas("keysExchanged"), "sas-compare"],
  ["transitioned", sas("confirmed"), "sas-confirmed"],
  ["transitioned", qr("started"), "qr-shown"],
  ["transitioned", qr("scanned"), "qr-scanned"],
  ["transitioned", qr("confirmed"), "qr-waiting"],
  ["transitioned", qr("reciprocated"), "qr-waiting"],
  ["done", sas("done"), "done"],
  ["cancelled", qr("cancelled"), "cancelled"],
] as const)("%s with %o is shown as %s", (phase, method, state) => {
  expect(decideState(phase, method, true)).toBe(state);
});

test("what the other side begins without having asked waits for a person", () => {
  expect(decideState("transitioned", sas("started"), false)).toBe("asked");
});
