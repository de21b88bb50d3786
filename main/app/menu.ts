import { Menu, type MenuItemConstructorOptions } from "electron";
import type { PayloadOf } from "../../protocol/define.ts";
import type { ShellContract } from "../../protocol/shell.ts";

type Command = PayloadOf<ShellContract["command"]>["command"];

/** The application menu. What concerns rooms is sent to the chat page as a command. */
export function installMenu(options: {
  readonly devTools: boolean;
  readonly command: (command: Command) => void;
  readonly openVault: () => void;
  readonly lock: () => void;
}): void {
  const command = (label: string, accelerator: string, name: Command): MenuItemConstructorOptions => ({
    label,
    accelerator,
    click: () => options.command(name),
  });
  const mac = process.platform === "darwin";
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: "appMenu" } satisfies MenuItemConstructorOptions] : []),
    {
      label: "&File",
      submenu: [
        // The same keys as in the page's list of shortcuts.
        command("Message a person…", "CmdOrCtrl+N", "new-dm"),
        command("New room…", "CmdOrCtrl+Shift+N", "new-room"),
        { type: "separator" },
        command("Settings…", "CmdOrCtrl+,", "settings"),
        { label: "Vault…", click: () => options.openVault() },
        { label: "Lock now", accelerator: "CmdOrCtrl+Shift+L", click: () => options.lock() },
        { type: "separator" },
        { role: mac ? "close" : "quit" },
      ],
    },
    { role: "editMenu" },
    {
      label: "&View",
      submenu: [
        command("Switch room…", "CmdOrCtrl+K", "switcher"),
        command("Search messages…", "CmdOrCtrl+F", "search"),
        command("Next room", "Alt+Down", "next-room"),
        command("Previous room", "Alt+Up", "previous-room"),
        { type: "separator" },
        command("Show or hide sidebar", "CmdOrCtrl+\\", "toggle-sidebar"),
        { type: "separator" },
        { role: "resetZoom" },
        { role: "zoomIn" },
        { role: "zoomOut" },
        { role: "togglefullscreen" },
        ...(options.devTools ? [{ role: "reload" } as const, { role: "toggleDevTools" } as const] : []),
      ],
    },
    { role: "windowMenu" },
    { role: "help", submenu: [command("Keyboard shortcuts", "CmdOrCtrl+/", "shortcuts")] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
