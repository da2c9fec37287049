// The demo page: a visitor and the team side by side.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { channel, faults, log, stage, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());

test("the demo page shows both sides of a chat", async () => {
  // A server of trusted documents runs none of this file's: it gets a channel that is there.
  const made = process.env.PARLEY_CHANNEL ? { key: process.env.PARLEY_CHANNEL } : await channel();
  const page = await on.visitor({ viewport: { width: 1400, height: 800 } });
  await page.goto(`${process.env.PARLEY_URL}/demo?channel=${made.key}`);
  await page.fill("#token", process.env.PARLEY_TOKEN);
  await page.click("#enter button");
  await page.locator("parley-widget .launcher").waitFor();
  await write(page, "Is anybody there?");
  await page.locator("#list").getByText("Is anybody there?").click();
  await page.locator("#messages").getByText("Is anybody there?").waitFor();
  await page.fill("#text", "We are.");
  await page.keyboard.press("Enter");
  await log(page).getByText("We are.").waitFor();
  await page.locator("parley-widget textarea").pressSequentially("Good");
  await page.locator("#typing").getByText("typing").waitFor();
  await page.locator("parley-widget input[type=file]").setInputFiles({ name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("A note.") });
  await page.keyboard.press("Enter");
  const file = page.locator("#messages").getByRole("link", { name: "note.txt" });
  await file.waitFor();
  assert.equal(await (await fetch(await file.getAttribute("href"))).text(), "A note.");
  assert.deepEqual(await faults(page), []);
  assert.deepEqual(page.troubles, []);
  assert.deepEqual([...page.hosts], [new URL(process.env.PARLEY_URL).host]);
});
