// Someone lets an app in, whose callback goes on to another origin.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chromium } from "playwright-core";

test("allowing an app leads to it", async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  try {
    for (const [name, options] of [
      ["light", { viewport: { width: 1200, height: 900 } }],
      ["dark", { viewport: { width: 1200, height: 900 }, colorScheme: "dark" }],
      ["phone", { viewport: { width: 360, height: 780 } }],
    ]) {
      const context = await browser.newContext({ ...options, storageState: globalThis.signedIn });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      if (!globalThis.signedIn) {
        await page.goto(process.env.LINK);
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.waitForLoadState();
        globalThis.signedIn = await context.storageState();
      }
      const refused = [];
      page.on("console", (message) => message.type() === "error" && refused.push(message.text()));
      await page.goto(process.env.PAGE);
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/consent-${name}.png`, fullPage: true });
      await page.getByRole("button", { name: "Allow" }).click();
      await page.waitForURL(`${process.env.DONE}/done?*`).catch((error) => assert.fail(`${error}\n${refused.join("\n")}`));
      assert.equal(await page.locator("p").textContent(), "state a(1)|{x}'");
      await context.close();
    }
  } finally {
    await browser.close();
  }
});
