import type { Page } from "playwright-core";
import { click, press, inTurn, type, type Scene } from "./scene-kit.ts";

type Act = (page: Page) => Promise<void>;
type Base = readonly [name: string, query: string, act?: Act];

const PASSPHRASE = "correct horse battery staple";
/** Until buttons that confirm something work. */
const armed: Act = (page) => page.waitForTimeout(700);
const settle =
  (ms = 700): Act =>
  (page) =>
    page.waitForTimeout(ms);
const fill =
  (label: string, text: string): Act =>
  async (page) =>
    page.getByLabel(label, { exact: true }).fill(text);
const radio =
  (name: RegExp): Act =>
  async (page) =>
    page.getByText(name).click();
const both = inTurn(fill("Passphrase", PASSPHRASE), fill("The same again", PASSPHRASE));
const toKey = inTurn(armed, click("Set up"), settle(600));

/** Every state of every dialog of the vault. */
const BASES: readonly Base[] = [
  ["create", "scene=create", inTurn(armed, type("harbour light"), press("Tab", "Tab"), type("harbour"))],
  ["created", "scene=create", inTurn(armed, both, press("Enter"), settle(800))],
  ["unlock", "scene=unlock", armed],
  ["unlock-wrong", "scene=unlock", inTurn(armed, type("nope"), press("Enter"), settle())],

  ["home-well", "", settle(300)],
  ["home-fresh", "safety=none", settle(300)],
  ["home-unverified", "safety=unverified", settle(300)],
  ["home-incomplete", "safety=missing-here", settle(300)],
  ["home-no-recovery", "safety=no-recovery&jobs=backup-upload:1380:4212", settle(300)],
  ["home-untrusted", "safety=untrusted", settle(300)],
  ["home-strange-devices", "safety=strange-devices", settle(300)],
  ["home-unknown", "safety=unknown", settle(300)],
  ["home-loading", "hang=safety", settle(500)],
  ["home-failed", "fail=safety:offline", settle(300)],
  ["home-underway", "flows=asked,sas-compare,done,cancelled&jobs=backup-restore:1210:4212,import-keys:40", settle(300)],

  ["start-user", "intent=verify-user", armed],
  ["start-user-verified", "intent=verify-user&verified", armed],
  ["start-user-again", "intent=verify-user&violation", armed],
  ["start-user-running", "intent=verify-user&flows=asking", armed],
  [
    "start-user-no-identity",
    "intent=verify-user&fail=requestVerification:identity-missing",
    inTurn(armed, click("Ask Ada Lovelace"), settle(500)),
  ],
  ["start-device", "intent=verify-device", armed],
  ["start-device-other", "intent=verify-device&other", armed],
  ["this-device", "intent=verify-this-device&safety=unverified", armed],
  ["this-device-neither", "intent=verify-this-device&safety=unverified-alone", armed],
  ["this-device-already", "intent=verify-this-device", armed],

  ["asked", "intent=verification&flows=asked", armed],
  ["asked-own", "intent=verification&flows=asked&own", armed],
  ["asked-elsewhere", "intent=export-keys&flows=asked", armed],
  ["asking", "intent=verification&flows=asking&nodevice", armed],
  ["asking-own", "intent=verification&flows=asking&own&nodevice", armed],
  ["ready", "intent=verification&flows=ready", armed],
  ["ready-none", "intent=verification&flows=ready&nomethods&late", armed],
  ["sas-waiting", "intent=verification&flows=sas-waiting", armed],
  ["emoji", "intent=verification&flows=sas-compare", armed],
  ["emoji-own", "intent=verification&flows=sas-compare&own&late", armed],
  ["emoji-several", "intent=verification&flows=sas-compare,asked,ready", armed],
  ["decimals", "intent=verification&flows=sas-compare&decimals", armed],
  ["sas-confirmed", "intent=verification&flows=sas-confirmed", armed],
  ["qr-shown", "intent=verification&flows=qr-shown", armed],
  ["qr-scanned", "intent=verification&flows=qr-scanned", armed],
  ["qr-waiting", "intent=verification&flows=qr-waiting", armed],
  ["scan", "intent=verification&flows=ready", inTurn(armed, click(/^Scan a code/), settle(500))],
  ["scan-bad", "intent=verification&flows=ready", inTurn(armed, click(/^Scan a code/), pasteNoise, settle(900))],
  ["done", "intent=verification&flows=done", armed],
  ["done-own", "intent=verification&flows=done&own", armed],
  ["over", "intent=verification", armed],
  ...[
    "m.user",
    "m.timeout",
    "m.accepted",
    "m.mismatched_sas",
    "m.key_mismatch",
    "m.mismatched_commitment",
    "m.user_mismatch",
    "m.unknown_method",
    "m.unexpected_message",
    "m.unknown_transaction",
    "m.invalid_message",
    "org.example.shy",
  ].map((code): Base => [`cancelled-${code}`, `intent=verification&flows=cancelled&code=${code}`, armed]),

  ["change", "intent=identity-change&violation", armed],
  ["change-pin", "intent=identity-change&pin", armed],
  ["change-withdraw", "intent=identity-change&violation", inTurn(armed, click(/^Take back the verification/), armed)],
  [
    "change-withdrawn",
    "intent=identity-change&violation",
    inTurn(armed, click(/^Take back the verification/), armed, click("Take it back"), settle(500)),
  ],
  ["change-fine", "intent=identity-change", armed],

  ["recovery-locked", "intent=recovery&safety=away-locked", armed],
  ["recovery-off", "intent=recovery&safety=no-recovery", armed],
  [
    "recovery-off-both",
    "intent=recovery&safety=no-recovery",
    inTurn(armed, radio(/^A passphrase as well/), fill("Recovery passphrase", "harbour light house keeper")),
  ],
  ["recovery-off-unverified", "intent=recovery&safety=unverified-alone", armed],
  ["recovery-working", "intent=recovery&safety=no-recovery&hang=enableRecovery", inTurn(armed, click("Set up"), settle(400))],
  ["recovery-auth", "intent=recovery&safety=no-recovery&auth=both", toKey],
  ["recovery-key", "intent=recovery&safety=no-recovery", toKey],
  ["recovery-key-kept", "intent=recovery&safety=no-recovery", inTurn(toKey, click("Save as a file"), click("Copy"), settle(300))],
  ["recovery-check", "intent=recovery&safety=no-recovery", inTurn(toKey, click("I have kept it"), type("EsTf"))],
  [
    "recovery-check-wrong",
    "intent=recovery&safety=no-recovery",
    inTurn(toKey, click("I have kept it"), type("XXXX"), press("Tab"), type("YYYY"), press("Enter"), armed, press("Enter"), settle(200)),
  ],
  ["recovery-leave", "intent=recovery&safety=no-recovery", inTurn(toKey, press("Escape"), armed)],
  ["recovery-on", "intent=recovery", armed],
  ["recovery-on-untrusted", "intent=recovery&safety=untrusted", armed],
  ["recovery-incomplete-here", "intent=recovery&safety=missing-here", armed],
  ["recovery-incomplete-there", "intent=recovery&safety=missing-there", armed],
  ["recovery-enter", "intent=recovery&safety=missing-here", inTurn(armed, click(/^Complete it/), type("EsTf 6CkM uXuS 7cV"))],
  ["recovery-enter-bad", "intent=recovery&safety=missing-here", inTurn(armed, click(/^Complete it/), type("EsTf 6CkM 0"))],
  [
    "recovery-enter-passphrase",
    "intent=recovery&safety=missing-here&fail=recover:wrong-recovery-key",
    inTurn(armed, click(/^Complete it/), click("Use the passphrase instead"), armed, type("wrong"), press("Enter"), settle(1100)),
  ],
  [
    "recovery-entered",
    "intent=recovery&safety=missing-here",
    inTurn(armed, click(/^Complete it/), click("Use the passphrase instead"), armed, type("right"), press("Enter"), settle(1300)),
  ],
  ["recovery-change", "intent=recovery", inTurn(armed, click(/^Make a new recovery key/), armed)],
  [
    "recovery-restoring",
    "intent=recovery&hang=restoreBackup&jobs=backup-restore:1210:4212",
    inTurn(armed, click(/^Fetch all keys/), settle(300)),
  ],
  ["recovery-restored", "intent=recovery", inTurn(armed, click(/^Fetch all keys/), settle(2000))],
  ["recovery-restore-failed", "intent=recovery&fail=restoreBackup:offline", inTurn(armed, click(/^Fetch all keys/), settle(600))],
  ["recovery-turn-off", "intent=recovery", inTurn(armed, click(/^Turn recovery off/), armed)],
  [
    "recovery-turned-off",
    "intent=recovery",
    inTurn(
      armed,
      click(/^Turn recovery off/),
      armed,
      type("turn off"),
      fill("To go on, type “turn off”", "turn off"),
      click("Turn off"),
      settle(500),
    ),
  ],

  ["export", "intent=export-keys", armed],
  ["exporting", "intent=export-keys&hang=exportKeys&jobs=export-keys:1900:4212", inTurn(armed, both, press("Enter"), settle(300))],
  ["exported", "intent=export-keys", inTurn(armed, both, press("Enter"), settle(2200))],
  ["exported-saved", "intent=export-keys", inTurn(armed, both, press("Enter"), settle(2200), click("Save the file"), settle(300))],
  ["import", "intent=import-keys", armed],
  ["import-not-keys", "intent=import-keys", inTurn(armed, chooseFile("holiday.txt", "Dear diary"), settle(300))],
  ["import-chosen", "intent=import-keys", inTurn(armed, chooseKeys, settle(300))],
  ["import-wrong", "intent=import-keys", inTurn(armed, chooseKeys, fill("Its passphrase", "nope"), press("Enter"), settle(700))],
  [
    "importing",
    "intent=import-keys&hang=importKeys&jobs=import-keys:410:912",
    inTurn(armed, chooseKeys, fill("Its passphrase", PASSPHRASE), press("Enter"), settle(400)),
  ],
  ["imported", "intent=import-keys", inTurn(armed, chooseKeys, fill("Its passphrase", PASSPHRASE), press("Enter"), settle(2200))],

  ["identity", "intent=set-up-identity&safety=none", armed],
  ["identity-password", "intent=set-up-identity&safety=none&auth=password", inTurn(armed, click("Set up"), settle(600))],
  [
    "identity-refused",
    "intent=set-up-identity&safety=none&auth=password&refuse",
    inTurn(armed, click("Set up"), settle(1200), type("nope"), press("Enter"), settle(600)),
  ],
  ["identity-browser", "intent=set-up-identity&safety=none&auth=browser", inTurn(armed, click("Set up"), settle(1200))],
  [
    "identity-browser-opened",
    "intent=set-up-identity&safety=none&auth=browser",
    inTurn(armed, click("Set up"), settle(1200), click("Confirm in your browser"), settle(300)),
  ],
  [
    "identity-browser-refused",
    "intent=set-up-identity&safety=none&auth=browser&refuse",
    inTurn(armed, click("Set up"), settle(1200), click("Confirm in your browser"), settle(900), click("I have done it"), settle(600)),
  ],
  ["identity-neither", "intent=set-up-identity&safety=none&auth=neither", inTurn(armed, click("Set up"), settle(600))],
  ["identity-exists", "intent=set-up-identity&safety=none&fail=setUpIdentity:identity-exists", inTurn(armed, click("Set up"), settle(600))],
  ["identity-done", "intent=set-up-identity&safety=none", inTurn(armed, click("Set up"), settle(600))],
  ["identity-already", "intent=set-up-identity", armed],
  ["reset", "intent=reset-identity", armed],
  ["reset-other-way", "intent=reset-identity&safety=unverified", armed],
  ["reset-done", "intent=reset-identity", inTurn(armed, fill("To go on, type “reset”", "Reset"), click("Reset identity"), settle(600))],
  ["sign-out-devices", "intent=sign-out-devices", armed],
  ["sign-out-device-done", "intent=sign-out-devices&one", inTurn(armed, click("Sign out"), settle(600))],

  ["app-lock-on", "intent=app-lock", armed],
  ["app-lock-off", "intent=app-lock&nolock", armed],
  ["app-lock-set", "intent=app-lock&nolock", inTurn(armed, click(/^Set a passphrase/), armed)],
  ["app-lock-change", "intent=app-lock", inTurn(armed, click(/^Change the passphrase/), armed)],
  [
    "app-lock-change-wrong",
    "intent=app-lock",
    inTurn(
      armed,
      click(/^Change the passphrase/),
      armed,
      fill("Present passphrase", "nope"),
      fill("New passphrase", PASSPHRASE),
      fill("The same again", PASSPHRASE),
      press("Enter"),
      settle(600),
    ),
  ],
  [
    "app-lock-changed",
    "intent=app-lock",
    inTurn(
      armed,
      click(/^Change the passphrase/),
      armed,
      fill("Present passphrase", PASSPHRASE),
      fill("New passphrase", PASSPHRASE),
      fill("The same again", PASSPHRASE),
      press("Enter"),
      settle(800),
    ),
  ],
];

const LOOKS = [
  ["light", "light", [520, 680]],
  ["dark", "dark", [520, 680]],
  ["contrast", "high-contrast", [520, 680]],
  ["narrow", "light", [420, 480]],
] as const;

/** Each of them in both themes, with more contrast, and as small as the window gets. */
export const VAULT_SCENES: readonly Scene[] = BASES.flatMap(([name, query, act]) =>
  LOOKS.map(([look, theme, size]): Scene => ({
    name: `vault-${name}-${look}`,
    path: `/vault.html?theme=${theme}&${query}`,
    size,
    ...(act === undefined ? {} : { act }),
  })),
);

async function pasteNoise(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(200, 150);
    canvas.getContext("2d")?.fillRect(20, 20, 60, 60);
    const data = new DataTransfer();
    data.items.add(new File([await canvas.convertToBlob()], "picture.png", { type: "image/png" }));
    window.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
  });
}

function chooseFile(name: string, text: string): Act {
  return async (page) => {
    await page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
  };
}

async function chooseKeys(page: Page): Promise<void> {
  await chooseFile(
    "element-keys.txt",
    `-----BEGIN MEGOLM SESSION DATA-----\n${"A".repeat(312_000)}\n-----END MEGOLM SESSION DATA-----\n`,
  )(page);
}
