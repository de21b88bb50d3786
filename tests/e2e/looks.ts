import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import type { AppDriver } from "../support/app-driver.ts";
import type { VaultDriver } from "../support/vault-driver.ts";

/**
 * Takes a picture of every dialog that a run passes, has axe-core look at each, and notes the seal that it shows. Every theme's colours are looked at where
 * no account is needed: vault-surfaces.test.ts and trust-surfaces.test.ts.
 */
export class Looks {
  readonly #prefix: string;
  /** What would keep someone from using a dialog; empty where all is well. */
  readonly violations: string[] = [];
  readonly #seals = new Map<AppDriver, Set<string>>();

  /** `prefix` begins the names of the pictures. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** A step of the vault. */
  async vault({ app, page }: VaultDriver, name: string): Promise<void> {
    const seals = this.#seals.get(app) ?? new Set();
    this.#seals.set(app, seals.add(await app.seal(page)));
    await this.page(app, name, page);
  }

  /** The chat window, or a part of it. */
  async page(app: AppDriver, name: string, page: Page = app.page, part?: string): Promise<void> {
    // What has just appeared may still be fading in, and half-way it would have another contrast.
    await page.waitForTimeout(200);
    await app.screenshot(`${this.#prefix}-${name}`, page);
    const builder = new AxeBuilder({ page }).setLegacyMode(true);
    if (part !== undefined) builder.include(part);
    const { violations } = await builder.analyze();
    for (const { id, impact, nodes } of violations)
      if (impact === "serious" || impact === "critical")
        this.violations.push(`${name}: ${id} ${nodes.map((node) => node.html.slice(0, 160)).join("; ")}`);
    // What has no scroll bar can be scrolled all the same, by the focus, and nobody can scroll it back. Hidden fields lie in boxes of one pixel.
    const scrolled = await page.evaluate(() =>
      [...document.querySelectorAll("*")]
        .filter((element) => element.clientHeight > 1 && element.scrollTop !== 0 && getComputedStyle(element).overflowY === "hidden")
        .map((element) => element.className),
    );
    for (const className of scrolled) this.violations.push(`${name}: ${className} is scrolled away`);
  }

  /** The seals that an app's vault has shown. */
  sealsOf(app: AppDriver): readonly string[] {
    return [...(this.#seals.get(app) ?? [])];
  }
}
