// People sign in at an identity provider, and work in the playground and on the demo page
// without a token.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chromium } from "playwright-core";

test("signing in at a provider, and out again", async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    page.setDefaultTimeout(20_000);
    const show = (name) => process.env.SHOTS && page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
    await page.goto(`${process.env.PARLEY_URL}/`);
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "Sign in with Example" }).waitFor();
    await show("login");
    await page.getByRole("link", { name: "Sign in with Example" }).click();
    await page.getByText("Signed in as Ben").waitFor();
    assert.equal(page.url(), `${process.env.PARLEY_URL}/`);
    assert.equal(await page.evaluate(() => document.cookie), "");
    await show("playground");
    await page.goto(`${process.env.PARLEY_URL}/playground/explorer`);
    await page.getByText("Signed in as Ben").waitFor();
    await page.fill("#query", "{ viewer { user { email } } }");
    await page.click("#run");
    await page.locator("#result").getByText("ben@example.com").waitFor();
    await page.goto(`${process.env.PARLEY_URL}/demo`);
    await page.locator("#work").waitFor();
    await show("demo");
    await page.goto(`${process.env.PARLEY_URL}/`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("link", { name: "Sign in" }).waitFor();
    await page.goto(`${process.env.PARLEY_URL}/demo`);
    await page.locator("#sign-in").waitFor();
    assert.equal(await page.locator("#work").isVisible(), false);
    await show("demo-form");
  } finally {
    await browser.close();
  }
});
