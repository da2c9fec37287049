// The widget on its page: how it opens, by keyboard, what axe-core says of it,
// and its JavaScript interface (CH-3, CH-4).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { change, channel, conversations, faults, launcher, log, panel, stage, until, write } from "./stage.mjs";

let on, made;
before(async () => {
  on = await stage();
  made = await channel();
  on.site.show(made.key);
});
after(() => on.close());

const visible = (locator) => locator.waitFor({ state: "visible" });

for (const fragment of ["#parley-open", "#hs-chat-open"]) {
  test(`${fragment} opens the widget: in the address, by a change of it, by a link`, async () => {
    const page = await on.visitor();
    await page.goto(`${on.site.url}/a${fragment}`);
    await visible(panel(page));
    await page.keyboard.press("Escape");
    await page.goto(`${on.site.url}/b`);
    await visible(launcher(page));
    assert.equal(await panel(page).isVisible(), false);
    await page.evaluate((to) => (location.hash = to), fragment);
    await visible(panel(page));
    await launcher(page).click();
    await panel(page).waitFor({ state: "hidden" });
    await page.evaluate((to) => {
      const link = document.createElement("a");
      link.href = to;
      link.textContent = "Chat";
      document.body.append(link);
    }, fragment);
    await page.getByRole("link", { name: "Chat" }).click();
    await visible(panel(page));
  });
}

test("the keyboard alone is enough", async () => {
  const page = await on.visitor();
  await page.goto(on.site.url);
  await visible(launcher(page));
  const focused = () => page.evaluate(() => document.querySelector("parley-widget").shadowRoot.activeElement?.className ?? "");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "launcher");
  await page.keyboard.press("Enter");
  await visible(panel(page));
  await page.waitForFunction(() => document.querySelector("parley-widget").shadowRoot.activeElement?.tagName === "TEXTAREA");
  await page.keyboard.type("By keys");
  await page.keyboard.press("Enter");
  await visible(log(page).getByText("By keys"));
  const inside = () => page.evaluate(() => document.querySelector("parley-widget").shadowRoot.activeElement?.closest(".panel") !== null);
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press(i % 3 ? "Tab" : "Shift+Tab");
    assert.ok(await inside(), `Tab ${i} leaves the dialog`);
  }
  await page.keyboard.press("Escape");
  await panel(page).waitFor({ state: "hidden" });
  assert.equal(await focused(), "launcher");
});

for (const [name, options] of Object.entries({
  light: {},
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true },
  "right to left": { locale: "ar" },
  "few colours": { forcedColors: "active" },
})) {
  test(`axe-core finds nothing: ${name}`, async () => {
    const page = await on.visitor({ reducedMotion: "reduce", ...options });
    on.site.show(made.key, options.locale ? `data-locale="${options.locale}"` : "");
    await page.goto(on.site.url);
    await visible(launcher(page));
    assert.deepEqual(await faults(page), [], "closed");
    await write(page, `Hello from ${name}, see https://example.com/`);
    await visible(log(page).locator(".mine .under"));
    const chat = await until(async () => (await conversations(made)).find(({ texts }) => texts[0].includes(name)), "the chat");
    await change("sendMessage", { conversationId: chat.id, text: "Hello to you." });
    await visible(log(page).getByText("Hello to you."));
    assert.deepEqual(await faults(page), [], "chatting");
    await page.locator("parley-widget .head .flip").click();
    await visible(page.locator("parley-widget .list"));
    assert.deepEqual(await faults(page), [], "the list");
    if (options.locale) assert.equal(await page.locator("parley-widget .root").getAttribute("dir"), "rtl");
    on.site.show(made.key);
  });
}

test("a site's own scripts open it and hear of it", async () => {
  const page = await on.visitor();
  await page.goto(on.site.url);
  await page.waitForFunction(() => window.Parley);
  await visible(launcher(page));
  await page.evaluate(() => {
    window.heard = [];
    for (const event of ["open", "close"]) window.Parley.on(event, () => window.heard.push(event));
    window.Parley.open();
  });
  await visible(panel(page));
  await page.evaluate(() => window.Parley.close());
  await panel(page).waitFor({ state: "hidden" });
  assert.deepEqual(await page.evaluate(() => window.heard), ["open", "close"]);
  assert.equal(await page.evaluate(() => window.Parley.identify("no.such.jwt").catch((error) => error.code)), "INVALID");
});

test("it opens if the site asked for that before it was there", async () => {
  const page = await on.visitor();
  await page.addInitScript(() => addEventListener("parley", ({ detail }) => detail.open()));
  await page.goto(on.site.url);
  await visible(panel(page));
});
