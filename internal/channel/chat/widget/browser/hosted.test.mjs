// The hosted page of a channel, to which mails lead that may not lead to the
// visitor's page, and the question whose address it is (CH-6, CH-8).

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { change, channel, conversations, faults, launcher, log, panel, stage, until, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());

const parley = process.env.PARLEY_URL;
const visible = (locator) => locator.waitFor({ state: "visible" });
const phone = { viewport: { width: 390, height: 800 } };

test("the hosted page has the chat open, and nothing else", async () => {
  const made = await channel();
  const page = await on.visitor(phone);
  const answer = await page.goto(`${parley}/chat/${made.key}`);
  assert.match(answer.headers()["content-security-policy"], /default-src 'none'; script-src 'self'.*trusted-types parley/);
  await visible(panel(page).getByText("Hello! How can we help?"));
  const { width, height } = await panel(page).boundingBox();
  assert.deepEqual([width, height], [390, 800]);
  assert.deepEqual([await launcher(page).isVisible(), await panel(page).getByRole("button", { name: "Close chat" }).isVisible()], [false, false]);
  await write(page, "From the hosted page");
  await visible(log(page).getByText("From the hosted page"));
  await panel(page).press("Escape");
  assert.ok(await panel(page).isVisible());
  assert.deepEqual(await faults(page), []);
  assert.deepEqual(page.troubles, []);
  await page.reload();
  await visible(log(page).getByText("From the hosted page"));
  await until(async () => (await conversations(made))[0].texts.length === 1, "the message");
  const wide = await on.visitor();
  await wide.goto(`${parley}/chat/${made.key}`);
  await visible(panel(wide));
  assert.equal((await panel(wide).boundingBox()).width, 560);
});

test("a hosted page of an unknown key says that there is nothing", async () => {
  const page = await on.visitor(phone);
  await page.goto(`${parley}/chat/unknown`);
  await visible(page.getByText("it no longer exists"));
  assert.equal((await page.goto(`${parley}/chat/no/such`)).status(), 404);
});

/** The code in the newest mail to an address. */
async function codeFor(to) {
  const folder = process.env.PARLEY_OUTBOX;
  const mail = await until(() => {
    try {
      return readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, "utf8")).find((one) => one.includes(to) && /Your code/.test(one));
    } catch {
      return null; // none went out yet
    }
  }, "the mail with the code");
  return /\b(\d{3}) (\d{3})\b/.exec(mail.slice(mail.indexOf("\r\n\r\n"))).slice(1).join("");
}

test("whoever leaves an address is asked whether it is theirs, and finds their earlier chats by a code", async () => {
  const made = await channel({ emailCapture: { timing: "AFTER_FIRST_MESSAGE" } });
  on.site.show(made.key);
  const leave = async (page, words, more) => {
    await page.goto(on.site.url);
    await write(page, words);
    await page.locator("parley-widget .email input").fill("eve@example.org");
    await page.keyboard.press("Enter");
    await visible(page.locator("parley-widget .proof").getByText("Is this you? Confirm eve@example.org"));
    await more(page.locator("parley-widget .proof"));
  };
  const before = await on.visitor();
  await leave(before, "Long ago", async (card) => {
    assert.deepEqual(await faults(before), []);
    await card.getByRole("button", { name: "Send a code" }).click();
    await card.locator("input").fill(await codeFor("eve@example.org"));
    await card.getByRole("button", { name: "Continue" }).click();
    await card.waitFor({ state: "hidden" });
  });
  await visible(log(before).getByText("Long ago"));
  const later = await on.visitor();
  await leave(later, "Today", async (card) => {
    assert.ok(await later.locator("parley-widget textarea").isVisible()); // it keeps no one from writing
    await card.getByRole("button", { name: "Not now" }).click();
    await card.waitFor({ state: "hidden" });
  });
  assert.equal((await conversations(made)).length, 2);
  await change("closeConversation", { conversationId: (await conversations(made))[0].id });
});
