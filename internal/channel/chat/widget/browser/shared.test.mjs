// One browser has one session, in all of its pages; what somebody wrote goes out
// once, and in no other's name (CH-12, CH-8).

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { asked, change, channel, conversations, hold, launcher, log, panel, publish, signer, stage, until, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());
afterEach(() => (on.proxy.deaf = on.proxy.down = false));

const visible = (locator) => locator.waitFor({ state: "visible" });
const texts = async (made) => (await conversations(made)).map((chat) => chat.texts).sort();
const noLocks = () => Object.defineProperty(Navigator.prototype, "locks", { value: undefined });

/** Opens so many pages of a site with the widget of a new channel in one browser, at once. */
async function tabs(count, { message, prepare } = {}) {
  const made = await channel(message);
  on.site.show(made.key);
  const one = await on.visitor();
  const pages = [one];
  while (pages.length < count) pages.push(await on.tab(one.context()));
  for (const page of pages) if (prepare) await page.addInitScript(prepare);
  await Promise.all(pages.map((page) => page.goto(on.site.url)));
  await Promise.all(pages.map((page) => visible(launcher(page))));
  return { made, pages };
}

for (const [name, prepare] of [["by a lock", undefined], ["without locks", noLocks]]) {
  test(`two tabs that are opened together are one visitor, ${name}`, async () => {
    const { made, pages: [one, other] } = await tabs(2, { prepare });
    await until(() => asked(one, "mutation Visit") && asked(other, "mutation Visit"), "both visits");
    await write(one, "from the one");
    await launcher(other).click();
    await visible(log(other).getByText("from the one"));
    await write(other, "from the other");
    await visible(log(one).getByText("from the other"));
    await until(async () => (await texts(made))[0]?.length === 2, "the second message");
    assert.deepEqual(await texts(made), [["from the one", "from the other"]]);
  });
}

test("an idle tab goes on with the chat of the other one, with what is typed there", async () => {
  const { made, pages: [one, other] } = await tabs(2);
  await launcher(other).click();
  await other.locator("parley-widget textarea").fill("half a sen");
  await write(one, "Ahoy");
  await visible(log(other).getByText("Ahoy"));
  const field = other.locator("parley-widget textarea");
  assert.equal(await field.inputValue(), "half a sen");
  await field.fill("half a sentence");
  await other.keyboard.press("Enter");
  await until(async () => (await texts(made))[0]?.length === 2, "the second message");
  assert.deepEqual(await texts(made), [["Ahoy", "half a sentence"]]);
});

test("what the site clears of its storage is put back", async () => {
  const { made, pages: [one, other] } = await tabs(2);
  await write(one, "Hello");
  await visible(log(one).getByText("Sent"));
  await one.evaluate(() => localStorage.clear());
  await write(one, "again");
  await until(async () => (await texts(made))[0]?.length === 2, "the second message");
  await one.evaluate(() => (localStorage.clear(), sessionStorage.clear()));
  await one.reload();
  await visible(log(one).getByText("again"));
  await other.evaluate(() => localStorage.clear());
  await write(other, "and again");
  await until(async () => (await texts(made))[0]?.length === 3, "the third message");
  assert.equal((await texts(made)).length, 1);
});

test("what was put right is sent once, whatever is loaded again", async () => {
  const { made, pages: [one, other] } = await tabs(2);
  await change("deleteTargetedMessage", { targetedMessageId: made.message });
  await publish(made, { name: "Another", welcomeMessage: "Another welcome" });
  const held = await hold(other, "startChat(");
  await write(one, "to whom it may concern");
  await visible(log(one).getByText("Sent"));
  await held.letThrough();
  for (const page of [one, other, one]) {
    await page.reload();
    await visible(log(page).getByText("to whom it may concern"));
  }
  assert.deepEqual(await texts(made), [["to whom it may concern"]]);
});

test("what was written in a purged conversation begins one new one", async () => {
  const { made, pages: [page] } = await tabs(1);
  await write(page, "first");
  await visible(log(page).getByText("Sent"));
  const [{ id }] = await conversations(made);
  on.proxy.down = true;
  on.proxy.cut();
  await write(page, "second");
  await write(page, "third");
  await change("deleteConversation", { conversationId: id });
  await change("purgeConversation", { conversationId: id });
  on.proxy.down = false;
  await until(async () => (await texts(made))[0]?.length === 2, "both messages");
  await page.reload();
  await visible(log(page).getByText("third"));
  assert.deepEqual(await texts(made), [["second", "third"]]);
});

test("one visitor's words do not go out in the next one's name, and are not seen by them", async () => {
  const { made, pages: [page, other] } = await tabs(2);
  const sign = await signer(made);
  const identify = (who) => page.evaluate((jwt) => window.Parley.identify(jwt), sign(who));
  await identify("ada");
  await write(page, "Hello from Ada");
  await visible(log(page).getByText("Sent"));
  const held = await hold(page, "sendVisitorMessage(");
  await write(page, "Ada's secret");
  await held.first;
  await page.locator("parley-widget textarea").fill("Ada's half a secret");
  await identify("bob");
  await visible(log(page).getByText("How can we help"));
  await page.locator("parley-widget .names").waitFor();
  for (const of of [page, other]) assert.equal(await of.locator("parley-widget").getByText("Ada").count(), 0, "Bob sees Ada's words");
  assert.equal(await page.locator("parley-widget textarea").inputValue(), "");
  for (const route of held.held.splice(0)) await route.abort();
  await held.letThrough();
  await write(page, "Hello from Bob");
  await visible(log(page).getByText("Sent"));
  await page.reload();
  await visible(log(page).getByText("Hello from Bob"));
  assert.deepEqual(await texts(made), [["Hello from Ada"], ["Hello from Bob"]]);

  await launcher(other).click();
  await visible(log(other).getByText("Hello from Bob"));
  await identify("ada");
  await until(async () => (await texts(made))[0].length === 2, "Ada's words");
  assert.deepEqual(await texts(made), [["Hello from Ada", "Ada's secret"], ["Hello from Bob"]]);
  await visible(log(page).getByText("Ada's secret"));
  await visible(log(other).getByText("Ada's secret"));
  assert.equal(await log(other).getByText("Bob").count(), 0);
});

test("what an anonymous visitor wrote goes on with who they prove to be", async () => {
  const { made, pages: [page] } = await tabs(1);
  const sign = await signer(made);
  await write(page, "Who am I?");
  await visible(log(page).getByText("Sent"));
  const held = await hold(page, "sendVisitorMessage(");
  await write(page, "I am Ada.");
  await held.first;
  await page.locator("parley-widget textarea").fill("And I");
  await page.evaluate((jwt) => window.Parley.identify(jwt), sign("ada"));
  for (const route of held.held.splice(0)) await route.abort();
  await held.letThrough();
  await visible(log(page).getByText("I am Ada."));
  await until(async () => (await texts(made))[0]?.length === 2, "the second message");
  assert.equal(await page.locator("parley-widget textarea").inputValue(), "And I");
  assert.equal(await panel(page).isVisible(), true);
});

test("who logs out leaves nothing for who comes next, in no tab, and their session is over", async () => {
  const { made, pages: [page, other] } = await tabs(2);
  const sign = await signer(made);
  await page.evaluate((jwt) => window.Parley.identify(jwt), sign("ada"));
  await write(page, "Hello from Ada");
  await visible(log(page).getByText("Sent"));
  await visible(launcher(other));
  const held = await hold(page, "sendVisitorMessage(");
  await write(page, "Ada's secret");
  await held.first;
  await page.locator("parley-widget textarea").fill("Ada's half a secret");
  const token = await page.evaluate((key) => JSON.parse(localStorage.getItem(`parley:${key}`)).token, made.key);
  await page.evaluate(() => window.Parley.logout());
  await panel(page).waitFor({ state: "hidden" });
  assert.equal((await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).includes("Ada"), false);
  for (const route of held.held.splice(0)) await route.abort();
  await held.letThrough();
  const { errors } = await (await fetch(`${process.env.PARLEY_URL}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: "{ visitorConversations { nodes { id } } }" }),
  })).json();
  assert.equal(errors?.[0]?.extensions.code, "UNAUTHENTICATED", "the token holds on");
  for (const tab of [page, other]) {
    await launcher(tab).click();
    await visible(log(tab).getByText("How can we help"));
    assert.equal(await tab.locator("parley-widget").getByText("Ada").count(), 0);
    assert.equal(await tab.locator("parley-widget textarea").inputValue(), "");
  }
  await write(page, "Who was here?");
  await visible(log(page).getByText("Sent"));
  await page.reload();
  await visible(log(page).getByText("Who was here?"));
  assert.deepEqual(await texts(made), [["Hello from Ada"], ["Who was here?"]]);
});
