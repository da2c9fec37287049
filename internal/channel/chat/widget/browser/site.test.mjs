// Sites that are not easy on a widget: they swap their body, allow little, or
// have the tag wrong (CH-12).

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { asked, channel, launcher, log, panel, stage, until, write } from "./stage.mjs";

let on, made, allowed;
before(async () => {
  on = await stage();
  made = await channel();
  allowed = { connect: on.site.connect, trusted: on.site.trusted };
});
after(() => on.close());
afterEach(() => Object.assign(on.site, allowed));

const visible = (locator) => locator.waitFor({ state: "visible" });
const says = (page, what) => until(() => page.said.find((text) => what.test(text)), `${what} in the console`);

async function visit(key = made.key, attributes = "") {
  on.site.show(key, attributes);
  const page = await on.visitor();
  await page.goto(on.site.url);
  return page;
}

/** How frameworks change a page's content. */
const swaps = {
  "another body": () => {
    const next = document.createElement("body");
    const copy = document.querySelector("parley-widget").cloneNode(true); // as of a page that was kept
    next.append(Object.assign(document.createElement("h1"), { textContent: "Next" }), copy);
    document.documentElement.replaceChild(next, document.body);
  },
  "another content of the body": () => document.body.replaceChildren(Object.assign(document.createElement("h1"), { textContent: "Next" })),
  "another document": () => {
    const next = document.createElement("html");
    next.append(document.createElement("head"), document.createElement("body"));
    document.replaceChild(next, document.documentElement);
  },
};

for (const [name, swap] of Object.entries(swaps)) {
  test(`the widget survives ${name}`, async () => {
    const page = await visit();
    await write(page, `Before ${name}`);
    await visible(log(page).getByText("Sent"));
    await page.locator("parley-widget textarea").fill("half a sen");
    for (let times = 0; times < 3; times++) await page.evaluate(swap);
    await visible(panel(page));
    assert.equal(await page.locator("parley-widget").count(), 1);
    assert.equal(await page.locator("parley-widget textarea").inputValue(), "half a sen");
    await write(page, "After it");
    await visible(log(page).getByText("After it"));
    await launcher(page).click();
    await panel(page).waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => document.querySelector("parley-widget").parentNode === document.body), true);
    assert.deepEqual(page.troubles, []);
  });
}

test("a tag that a swap brings again brings no second widget", async () => {
  on.site.trusted = "parley shop";
  const page = await visit();
  await visible(launcher(page));
  await page.evaluate(() => {
    const { src, dataset } = document.querySelector("script[data-channel]");
    const again = Object.assign(document.createElement("script"), { src: window.trustedTypes.createPolicy("shop", { createScriptURL: () => src }).createScriptURL("") });
    Object.assign(again.dataset, dataset);
    return new Promise((resolve) => {
      again.onload = resolve;
      document.body.append(again);
    });
  });
  assert.equal(asked(page, "query Widget"), 1);
  assert.equal(await page.locator("parley-widget").count(), 1);
});

test("an element, or a thing of the site's, of the name Parley does not keep the widget away", async () => {
  on.site.show(made.key);
  const page = await on.visitor();
  await page.addInitScript(() => {
    window.Parley = "our own";
    addEventListener("parley", ({ detail }) => (window.chat = detail));
  });
  await page.goto(on.site.url);
  await visible(launcher(page));
  await page.evaluate(() => window.chat.open());
  await visible(panel(page));
  assert.equal(await page.evaluate(() => window.Parley), "our own");
  await says(page, /window\.Parley is the page's own/);
});

test("a tag without a key says so", async () => {
  const page = await visit("");
  await says(page, /lacks data-channel/);
});

test("a key that is none says so", async () => {
  const page = await visit("no-such-key");
  await says(page, /does not start: .*no-such-key/);
});

test("two tags say so", async () => {
  const other = await channel();
  on.site.showTwo(made.key, other.key);
  const page = await on.visitor();
  await page.goto(on.site.url);
  await says(page, /two tags/);
  await visible(launcher(page));
  assert.equal(await page.locator("parley-widget").count(), 1);
});

test("an event that there is not says so", async () => {
  const page = await visit();
  await page.waitForFunction(() => window.Parley);
  await page.evaluate(() => window.Parley.on("opened", () => undefined));
  await says(page, /no event "opened"; there are ready, load, open/);
});

test("a policy that refuses the server says so", async () => {
  on.site.connect = "'self'";
  const page = await visit();
  await says(page, /Content-Security-Policy refuses .*\/graphql: add .* to connect-src/);
});

test("a policy that refuses sockets says so, and the chat goes on", async () => {
  on.site.connect = on.proxy.url;
  const page = await visit();
  await write(page, "Without sockets");
  await visible(log(page).getByText("Sent"));
  await says(page, /refuses ws:.* to connect-src/);
});

test("a policy that does not know the widget's Trusted Types says so", async () => {
  on.site.trusted = "other";
  const page = await visit();
  await says(page, /Trusted Types policy "parley"/);
});

test("a server that is blocked says so, and is asked again", async () => {
  on.site.show(made.key);
  const page = await on.visitor();
  await page.route("**/graphql", (route) => route.abort("blockedbyclient"));
  await page.goto(on.site.url);
  await says(page, /graphql cannot be reached from http.*ad blocker/);
  await page.unroute("**/graphql");
  await visible(launcher(page));

  const filtered = await on.visitor();
  await filtered.route("**/graphql", (route) => route.fulfill({ status: 403, contentType: "text/html", headers: { "Access-Control-Allow-Origin": "*" }, body: "<h1>No</h1>" }));
  await filtered.goto(on.site.url);
  await says(filtered, /status 403 and no JSON/);
});
