// The playground begins with the recipes as tabs, and each step of a recipe runs as it stands.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { placesOf, placesQuery, recipes } from "../../../../httpserver/playground/pages/recipes.js";

const { PARLEY_URL: url, PARLEY_TOKEN: token, CHROMIUM: executablePath, SHOTS: shots } = process.env;

let browser;
before(async () => (browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] })));
after(() => browser.close());

async function open(options) {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(20_000);
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(error.message));
  await page.goto(`${url}/`);
  return page;
}

const show = (page, name) => shots && page.screenshot({ path: `${shots}/playground-${name}.png` });

async function ask(query, variables, operationName) {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  return (await fetch(`${url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables, operationName }) })).json();
}

/** Gives the page the token, and waits until it has found what the recipes name. */
async function enter(page) {
  await page.fill("#token input", token);
  await page.keyboard.press("Enter");
  const { userId, inboxId } = placesOf((await ask(placesQuery)).data);
  await page.waitForFunction((id) => localStorage.getItem("graphiql:tabState")?.includes(id), inboxId);
  return userId;
}

/** Runs what the open tab has, as soon as GraphiQL is ready to, and waits for a text of the result. */
async function run(page, act, text) {
  const result = page.locator(".result-window").getByText(text).first();
  for (let tries = 20; tries > 0 && !(await result.isVisible()); tries--) {
    await act();
    await result.waitFor({ timeout: 2_000 }).catch(() => {});
  }
  return result;
}

test("each step of each recipe runs on demo data as it stands", async () => {
  const places = placesOf((await ask(placesQuery)).data);
  assert.deepEqual(Object.keys(places), ["userId", "inboxId", "channelId", "messageId"]);
  for (const { query, variables } of recipes) {
    const names = [...query.matchAll(/^(?:query|mutation) (\w+)/gm)].map(([, name]) => name);
    assert.notEqual(names.length, 0);
    const given = variables(places);
    for (const name of names) {
      const { data, errors } = await ask(query, given, name);
      assert.equal(errors, undefined, `${name}: ${JSON.stringify(errors)}`);
      assert.deepEqual(Object.values(data).flatMap((payload) => payload?.userErrors ?? []), [], name);
      // What a step made is put where the recipe says.
      if (data.createInbox) given.inboxId = data.createInbox.inbox.id;
      if (data.createChatChannel) given.channelId = data.createChatChannel.chatChannel.id;
      if (data.createTargetedMessage) given.messageId = data.createTargetedMessage.targetedMessage.id;
    }
  }
});

test("GraphiQL begins with the recipes, and finds what they name once a token is there", async () => {
  const page = await open({ viewport: { width: 1400, height: 900 } });
  await page.getByRole("tab", { name: "SetUpChat1_CreateInbox" }).click();
  await page.getByText("user_...").first().waitFor();
  const userId = await enter(page);
  await page.getByRole("tab", { name: "SetUpChat1_CreateInbox" }).click();
  await page.getByText(userId).first().waitFor();
  await show(page, "recipes");
  await page.getByRole("tab", { name: "Setup", exact: true }).click();
  await page.getByText("Each step that is not done").click();
  await run(page, () => page.keyboard.press("Control+Enter"), '"AVAILABILITY"');
  await show(page, "setup");
  assert.equal(await page.getByRole("tab").count(), recipes.length);
  await page.selectOption("#recipe", { label: "Answer a conversation" });
  await page.getByRole("tab", { name: /^Answer\b/ }).waitFor();
  assert.equal(await page.getByRole("tab").count(), recipes.length + 1);
  await page.reload();
  await page.getByRole("tab", { name: /^Answer\b/ }).waitFor(); // tabs stay
  await page.getByRole("button", { name: "Forget" }).click();
  await page.getByRole("tab", { name: /^Setup\b/ }).waitFor();
  assert.equal(await page.evaluate((secrets) => secrets.some((secret) => JSON.stringify(localStorage).includes(secret)), [token, userId]), false);
  assert.deepEqual(page.troubles, []);
  await page.close();
});

test("it is usable on a phone", async () => {
  const page = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await enter(page);
  const result = await run(page, () => page.getByRole("button", { name: "Execute query" }).tap(), '"AVAILABILITY"');
  await show(page, "phone");
  await result.scrollIntoViewIfNeeded();
  await show(page, "phone-result");
  assert.ok((await page.locator(".result-window").boundingBox()).width > 300); // below the editors, not beside them
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390); // nothing is beside the screen
  assert.deepEqual(page.troubles, []);
  await page.close();
});

test("the explorer has the steps of recipes, too", async () => {
  const page = await open({ viewport: { width: 1200, height: 800 } });
  await page.goto(`${url}/playground/explorer`);
  await page.fill("#token input", token);
  await page.keyboard.press("Enter");
  await page.selectOption("#example", { label: "Target the pricing page: 3" });
  await page.waitForFunction(() => document.querySelector("#variables").value.includes("channel_0"));
  await page.click("#run");
  await page.locator("#result").getByText('"SHOWN"').waitFor();
  assert.deepEqual(page.troubles, []);
  await page.close();
});
