import type { Page } from "playwright-core";
import { chat, click, harbour, open, press, section, inTurn, type, type Scene } from "./scene-kit.ts";

const pause = (page: Page): Promise<void> => page.waitForTimeout(250);
const settings = (name: string): ((page: Page) => Promise<void>) => inTurn(press("Control+,"), section(name), pause);
const scrolled =
  (...steps: ReadonlyArray<(page: Page) => Promise<void>>) =>
  async (page: Page): Promise<void> => {
    for (const step of steps) await step(page);
    await page.mouse.move(760, 450);
    await page.mouse.wheel(0, 3000);
    await page.waitForTimeout(200);
  };
const signOut = inTurn(click(/Account and settings$/), async (page) => page.getByRole("menuitem", { name: "Sign out" }).click(), pause);
const person = (name: RegExp): ((page: Page) => Promise<void>) =>
  inTurn(
    harbour,
    click(/^People: /),
    async (page) => page.getByRole("listbox", { name: "People in the room" }).getByRole("option", { name }).click(),
    pause,
  );

/** What the chat page says about keys and identities. */
export const TRUST_SCENES: readonly Scene[] = [
  { name: "toast-one", path: chat("room", "&requests=1"), act: harbour },
  { name: "toast-many-dark", path: chat("room", "&requests=4&theme=dark"), act: harbour },
  { name: "toast-own-800", path: chat("room", "&requests=2"), size: [800, 600], act: harbour },
  { name: "toast-focus", path: chat("room", "&requests=2"), act: inTurn(harbour, press("F6"), press("Tab")) },
  { name: "toast-over-dialog", path: chat("room", "&requests=1&theme=dark"), act: inTurn(harbour, press("Control+k")) },
  { name: "toast-contrast", path: chat("room", "&requests=2&theme=high-contrast"), act: harbour },
  { name: "toast-refused", path: chat("room", "&requests=1&shellfail=forbidden"), act: inTurn(harbour, click("Open in the Vault"), pause) },

  { name: "notice-no-identity", path: chat("first-run", "&safety=none") },
  { name: "notice-unverified", path: chat("room", "&safety=unverified"), act: harbour },
  { name: "notice-unverified-dark-800", path: chat("room", "&safety=unverified&theme=dark"), size: [800, 600], act: harbour },
  { name: "notice-strange-devices", path: chat("room", "&safety=strange-devices&theme=dark"), act: harbour },
  { name: "notice-untrusted", path: chat("room", "&safety=untrusted"), act: harbour },
  { name: "notice-incomplete", path: chat("room", "&safety=missing-there"), act: harbour },
  { name: "notice-no-recovery", path: chat("room", "&safety=no-recovery"), act: inTurn(harbour, press("F6", "Tab")) },
  { name: "notice-aside-menu", path: chat("room", "&safety=no-recovery"), act: inTurn(click("Not now"), click(/Account and settings$/)) },

  { name: "settings-security", path: chat("room"), act: settings("Security") },
  { name: "settings-security-end", path: chat("room"), act: scrolled(settings("Security"), click("Details")) },
  { name: "settings-security-dark-800", path: chat("room", "&theme=dark&safety=uploading"), size: [800, 600], act: settings("Security") },
  { name: "settings-security-none", path: chat("room", "&safety=none&nolock"), act: settings("Security") },
  {
    name: "settings-security-unverified",
    path: chat("room", "&safety=unverified-alone&requests=2"),
    act: inTurn(async (page) => page.getByRole("button", { name: "Not now" }).nth(1).click(), settings("Security")),
  },
  { name: "settings-security-untrusted", path: chat("room", "&safety=untrusted&theme=dark"), act: settings("Security") },
  { name: "settings-security-incomplete", path: chat("room", "&safety=missing-here&theme=high-contrast"), act: settings("Security") },
  { name: "settings-security-collecting", path: chat("room", "&safety=collecting"), act: settings("Security") },
  {
    name: "settings-security-locked-dark-800",
    path: chat("room", "&safety=away-locked&theme=dark"),
    size: [800, 600],
    act: inTurn(settings("Security"), async (page) => page.getByText("Keys while you are signed out").scrollIntoViewIfNeeded()),
  },
  { name: "settings-security-unknown", path: chat("room", "&safety=unknown&notuploaded"), act: settings("Security") },
  { name: "settings-security-failed", path: chat("room", "&nosafety"), act: settings("Security") },
  {
    name: "settings-lock-choices",
    path: chat("room"),
    act: inTurn(scrolled(settings("Security")), click(/Lock by itself/)),
  },
  { name: "settings-no-lock", path: chat("room", "&nolock&theme=dark"), act: scrolled(settings("Security")) },

  { name: "devices-good", path: chat("room"), act: settings("Devices") },
  { name: "devices-alone", path: chat("room", "&alone"), act: settings("Devices") },
  { name: "devices-strange-dark", path: chat("room", "&safety=strange-devices&theme=dark"), act: settings("Devices") },
  {
    name: "devices-chosen-800",
    path: chat("room", "&safety=strange-devices"),
    size: [800, 600],
    act: inTurn(
      settings("Devices"),
      async (page) => page.getByRole("radio", { name: "Not verified" }).click(),
      async (page) => page.getByText("Old laptop").scrollIntoViewIfNeeded(),
      async (page) => page.locator(".checkbox").first().click(),
      async (page) => page.locator(".checkbox").nth(1).click(),
    ),
  },
  {
    name: "devices-rename",
    path: chat("room"),
    act: inTurn(settings("Devices"), click("Rename Phone"), press("Control+a"), type("Robin's phone")),
  },
  {
    name: "devices-rename-failed",
    path: chat("room", "&fail=timeout"),
    act: inTurn(settings("Devices"), click("Rename Phone"), type("x"), press("Enter"), pause),
  },
  {
    name: "devices-details",
    path: chat("room", "&theme=high-contrast&safety=strange-devices"),
    act: inTurn(settings("Devices"), click("Details")),
  },
  {
    name: "devices-focus",
    path: chat("room", "&safety=strange-devices"),
    act: inTurn(settings("Devices"), press("Tab", "Tab", "Tab", "Tab", "Tab")),
  },

  { name: "trust-verified", path: chat("room", "&trust=verified"), act: inTurn(harbour, click("Everyone here is verified")) },
  { name: "trust-new", path: chat("room", "&trust=new"), act: harbour },
  {
    name: "trust-new-failed",
    path: chat("room", "&trust=new&fail=timeout"),
    act: inTurn(harbour, async (page) => page.getByRole("button", { name: "Accept", exact: true }).last().click(), pause),
  },
  { name: "trust-was-dark", path: chat("room", "&trust=was&theme=dark"), act: inTurn(harbour, click("Identity changed")) },
  { name: "trust-unsigned", path: chat("room", "&trust=unsigned"), act: inTurn(harbour, click("Unconfirmed device")) },
  { name: "trust-all", path: chat("room", "&trust=all&heldback"), act: inTurn(harbour, click(/^People: /)) },
  { name: "trust-all-dark-800", path: chat("room", "&trust=all&heldback&theme=dark"), size: [800, 600], act: harbour },
  { name: "trust-all-contrast", path: chat("room", "&trust=all&heldback&theme=high-contrast"), act: harbour },
  { name: "trust-settled", path: chat("room", "&trust=unsigned&heldback"), act: inTurn(harbour, click("Leave it out"), pause) },
  { name: "trust-info", path: chat("room", "&trust=all"), act: inTurn(harbour, click(/^Room details/)) },
  { name: "trust-info-verified", path: chat("room", "&trust=verified&theme=dark"), act: inTurn(harbour, click(/^Room details/)) },

  { name: "only-verified-off", path: chat("room"), act: inTurn(harbour, click(/^Room details/)) },
  { name: "only-verified-on", path: chat("room", "&onlyverified"), act: inTurn(harbour, click(/^Room details/)) },
  { name: "only-verified-on-dark", path: chat("room", "&onlyverified&theme=dark"), act: inTurn(harbour, click(/^Room details/)) },
  { name: "only-verified-on-800", path: chat("room", "&onlyverified"), size: [800, 600], act: harbour },
  { name: "only-verified-everywhere", path: chat("room", "&onlyverifiedall"), act: inTurn(harbour, click(/^Room details/)) },
  {
    name: "only-verified-settings",
    path: chat("room", "&onlyverifiedall"),
    act: inTurn(settings("Security"), async (page) => page.getByText("Who gets keys").scrollIntoViewIfNeeded()),
  },
  {
    name: "only-verified-settings-dark-800",
    path: chat("room", "&theme=dark"),
    size: [800, 600],
    act: inTurn(settings("Security"), async (page) => page.getByText("Fetch missing keys").scrollIntoViewIfNeeded()),
  },
  { name: "send-anyway-offer", path: chat("room", "&trust=unsigned&heldback"), act: harbour },
  { name: "send-anyway-ask", path: chat("room", "&trust=unsigned&heldback"), act: inTurn(harbour, click("Send all the same")) },
  {
    name: "send-anyway-ask-dark-800",
    path: chat("room", "&trust=unsigned&heldback&theme=dark"),
    size: [800, 600],
    act: inTurn(harbour, click("Send all the same")),
  },

  { name: "person-verified", path: chat("room", "&trust=unsigned"), act: person(/^Ada/) },
  { name: "person-was-verified", path: chat("room", "&trust=was&theme=dark"), act: person(/^Mikael/) },
  { name: "person-new-identity", path: chat("room", "&trust=new"), act: person(/^Noor/) },
  { name: "person-not-verified", path: chat("room"), act: person(/^Grace/) },
  { name: "person-me", path: chat("room"), act: person(/^You/) },

  { name: "utd-unverified", path: chat("room", "&safety=unverified"), act: open("Security reviews") },
  {
    name: "utd-restore-why",
    path: chat("room", "&theme=dark"),
    act: inTurn(open("Security reviews"), async (page) => page.getByRole("button", { name: "Why?" }).nth(2).click()),
  },
  {
    name: "utd-ask-devices",
    path: chat("room"),
    act: inTurn(open("Security reviews"), async (page) => page.getByRole("button", { name: "Why?" }).first().click()),
  },
  {
    name: "utd-ask-devices-asked",
    path: chat("room", "&theme=dark"),
    act: inTurn(
      open("Security reviews"),
      async (page) => page.getByRole("button", { name: "Why?" }).first().click(),
      click("Ask my other devices"),
    ),
  },
  {
    name: "shield-own-why",
    path: chat("room", "&theme=dark"),
    act: inTurn(open("Security reviews"), click(/^Caution: Sent from a device of yours/)),
  },

  { name: "sign-out-safe", path: chat("room"), act: signOut },
  { name: "sign-out-alone", path: chat("room", "&safety=alone"), act: signOut },
  { name: "sign-out-unsent", path: chat("room", "&unsent&theme=dark"), act: signOut },
  { name: "sign-out-keys", path: chat("room", "&risk=keys&safety=no-recovery"), act: signOut },
  { name: "sign-out-identity-dark", path: chat("room", "&risk=identity&safety=no-recovery&theme=dark"), act: signOut },
  { name: "sign-out-unknown-800", path: chat("room", "&risk=unknown"), size: [800, 600], act: signOut },
];
