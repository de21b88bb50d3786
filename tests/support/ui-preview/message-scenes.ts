import type { Page } from "playwright-core";
import { chat, click, harbour, inTurn, open, press, type, type Scene } from "./scene-kit.ts";

const EDITED = "Checked: dry, and it holds.";
const menuOf = (body: string) => async (page: Page) => {
  await page.getByText(body).first().click({ button: "right" });
  await page.getByRole("menu").waitFor();
};
const choose = (name: string | RegExp) => async (page: Page) => {
  await page.getByRole("menuitem", { name }).click();
  await page.waitForTimeout(250);
};
const more = (body: string) => async (page: Page) => {
  await page.getByText(body).first().hover();
  await page.getByRole("toolbar").getByRole("button", { name: "More" }).click();
};

const pinLines = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const { fake } = window;
    const [ada, grace] = fake?.people ?? [];
    if (fake === undefined || ada === undefined || grace === undefined) throw new Error("no fixture");
    const changes = [
      ["pinned", "$event1"],
      ["unpinned", "$event1"],
      ["other", null],
    ] as const;
    const upserts = changes.map(([change, eventId], index) =>
      fake.item(90_000 + index, index === 1 ? grace : ada, Date.now(), { kind: "pins-changed", change, eventId }),
    );
    fake.emit("timelineChanged", { roomId: "!room3:harbour.example", upserts, removals: [], resetBefore: null });
  });

/** What a message's menu has, and what it opens. */
export const MESSAGE_SCENES: readonly Scene[] = [
  { name: "message-menu", path: chat("room"), act: inTurn(harbour, menuOf(EDITED)) },
  { name: "message-menu-dark", path: chat("room", "&theme=dark"), act: inTurn(harbour, more("2.4 bar for ten minutes")) },
  { name: "message-menu-narrow", path: chat("room"), size: [420, 700], act: inTurn(harbour, more(EDITED)) },
  { name: "message-menu-keys", path: chat("room"), act: inTurn(harbour, press("Shift+F6", "ArrowUp", "Shift+F10", "ArrowDown")) },
  { name: "message-menu-react", path: chat("room"), act: inTurn(harbour, menuOf(EDITED), choose("React")) },
  { name: "edit-history", path: chat("room"), act: inTurn(harbour, menuOf(EDITED), choose("View edit history")) },
  {
    name: "edit-history-incomplete-dark",
    path: chat("room", "&incomplete&theme=dark"),
    act: inTurn(harbour, menuOf(EDITED), choose("View edit history")),
  },
  {
    name: "edit-history-narrow",
    path: chat("room"),
    size: [420, 600],
    act: inTurn(harbour, menuOf(EDITED), choose("View edit history")),
  },
  {
    name: "edit-history-failed",
    path: chat("room", "&fail=store-failed"),
    act: inTurn(harbour, menuOf(EDITED), choose("View edit history")),
  },
  { name: "forward", path: chat("room"), act: inTurn(harbour, menuOf(EDITED), choose(/^Forward/), type("n")) },
  {
    name: "forward-file-dark",
    path: chat("room", "&theme=dark"),
    act: inTurn(harbour, menuOf("pump-log-november.pdf"), choose(/^Forward/)),
  },
  { name: "forward-narrow", path: chat("room"), size: [420, 600], act: inTurn(harbour, menuOf(EDITED), choose(/^Forward/)) },
  {
    name: "forward-confirm",
    path: chat("room"),
    act: inTurn(harbour, menuOf(EDITED), choose(/^Forward/), type("engine"), press("Enter")),
  },
  {
    name: "forward-confirm-clear-dark",
    path: chat("room", "&theme=dark"),
    act: inTurn(harbour, menuOf(EDITED), choose(/^Forward/), type("night"), press("Enter")),
  },
  {
    name: "forward-failed",
    path: chat("room", "&fail=store-disk-full"),
    act: inTurn(harbour, menuOf(EDITED), choose(/^Forward/), type("engine"), press("Enter", "Enter")),
  },
  { name: "pins", path: chat("room", "&pins"), act: inTurn(harbour, click(/^Room details/)) },
  { name: "pins-all-dark", path: chat("room", "&pins&theme=dark"), act: inTurn(harbour, click(/^Room details/), click(/^Show all/)) },
  { name: "pins-narrow", path: chat("room", "&pins&nopin"), size: [420, 700], act: inTurn(harbour, press("Control+.")) },
  { name: "pins-lines", path: chat("room", "&pins"), act: inTurn(open("Night watch"), pinLines) },
  { name: "pins-menu", path: chat("room", "&pins"), act: inTurn(harbour, menuOf("2.4 bar for ten minutes")) },
  { name: "code-copy", path: chat("room"), act: inTurn(harbour, async (page) => page.getByText("gauge --watch").hover()) },
  {
    name: "code-copied-dark-narrow",
    path: chat("room", "&theme=dark"),
    size: [420, 700],
    act: inTurn(harbour, async (page) => {
      await page.context().grantPermissions(["clipboard-write"]);
      await page.locator("pre").last().focus();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
    }),
  },
  { name: "message-menu-troubles", path: chat("room"), act: inTurn(open("Security reviews"), menuOf("waves from the pier")) },
];
