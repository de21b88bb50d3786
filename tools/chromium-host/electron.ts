// Stands in for the module `electron` in the main process. What is not listed here an app cannot import: linking fails with the name.
import { app } from "./app.ts";
import { BrowserWindow } from "./browser-window.ts";
import {
  Notification,
  Tray,
  autoUpdater,
  clipboard,
  crashReporter,
  nativeImage,
  net,
  powerMonitor,
  powerSaveBlocker,
  safeStorage,
  screen,
  shell,
} from "./desktop.ts";
import { dialog } from "./dialog.ts";
import { ipcMain } from "./ipc-main.ts";
import { Menu, MenuItem } from "./menu.ts";
import { followMenuRoles } from "./menu-roles.ts";
import { MessageChannelMain, MessagePortMain } from "./message-port.ts";
import { nativeTheme } from "./native-theme.ts";
import { protocol, session } from "./session.ts";
import { utilityProcess } from "./utility-process.ts";
import { webContents } from "./web-contents.ts";

followMenuRoles();

const electron = {
  app,
  autoUpdater,
  BrowserWindow,
  clipboard,
  crashReporter,
  dialog,
  ipcMain,
  Menu,
  MenuItem,
  MessageChannelMain,
  nativeImage,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
  utilityProcess,
  webContents,
} satisfies Partial<Record<keyof typeof Electron.CrossProcessExports, unknown>>;

export default electron;
export {
  app,
  autoUpdater,
  BrowserWindow,
  clipboard,
  crashReporter,
  dialog,
  ipcMain,
  Menu,
  MenuItem,
  MessageChannelMain,
  MessagePortMain,
  nativeImage,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
  utilityProcess,
  webContents,
};
