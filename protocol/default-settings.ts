import type { Settings } from "./shell.ts";

/** What holds until the person says otherwise. */
export const DEFAULT_SETTINGS: Settings = {
  theme: "system",
  notifications: "all",
  notificationPreview: true,
  sidebarCollapsed: false,
  sendTyping: true,
  sendReadReceipts: true,
  enterSends: true,
  language: "en",
  autoLockMinutes: 0,
  lockOnSuspend: false,
  hideFromCapture: false,
  dailyUpdateCheck: true,
  keepRunning: false,
  startWithSystem: false,
};
