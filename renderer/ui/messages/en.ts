import { appMessages } from "./en-app.ts";
import { safetyMessages } from "./en-app-safety.ts";
import { diagnosticsMessages } from "./en-diagnostics.ts";
import { emojiMessages } from "./en-emoji.ts";
import { errorMessages } from "./en-errors.ts";
import { linkMessages } from "./en-links.ts";
import { mediaMessages } from "./en-media.ts";
import { messageMenuMessages } from "./en-message-menu.ts";
import { pollMessages } from "./en-polls.ts";
import { precautionMessages } from "./en-precautions.ts";
import { roomMenuMessages } from "./en-room-menu.ts";
import { roomMessages } from "./en-rooms.ts";
import { sealMessages } from "./en-seal.ts";
import { securityMessages } from "./en-settings-security.ts";
import { settingsMessages } from "./en-settings.ts";
import { timelineMessages } from "./en-timeline.ts";
import { updateMessages } from "./en-updates.ts";
import { vaultAccountMessages } from "./en-vault-account.ts";
import { vaultHomeMessages } from "./en-vault-home.ts";
import { vaultKeysMessages } from "./en-vault-keys.ts";
import { vaultRecoveryMessages } from "./en-vault-recovery.ts";
import { vaultVerifyMessages } from "./en-vault-verify.ts";
import { vaultMessages } from "./en-vault.ts";

/** Every sentence of both pages, in ICU message syntax. Other languages translate this object. */
export const messages = {
  ...appMessages,
  ...safetyMessages,
  ...diagnosticsMessages,
  ...emojiMessages,
  ...errorMessages,
  ...linkMessages,
  ...mediaMessages,
  ...messageMenuMessages,
  ...pollMessages,
  ...precautionMessages,
  ...roomMenuMessages,
  ...roomMessages,
  ...sealMessages,
  ...securityMessages,
  ...settingsMessages,
  ...timelineMessages,
  ...updateMessages,
  ...vaultMessages,
  ...vaultAccountMessages,
  ...vaultHomeMessages,
  ...vaultKeysMessages,
  ...vaultRecoveryMessages,
  ...vaultVerifyMessages,
} as const;

export type MessageId = keyof typeof messages;
