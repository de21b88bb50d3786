// Orders of a test that concern more than one module.
import { BrowserWindow } from "./browser-window.ts";
import { Menu } from "./menu.ts";
import { testLink } from "./test-link.ts";

testLink.onOrder((order) => {
  if (order.t === "close-window") BrowserWindow.getFocusedWindow()?.close();
  if (order.t !== "menu") return;
  const item = Menu.getApplicationMenu()
    ?.all()
    .find(({ label, id }) => label.replace("&", "") === order.label || id === order.label);
  item?.trigger(BrowserWindow.getFocusedWindow());
});
