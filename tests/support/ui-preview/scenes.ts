import { chat, click, harbour, open, press, section, inTurn, type, type Scene } from "./scene-kit.ts";
import { MEDIA_SCENES } from "./media-scenes.ts";
import { MESSAGE_SCENES } from "./message-scenes.ts";
import { POLL_SCENES } from "./poll-scenes.ts";
import { TRUST_SCENES } from "./trust-scenes.ts";
import { VAULT_SCENES } from "./vault-scenes.ts";

export const SCENES: readonly Scene[] = [
  { name: "room-light", path: chat("room", "&typing&unsent"), act: harbour },
  { name: "room-dark", path: chat("room", "&theme=dark"), act: harbour },
  { name: "room-contrast", path: chat("room", "&theme=high-contrast&unsent"), act: harbour },
  { name: "room-800", path: chat("room"), size: [800, 600], act: harbour },
  { name: "room-2560", path: chat("room"), size: [2560, 1440], act: inTurn(harbour, click("Room details")) },
  { name: "room-info", path: chat("room"), act: inTurn(harbour, click(/^Room details/)) },
  { name: "room-info-800", path: chat("room"), size: [800, 600], act: inTurn(harbour, click(/^Room details/)) },
  { name: "room-hover", path: chat("room"), act: inTurn(harbour, async (page) => page.getByText("Measure twice").hover()) },
  { name: "room-focus", path: chat("room"), act: inTurn(harbour, press("Shift+F6", "ArrowUp", "ArrowUp")) },
  { name: "room-new-line", path: chat("room", "&new"), act: harbour },
  { name: "room-collapsed", path: chat("room", "&collapsed&theme=dark"), act: inTurn(press("Control+k"), type("harb"), press("Enter")) },
  {
    name: "room-scrolled",
    path: chat("room"),
    act: inTurn(
      harbour,
      async (page) => page.mouse.move(800, 400),
      async (page) => page.mouse.wheel(0, -3000),
    ),
  },
  {
    name: "room-start",
    path: chat("room"),
    act: inTurn(async (page) => page.getByRole("searchbox").fill("lighthouse"), open("Lighthouse")),
  },
  { name: "room-clear", path: chat("room"), act: inTurn(open("Night watch"), click("Not encrypted")) },
  { name: "room-no-permission", path: chat("room"), act: open("Choir") },
  { name: "troubles-light", path: chat("room"), act: open("Security reviews") },
  {
    name: "troubles-dark-why",
    path: chat("room", "&theme=dark"),
    act: inTurn(open("Security reviews"), async (page) => page.getByRole("button", { name: "Why?" }).nth(2).click()),
  },
  {
    name: "composer-reply",
    path: chat("room"),
    act: inTurn(harbour, press("Shift+F6", "ArrowUp", "r"), type("Yes, three of them.\nUploading now.")),
  },
  { name: "composer-edit", path: chat("room"), act: inTurn(harbour, press("ArrowUp")) },
  { name: "composer-mention", path: chat("room"), act: inTurn(harbour, type("Thanks @")) },
  { name: "members", path: chat("room"), act: inTurn(harbour, click(/^People: /)) },
  {
    name: "person",
    path: chat("room", "&theme=dark"),
    act: inTurn(
      harbour,
      click(/^People: /),
      async (page) => page.getByRole("option", { name: /^Mikael.*Moderator/ }).click(),
      async (page) => page.getByRole("button", { name: /Old laptop/ }).click(),
    ),
  },
  {
    name: "search",
    path: chat("room"),
    act: inTurn(
      harbour,
      press("Control+f"),
      async (page) => page.getByRole("searchbox", { name: "Search messages" }).fill("bar"),
      (page) => page.waitForTimeout(500),
    ),
  },
  {
    name: "invite",
    path: chat("room"),
    act: async (page) =>
      page
        .getByRole("button", { name: /Kofi Mensah/ })
        .first()
        .click(),
  },
  { name: "no-room", path: chat("room") },
  { name: "first-run", path: chat("first-run") },
  { name: "first-sync", path: chat("first-sync") },
  { name: "first-sync-dark-800", path: chat("first-sync", "&theme=dark"), size: [800, 600] },
  { name: "signed-out-empty", path: chat("logged-out", "&norooms") },
  { name: "verification-lines", path: chat("room", "&verification"), act: harbour },
  { name: "verification-lines-dark-800", path: chat("room", "&verification&theme=dark"), size: [800, 600], act: harbour },
  {
    name: "room-menu",
    path: chat("room"),
    act: async (page) => page.getByRole("option", { name: /^Kitchen rota/ }).click({ button: "right" }),
  },
  {
    name: "room-menu-dark-800",
    path: chat("room", "&theme=dark"),
    size: [800, 600],
    act: async (page) => page.getByRole("option", { name: /^Night watch/ }).click({ button: "right" }),
  },
  { name: "narrow-list", path: chat("room"), size: [420, 700] },
  { name: "narrow-room", path: chat("room"), size: [420, 700], act: harbour },
  { name: "narrow-room-clear", path: chat("room", "&theme=dark"), size: [640, 400], act: open("Night watch") },
  { name: "narrow-panel", path: chat("room"), size: [420, 700], act: inTurn(harbour, press("Control+.")) },
  { name: "emoji-picker", path: chat("room"), act: inTurn(harbour, click("Emoji")) },
  {
    name: "emoji-picker-dark-800",
    path: chat("room", "&theme=dark"),
    size: [800, 600],
    act: inTurn(harbour, click("Emoji"), type("heart"), press("ArrowRight", "ArrowDown")),
  },
  { name: "emoji-picker-none", path: chat("room", "&theme=high-contrast"), act: inTurn(harbour, click("Emoji"), type("zzzzz")) },
  { name: "emoji-suggestions", path: chat("room"), act: inTurn(harbour, type("That went well :sm")) },
  { name: "emoji-reaction", path: chat("room"), act: inTurn(harbour, press("Shift+F6"), click(/^React$/)) },
  { name: "loading", path: chat("loading") },
  {
    name: "room-loading",
    path: chat("room-loading"),
    act: async (page) =>
      page
        .getByRole("option", { name: /^Harbour crew/ })
        .first()
        .click(),
  },
  {
    name: "room-failed",
    path: chat("room-failed"),
    act: async (page) =>
      page
        .getByRole("option", { name: /^Harbour crew/ })
        .first()
        .click(),
  },
  {
    name: "older-failed",
    path: chat("room", "&olderfail"),
    act: inTurn(
      harbour,
      async (page) => page.mouse.move(800, 400),
      async (page) => page.mouse.wheel(0, -6000),
    ),
  },
  { name: "filter-none", path: chat("room"), act: async (page) => page.getByRole("searchbox").fill("zzz") },
  { name: "sign-in", path: chat("sign-in") },
  {
    name: "sign-in-found",
    path: chat("sign-in", "&server=harbour.example&sso&theme=dark"),
    act: async (page) => page.getByText("Found https").waitFor(),
  },
  {
    name: "sign-in-wrong",
    path: chat("sign-in", "&server=harbour.example"),
    act: inTurn(
      async (page) => page.getByText("Found https").waitFor(),
      async (page) => page.getByLabel("User name").fill("robin"),
      async (page) => page.getByLabel("Password", { exact: true }).fill("nope"),
      press("Enter"),
      (page) => page.waitForTimeout(200),
    ),
  },
  {
    name: "sign-in-no-server",
    path: chat("sign-in", "&server=harbour"),
    act: async (page) => page.getByText("no Matrix server").waitFor(),
  },
  {
    name: "register",
    path: chat("sign-in", "&server=harbour.example"),
    act: inTurn(async (page) => page.getByText("Found https").waitFor(), click("Create an account")),
  },
  {
    name: "sign-in-800",
    path: chat("sign-in", "&server=harbour.example&sso"),
    size: [800, 600],
    act: async (page) => page.getByText("Found https").waitFor(),
  },
  { name: "register-no-server", path: chat("sign-in"), act: click("Create an account") },
  {
    name: "register-elsewhere-dark-800",
    path: chat("sign-in", "&server=harbour.example&sso&noregister&theme=dark"),
    size: [800, 600],
    act: inTurn(async (page) => page.getByText("Found https").waitFor(), click("Create an account")),
  },
  { name: "gate-create", path: chat("vault-create") },
  { name: "gate-unlock-dark", path: chat("vault-unlock", "&theme=dark") },
  { name: "gate-forgotten", path: chat("vault-unlock"), act: click("I have forgotten the passphrase") },
  {
    name: "gate-set-aside-dark-800",
    path: chat("vault-unlock", "&theme=dark"),
    size: [800, 600],
    act: inTurn(click("I have forgotten the passphrase"), click("Set aside and sign in fresh"), (page) => page.waitForTimeout(200)),
  },
  { name: "opening", path: chat("opening") },
  { name: "failed", path: chat("failed") },
  { name: "failed-dark-800", path: chat("failed", "&code=store-wrong-key&theme=dark"), size: [800, 600] },
  { name: "banner-offline", path: chat("offline"), act: harbour },
  { name: "banner-unreachable", path: chat("unreachable", "&theme=dark"), act: harbour },
  { name: "banner-restarting", path: chat("restarting"), act: harbour },
  { name: "banner-soft-logout", path: chat("soft-logout"), act: harbour },
  {
    name: "reauthenticate",
    path: chat("soft-logout", "&sso"),
    act: inTurn(click("Sign in again"), async (page) => page.getByRole("button", { name: "Continue in the browser" }).waitFor()),
  },
  {
    name: "reauthenticate-browser-dark-800",
    path: chat("soft-logout", "&sso&ssoonly&theme=dark"),
    size: [800, 600],
    act: inTurn(click("Sign in again"), async (page) => page.getByRole("button", { name: "Continue in the browser" }).waitFor()),
  },
  { name: "banner-logged-out", path: chat("logged-out"), act: harbour },
  { name: "catching-up", path: chat("catching-up"), act: harbour },
  { name: "dialog-new-room", path: chat("room"), act: press("Control+Shift+N") },
  {
    name: "dialog-new-dm",
    path: chat("room", "&theme=dark"),
    act: inTurn(press("Control+n"), type("a"), (page) => page.waitForTimeout(500)),
  },
  {
    name: "dialog-join",
    path: chat("room"),
    act: inTurn(
      click("New message"),
      async (page) => page.getByRole("menuitem", { name: "Join by address" }).click(),
      type("harbour"),
      press("Enter"),
    ),
  },
  { name: "dialog-switcher", path: chat("room"), act: inTurn(press("Control+k"), type("ha")) },
  { name: "dialog-shortcuts", path: chat("room"), act: press("Control+/") },
  {
    name: "dialog-invite-dark-800",
    path: chat("room", "&theme=dark"),
    size: [800, 600],
    act: inTurn(harbour, click(/^Room details/), click("Invite people")),
  },
  { name: "key-shared-why", path: chat("room"), act: inTurn(open("Security reviews"), click(/Key shared by/)) },
  {
    name: "key-shared-why-dark-800",
    path: chat("room", "&theme=dark"),
    size: [800, 600],
    act: inTurn(open("Security reviews"), click(/Key shared by/)),
  },
  {
    name: "dialog-invite",
    path: chat("room"),
    act: inTurn(harbour, click(/^Room details/), click("Invite people"), type("gr"), (page) => page.waitForTimeout(500)),
  },
  { name: "dialog-leave", path: chat("room"), act: inTurn(harbour, click(/^Room details/), click("Leave the room")) },
  { name: "dialog-delete", path: chat("room", "&theme=dark"), act: inTurn(harbour, press("Shift+F6", "Delete")) },
  { name: "menu-account", path: chat("room"), act: click(/Account and settings$/) },
  { name: "settings-account", path: chat("room"), act: press("Control+,") },
  { name: "settings-appearance", path: chat("room"), act: inTurn(press("Control+,"), section("Appearance")) },
  { name: "settings-notifications", path: chat("room", "&theme=high-contrast"), act: inTurn(press("Control+,"), section("Notifications")) },
  {
    name: "settings-notifications-dark-narrow",
    path: chat("room", "&theme=dark&background"),
    size: [420, 900],
    act: inTurn(press("Control+,"), section("Notifications")),
  },
  { name: "settings-messages", path: chat("room"), act: inTurn(press("Control+,"), section("Messages")) },
  { name: "settings-about", path: chat("room", "&theme=dark"), act: inTurn(press("Control+,"), section("About")) },
  {
    name: "settings-updates-current-dark-800",
    path: chat("room", "&updates=current&theme=dark"),
    size: [800, 600],
    act: inTurn(press("Control+,"), section("About")),
  },
  ...["idle", "downloading", "ready", "failed"].map((phase) => ({
    name: `settings-updates-${phase}`,
    path: chat("room", `&updates=${phase}`),
    act: inTurn(press("Control+,"), section("About")),
  })),
  { name: "banner-update", path: chat("calm", "&updates=ready"), act: harbour },
  { name: "banner-update-dark-800", path: chat("calm", "&updates=ready&theme=dark"), size: [800, 600], act: harbour },
  { name: "link-join", path: chat("room", "&link=matrix:r/harbour:example.org/e/x?via=example.org") },
  { name: "link-join-800", path: chat("room", `&link=matrix:r/${"harbour-".repeat(12)}:example.org`), size: [800, 600] },
  { name: "link-person-dark", path: chat("room", "&theme=dark&link=matrix:u/grace:example.org") },
  ...MEDIA_SCENES,
  ...MESSAGE_SCENES,
  ...POLL_SCENES,
  ...TRUST_SCENES,
  ...VAULT_SCENES,
];
