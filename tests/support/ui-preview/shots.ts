import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { bundlePreview, servePreview } from "./bundle.ts";
import { SCENES } from "./scenes.ts";

const root = join(import.meta.dirname, "../../..");
const folder = join(root, ".cache/ui-preview/shots");
mkdirSync(folder, { recursive: true });
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

type Violation = { readonly id: string; readonly impact: string | null; readonly targets: readonly string[] };

/** Runs axe-core in the page. The policy allows no foreign script in the page itself, so it goes in by the debugger. */
async function audit(page: Page): Promise<readonly Violation[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const axe: unknown = Reflect.get(window, "axe");
    const run = (
      axe as {
        run: (
          options: object,
        ) => Promise<{ violations: { id: string; impact: string | null; nodes: { html: string; any: { message: string }[] }[] }[] }>;
      }
    ).run;
    const { violations } = await run({
      resultTypes: ["violations"],
      // Popovers and tooltips are drawn at the end of the page, outside of its landmarks, on purpose.
      rules: { region: { enabled: false } },
    });
    return violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      targets: nodes.slice(0, 4).map((node) => `${node.html.slice(0, 140)} — ${node.any[0]?.message.slice(0, 140) ?? ""}`),
    }));
  });
}

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const noAxe = process.argv.includes("--no-axe");
if (!process.argv.includes("--no-build")) await bundlePreview();
const { url, server } = await servePreview(0);
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
let problems = 0;
for (const scene of SCENES) {
  if (wanted.length > 0 && !wanted.some((name) => scene.name.includes(name))) continue;
  const [width, height] = scene.size ?? [1280, 800];
  const page = await browser.newPage({
    viewport: { width, height },
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
  });
  await page.clock.setFixedTime(new Date(2025, 10, 18, 15, 42, 10));
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    problems++;
    console.log(`${scene.name}: console: ${message.text().slice(0, 300)}`);
  });
  page.on("pageerror", (error) => {
    problems++;
    console.log(`${scene.name}: error: ${error.message.slice(0, 400)}`);
  });
  try {
    await page.goto(url + scene.path);
    await page.waitForTimeout(450);
    await scene.act?.(page);
    await page.waitForTimeout(250);
    await page.screenshot({ path: join(folder, `${scene.name}.png`) });
    if (!noAxe)
      for (const { id, impact, targets } of await audit(page)) {
        problems++;
        console.log(`${scene.name}: axe ${impact ?? ""} ${id}\n    ${targets.join("\n    ")}`);
      }
  } catch (error) {
    problems++;
    await page.screenshot({ path: join(folder, `${scene.name}.png`) });
    console.log(`${scene.name}: ${error instanceof Error ? error.message.slice(0, 500) : "failed"}`);
  }
  await page.close();
}
await browser.close();
server.close();
console.log(`${folder}: ${problems} problems`);
process.exitCode = problems === 0 ? 0 : 1;
