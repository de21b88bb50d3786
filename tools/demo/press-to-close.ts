import type { Page } from "playwright";

/** Does what makes a window close itself. It may be gone before the press has been reported; that it closes is what counts, and is waited for. */
export async function pressToClose(page: Page, press: () => Promise<void>, timeout = 30_000): Promise<void> {
  const closed = page.waitForEvent("close", { timeout });
  const pressed = press().catch((error: unknown) => {
    if (!page.isClosed()) throw error;
  });
  await Promise.all([closed, pressed]);
}
