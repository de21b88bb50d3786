import { normaliseAccelerator } from "./accelerator.ts";
import { LooseEmitter } from "./emitter.ts";
import { testLink } from "./test-link.ts";

type ItemOptions = Omit<Electron.MenuItemConstructorOptions, "click" | "submenu"> & {
  click?: ((item: MenuItem, window: unknown, event: object) => void) | undefined;
  submenu?: readonly (ItemOptions | MenuItem)[] | Menu | undefined;
};

/** Roles that this host performs by itself; editing roles are Chromium's own. The role's default accelerator comes with it. */
const roleAccelerators = new Map([
  ["quit", "CmdOrCtrl+Q"],
  ["close", "CmdOrCtrl+W"],
  ["minimize", "CmdOrCtrl+M"],
  ["reload", "CmdOrCtrl+R"],
  ["forcereload", "CmdOrCtrl+Shift+R"],
  ["resetzoom", "CmdOrCtrl+0"],
  ["zoomin", "CmdOrCtrl+Plus"],
  ["zoomout", "CmdOrCtrl+-"],
  ["togglefullscreen", "F11"],
]);

/** Roles that stand for a whole menu, as far as its entries do something here. */
const roleMenus = new Map<string, readonly ItemOptions[]>([
  ["windowmenu", [{ role: "minimize" }, { role: "close" }]],
  ["appmenu", [{ role: "quit" }]],
  ["filemenu", [{ role: process.platform === "darwin" ? "close" : "quit" }]],
]);

/** An entry of a menu. Menus are not drawn by this host; their accelerators work, and tests click items by label. */
export class MenuItem {
  readonly id: string;
  label: string;
  readonly role: string | undefined;
  readonly type: string;
  readonly accelerator: string | undefined;
  readonly submenu: Menu | undefined;
  enabled: boolean;
  visible: boolean;
  checked: boolean;
  readonly #click: ItemOptions["click"];

  constructor(options: ItemOptions) {
    const role = options.role?.toLowerCase();
    this.id = options.id ?? "";
    this.label = options.label ?? options.role ?? "";
    this.role = role;
    const submenu = options.submenu ?? roleMenus.get(role ?? "");
    this.type = options.type ?? (submenu === undefined ? "normal" : "submenu");
    this.accelerator = options.accelerator ?? roleAccelerators.get(role ?? "");
    this.submenu = submenu === undefined || submenu instanceof Menu ? submenu : Menu.buildFromTemplate(submenu);
    this.enabled = options.enabled ?? true;
    this.visible = options.visible ?? true;
    this.checked = options.checked ?? false;
    this.#click = options.click;
  }

  /** Used by the host: activates the item for a window, as a click on it or its accelerator would. */
  trigger(window: unknown): void {
    if (!this.enabled) return;
    if (this.type === "checkbox") this.checked = !this.checked;
    if (this.#click !== undefined) this.#click(this, window, { triggeredByAccelerator: true });
    else if (this.role !== undefined) menuEvents.emit("role", this.role, window);
  }
}

/** A menu as a tree of items. */
export class Menu extends LooseEmitter {
  readonly items: MenuItem[] = [];

  static buildFromTemplate(template: readonly (ItemOptions | MenuItem)[]): Menu {
    const menu = new Menu();
    for (const entry of template) menu.append(entry instanceof MenuItem ? entry : new MenuItem(entry));
    return menu;
  }

  static setApplicationMenu(menu: Menu | null): void {
    applicationMenu = menu;
    menuEvents.emit("changed");
  }

  static getApplicationMenu(): Menu | null {
    return applicationMenu;
  }

  append(item: MenuItem): void {
    this.items.push(item);
  }

  insert(position: number, item: MenuItem): void {
    this.items.splice(position, 0, item);
  }

  getMenuItemById(id: string): MenuItem | null {
    return this.all().find((item) => item.id === id) ?? null;
  }

  /** Context menus are not drawn; a test sees what would have been offered. */
  popup(): void {
    testLink.report({ t: "recorded", what: "popup", value: this.items.map(({ label }) => label) });
    this.emit("menu-will-show", {});
  }

  closePopup(): void {}

  /** Used by the host: every item, submenus included. */
  all(): MenuItem[] {
    return this.items.flatMap((item) => [item, ...(item.submenu?.all() ?? [])]);
  }
}

let applicationMenu: Menu | null = null;

/** `changed`, and `role` (role, window) for the roles without a click handler. */
export const menuEvents = new LooseEmitter();

/** The accelerators of the application menu in normalised form. */
export function acceleratorNames(): string[] {
  return acceleratorItems().map(([name]) => name);
}

export function itemOfAccelerator(name: string): MenuItem | undefined {
  return acceleratorItems().find(([accelerator]) => accelerator === name)?.[1];
}

function acceleratorItems(): [string, MenuItem][] {
  const items = applicationMenu?.all() ?? [];
  return items.flatMap((item): [string, MenuItem][] =>
    item.accelerator === undefined || !item.enabled ? [] : [[normaliseAccelerator(item.accelerator), item]],
  );
}
