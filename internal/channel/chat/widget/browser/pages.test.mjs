// The widget and the page that it is on: which answer counts, what is asked again,
// what a change of the address asks, and that nothing written is swallowed (CH-12, TM-3).

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { asked, channel, conversations, hold, launcher, log, panel, publish, stage, until, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());
afterEach(() => (on.proxy.deaf = on.proxy.down = false));

const visible = (locator) => locator.waitFor({ state: "visible" });
const hidden = (locator) => locator.waitFor({ state: "hidden" });
const go = (page, to) => page.evaluate((path) => history.pushState(null, "", path), to);
const welcome = (page) => log(page).locator(".message").first();
const contains = (value) => [{ url: { operator: "IS", value } }];

/** Opens a page of a site whose pages /one and /two have a message, and no other has. */
async function visit(path, message = {}) {
  const made = await channel({ welcomeMessage: "This is one", rules: contains("/one"), ...message });
  await publish(made, { name: "Two", welcomeMessage: "This is two", rules: contains("/two") });
  on.site.show(made.key);
  const page = await on.visitor();
  const there = page.goto(on.site.url + path);
  return { made, page, there };
}

test("the answer to the newest question counts, whenever it comes", async () => {
  const { page, there } = await visit("/one");
  await there;
  await launcher(page).click();
  await visible(welcome(page).getByText("This is one"));
  const held = await hold(page, "/two");
  await go(page, "/two");
  await held.first;
  await go(page, "/nothing");
  await hidden(panel(page));
  await hidden(launcher(page));
  await held.letThrough();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  assert.equal(await launcher(page).isVisible(), false, "an old answer brings the launcher back");
  await go(page, "/one");
  await visible(launcher(page));
});

test("an answer that comes after a redirect is not for this page", async () => {
  const made = await channel({ welcomeMessage: "This is one", rules: contains("/one"), display: { openByItself: true } });
  on.site.show(made.key);
  const page = await on.visitor();
  const held = await hold(page, "/one");
  await page.goto(`${on.site.url}/one`);
  await held.first;
  await page.evaluate(() => history.replaceState(null, "", "/nothing"));
  await held.letThrough();
  await until(() => page.asked.some((body) => body.includes("query Widget") && body.includes("/nothing")), "the question for the page");
  await page.waitForFunction(() => document.querySelector("parley-widget")?.shadowRoot.querySelector(".root").hidden === false);
  assert.equal(await launcher(page).isVisible() || await panel(page).isVisible(), false);
});

test("a page without a network is asked about until there is one", async () => {
  const { page, there } = await visit("/one");
  await there;
  await visible(launcher(page));
  on.proxy.down = true;
  on.proxy.cut();
  await go(page, "/nothing");
  await hidden(launcher(page)); // what was found out was about another page
  await go(page, "/two");
  on.proxy.down = false;
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await visible(launcher(page));
  await launcher(page).click();
  await visible(welcome(page).getByText("This is two"));
});

test("what is being written when the page changes is kept, and goes out", async () => {
  const { made, page, there } = await visit("/one");
  await there;
  await launcher(page).click();
  await page.locator("parley-widget textarea").fill("How much is");
  const answered = page.waitForResponse((response) => response.request().postData()?.includes("/nothing") ?? false);
  await go(page, "/nothing");
  await (await answered).finished();
  await page.locator("parley-widget textarea").fill("How much is it?");
  await page.keyboard.press("Enter");
  await visible(log(page).getByText("Sent"));
  assert.deepEqual((await conversations(made)).map(({ texts }) => texts), [["How much is it?"]]);
});

test("an open panel with nothing written goes where it must not be, and comes back", async () => {
  const { page, there } = await visit("/one");
  await there;
  await launcher(page).click();
  await visible(panel(page));
  await go(page, "/nothing");
  await hidden(panel(page));
  await hidden(launcher(page));
  await go(page, "/two");
  await visible(welcome(page).getByText("This is two"));
  assert.equal(await panel(page).isVisible(), true);
});

test("a link to the widget opens it where there is no chat, and says so", async () => {
  const { page, there } = await visit("/nothing#parley-open");
  await there;
  await visible(panel(page).getByText("There is no chat on this page"));
  assert.equal(await page.locator("parley-widget textarea").isVisible(), false);
});

test("a query that changes with every key asks once, and is no other page", async () => {
  const { page, there } = await visit("/one", { rules: [{ url: { operator: "STARTS_WITH", value: "/one" } }] });
  await there;
  await visible(launcher(page));
  await until(() => asked(page, "mutation Visit"), "the visit");
  const before = [asked(page, "query Widget"), asked(page, "mutation Visit")];
  for (const q of ["s", "sh", "sho", "shoe", "shoes"]) await go(page, `/one?q=${q}`);
  await until(() => asked(page, "query Widget") > before[0], "the question");
  await go(page, "/two");
  await launcher(page).click();
  await visible(welcome(page).getByText("This is two"));
  await until(() => asked(page, '"tracks":true') > 1, "the visit of the other page");
  assert.deepEqual([asked(page, "query Widget"), asked(page, '"tracks":true')], [before[0] + 2, before[1] + 1]);
  assert.equal(page.asked.filter((body) => body.includes("query Widget") && body.includes("q=shoes")).length, 1);
});

test("a query that a rule looks at makes another page", async () => {
  const { page, there } = await visit("/one", { rules: [{ queryParameter: { parameter: "plan", value: "pro" } }] });
  await there;
  await until(() => asked(page, "query Widget"), "the first question");
  await page.waitForFunction(() => document.querySelector("parley-widget")?.shadowRoot.querySelector(".root").hidden === false);
  await go(page, "/one?plan=pro");
  await visible(launcher(page));
  await until(() => page.asked.some((body) => body.includes('"tracks":true') && body.includes("plan=pro")), "the page view");
});

test("a fragment is told where a rule looks at it, and nowhere else", async () => {
  const { page, there } = await visit("/one#/first");
  await there;
  await visible(launcher(page));
  const before = asked(page, "query Widget");
  await page.evaluate(() => (location.hash = "#/second"));
  await go(page, "/two#/third");
  await until(() => asked(page, "query Widget") > before, "the question");
  assert.equal(asked(page, "#/"), 0);
  assert.equal(asked(page, "query Widget"), before + 1);

  const routed = await visit("/app#/first", { rules: contains("/app#/first") });
  await routed.there;
  await until(() => asked(routed.page, "/app#/first"), "the question with the fragment");
  await routed.page.evaluate(() => (location.hash = "#/second"));
  await until(() => asked(routed.page, "/app#/second"), "the question after the fragment changed");
});

test("text that is too long stays, and the widget says how long it is", async () => {
  const { made, page, there } = await visit("/one");
  await there;
  await launcher(page).click();
  const field = page.locator("parley-widget textarea");
  const send = page.getByRole("button", { name: "Send", exact: true });
  await field.fill("😀".repeat(10_001));
  await visible(panel(page).getByText("10,001 characters; at most 10,000"));
  assert.equal(await send.isDisabled(), true);
  await page.keyboard.press("Enter");
  assert.equal([...(await field.inputValue())].length, 10_001);
  await field.fill("😀".repeat(10_000));
  await hidden(panel(page).locator(".count"));
  await send.click();
  await visible(log(page).getByText("Sent"));
  const [{ texts }] = await conversations(made);
  assert.equal([...texts[0]].length, 10_000);
});

test("a page of a known visitor asks once before it is ready, and a stranger's too", async () => {
  const { page, there } = await visit("/one");
  await there;
  await visible(launcher(page));
  const toShow = page.asked.findIndex((body) => !body.includes("query Widget"));
  assert.ok(toShow === -1 || toShow === 1, `a stranger's page asks ${JSON.stringify(page.asked.map((body) => body.slice(10, 40)))}`);
  await write(page, "Ahoy");
  await visible(log(page).getByText("Sent"));
  page.asked.length = 0;
  const bundle = /\/widget\/[0-9a-f]{16}\.js$/;
  await page.route(bundle, async (route) => {
    await until(() => asked(page, "query Widget"), "the question, asked while the script is on its way");
    await route.continue();
  });
  await page.reload();
  await visible(log(page).getByText("Ahoy"));
  await until(() => asked(page, "mutation Visit"), "the visit");
  assert.deepEqual(page.asked.map((body) => /(query|mutation) (\w+)/.exec(body)[2]), ["Widget", "Visit"]);
});
