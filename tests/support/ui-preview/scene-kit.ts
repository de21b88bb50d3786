import type { Page } from "playwright-core";

export type Scene = {
  readonly name: string;
  readonly path: string;
  readonly size?: readonly [number, number];
  readonly act?: (page: Page) => Promise<void>;
  /** Rules of axe-core that do not hold for this scene, and why they need not. */
  readonly reducedMotion?: boolean;
};

export const chat = (scene: string, more = ""): string => `/chat.html?scene=${scene}${more}`;
export const open = (name: string) => async (page: Page) => {
  await page
    .getByRole("option", { name: new RegExp(`^${name}`) })
    .first()
    .click();
  await page.getByRole("feed").waitFor();
  await page.waitForTimeout(350);
};
export const harbour = open("Harbour crew");
export const inTurn =
  (...steps: ReadonlyArray<(page: Page) => Promise<void>>) =>
  async (page: Page): Promise<void> => {
    for (const step of steps) {
      await step(page);
      await page.waitForTimeout(150);
    }
  };
export const press =
  (...keys: readonly string[]) =>
  async (page: Page) => {
    for (const key of keys) await page.keyboard.press(key);
  };
export const click = (name: string | RegExp) => async (page: Page) => {
  await page.getByRole("button", { name }).first().click();
};
export const type = (text: string) => (page: Page) => page.keyboard.type(text);
export const section = (name: string) => async (page: Page) => {
  await page.getByRole("tab", { name }).click();
};
