// A chat both ways, live, over page loads and cuts (CH-3, CH-6, IN-16).

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { change, channel, conversations, launcher, log, panel, stage, until, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());
afterEach(() => (on.proxy.deaf = on.proxy.down = false)); // a test that failed leaves the way open to the next

const visible = (locator) => locator.waitFor({ state: "visible" });

test("a chat goes both ways, live", async () => {
  const made = await channel();
  on.site.show(made.key);
  const page = await on.visitor();
  await page.goto(on.site.url);
  await write(page, "Do you ship to Norway?");
  await visible(log(page).getByText("Sent"));
  const [chat] = await until(async () => (await conversations(made)).length && conversations(made), "the chat");
  assert.deepEqual(chat.texts, ["Do you ship to Norway?"]);

  await change("setTyping", { conversationId: chat.id, typing: true });
  await visible(panel(page).getByText("is typing"));
  await change("sendMessage", { conversationId: chat.id, text: "We do." });
  await visible(log(page).getByText("We do."));
  await panel(page).getByText("is typing").waitFor({ state: "hidden" });
  await change("markConversationRead", { conversationId: chat.id });
  await visible(log(page).getByText("Seen"));

  await page.keyboard.press("Escape");
  await change("sendMessage", { conversationId: chat.id, text: "Anything else?" });
  await visible(launcher(page).getByText("1"));
  await launcher(page).click();
  await visible(log(page).getByText("Anything else?"));
  await launcher(page).getByText("1").waitFor({ state: "hidden" });

  await page.reload();
  await visible(log(page).getByText("Do you ship to Norway?"));
  await visible(log(page).getByText("Anything else?"));
  assert.deepEqual(page.troubles, []);
  assert.deepEqual([...page.hosts].sort(), [new URL(on.site.url).host, new URL(on.proxy.url).host].sort());
});

test("what the visitor types is seen by the team", async () => {
  const made = await channel();
  on.site.show(made.key);
  const page = await on.visitor();
  await page.goto(on.site.url);
  await write(page, "Hello");
  const [chat] = await until(async () => (await conversations(made)).length && conversations(made), "the chat");
  const told = page.waitForRequest((request) => request.postData()?.includes("setTyping") && request.postData().includes('"typing":true'));
  await page.locator("parley-widget textarea").pressSequentially("Are you");
  assert.ok((await told).postData().includes(chat.id));
});

test("a message that is cut off on its way is sent once", async () => {
  const made = await channel();
  on.site.show(made.key);
  const page = await on.visitor();
  const begun = page.waitForResponse((response) => response.request().postData()?.includes("mutation Visit"));
  await page.goto(on.site.url);
  await launcher(page).click();
  await (await begun).finished(); // the visitor has a token, and the browser may use it: only the message's own answer gets lost
  on.proxy.deaf = true; // Parley gets what is sent, and its answer gets lost
  await write(page, "first");
  await until(async () => (await conversations(made)).length === 1, "the first message at Parley");
  on.proxy.down = true;
  on.proxy.cut();
  await write(page, "second");
  await visible(log(page).getByText("Sending").first());
  await visible(panel(page).getByText("Connecting again"));
  on.proxy.deaf = on.proxy.down = false;
  await until(async () => (await conversations(made))[0].texts.length === 2, "the second message");
  await log(page).getByText("Sending").first().waitFor({ state: "hidden" });
  const all = await conversations(made);
  assert.deepEqual(all.map(({ texts }) => texts), [["first", "second"]]);
  assert.equal(await log(page).getByText("first").count(), 1);
  await change("sendMessage", { conversationId: all[0].id, text: "live again" });
  await visible(log(page).getByText("live again"));
});

test("a message that was not answered before a reload is sent once", async () => {
  const made = await channel();
  on.site.show(made.key);
  const page = await on.visitor();
  await page.goto(on.site.url);
  await write(page, "before");
  await visible(log(page).getByText("Sent"));
  on.proxy.deaf = true;
  await write(page, "in between");
  await until(async () => (await conversations(made))[0].texts.length === 2, "the message at Parley");
  on.proxy.deaf = false;
  on.proxy.cut();
  await page.reload();
  await visible(log(page).getByText("in between"));
  await write(page, "after");
  await until(async () => (await conversations(made))[0].texts.length === 3, "the last message");
  assert.deepEqual((await conversations(made))[0].texts, ["before", "in between", "after"]);
  assert.equal(await log(page).getByText("in between").count(), 1);
});

test("without WebSockets the chat goes on by polling", async () => {
  const made = await channel();
  on.site.show(made.key);
  const page = await on.visitor();
  await page.addInitScript(() => {
    window.WebSocket = class {
      constructor() {
        throw new DOMException("forbidden", "SecurityError");
      }
    };
  });
  await page.goto(on.site.url);
  await write(page, "Hello");
  await visible(log(page).getByText("Sent"));
  const [chat] = await conversations(made);
  await change("sendMessage", { conversationId: chat.id, text: "polled" });
  await visible(log(page).getByText("polled"));
});

test("without storage the chat lives as long as the page", async () => {
  const made = await channel();
  on.site.show(made.key);
  const page = await on.visitor();
  await page.addInitScript(() => Object.defineProperty(window, "localStorage", { get: () => { throw new DOMException("no", "SecurityError"); } }));
  await page.goto(on.site.url);
  await write(page, "Hello");
  await visible(log(page).getByText("Sent"));
  await write(page, "again");
  await until(async () => (await conversations(made))[0]?.texts.length === 2, "both messages");
});

test("several conversations are kept apart", async () => {
  const made = await channel();
  on.site.show(made.key);
  const page = await on.visitor();
  await page.goto(on.site.url);
  await write(page, "About shoes");
  await visible(log(page).getByText("Sent"));
  await page.getByRole("button", { name: "All conversations" }).click();
  await page.getByRole("button", { name: "New conversation" }).click();
  await write(page, "About hats");
  await visible(log(page).getByText("Sent"));
  assert.equal(await log(page).getByText("About shoes").count(), 0);
  await page.getByRole("button", { name: "All conversations" }).click();
  await page.getByRole("button", { name: "About shoes" }).click();
  await visible(log(page).getByText("About shoes"));
  assert.equal((await conversations(made)).length, 2);
});
