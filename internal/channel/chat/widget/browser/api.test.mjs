// What a site's own scripts can do with the widget, before it is there and after (CH-11).

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { asked, change, channel, conversations, faults, launcher, log, panel, publish, signer, stage, until, write } from "./stage.mjs";

let on, made;
before(async () => {
  on = await stage();
  made = await channel();
});
after(() => on.close());
afterEach(() => (on.proxy.deaf = on.proxy.down = false));

const visible = (locator) => locator.waitFor({ state: "visible" });
const hidden = (locator) => locator.waitFor({ state: "hidden" });
const says = (page, what) => until(() => page.said.find((text) => what.test(text)), `${what} in the console`);
const field = (page) => page.locator("parley-widget textarea").first();
const state = (page) => page.evaluate(() => window.Parley.status());

/** Opens a page with the widget, once before ran in it; it notes all events as window.heard. */
async function visit({ key = made.key, attributes = "", before, path = "/", more = "", ...options } = {}) {
  on.site.showWith(more, key, attributes);
  const page = await on.visitor(options);
  await page.addInitScript(() => {
    window.heard = [];
    addEventListener("parley", ({ detail }) => {
      const names = ["ready", "load", "open", "close", "unread", "conversationStarted", "conversationClosed", "conversationSelected", "contactAssociated", "error"];
      for (const name of names) detail.on(name, (given) => window.heard.push([name, given]));
    });
  });
  if (before) await page.addInitScript(before);
  await page.goto(on.site.url + path);
  return page;
}

/** Waits until a page heard of an event, and returns what came with it. */
const heard = (page, name) => until(() => page.evaluate((wanted) => window.heard.find(([one]) => one === wanted), name), name).then(([, given]) => given);
const ready = (page) => heard(page, "ready");

test("what is asked for before the widget is there is done once it is", async () => {
  const page = await visit({
    before: () => {
      window.Parley = window.Parley || { q: [] };
      window.kept = window.Parley;
      window.Parley.q.push(["open", { text: "I have a question" }]);
      window.Parley.q.push((parley) => (window.given = parley));
      window.Parley.q.push(["opne"]);
      window.Parley.q.push(["identify", "no.such.jwt"]);
      window.Parley.q.push(() => {
        throw new Error("the site's own mistake");
      });
    },
  });
  await visible(panel(page));
  assert.equal(await field(page).inputValue(), "I have a question");
  assert.equal(await page.evaluate(() => window.given === window.Parley && "open" in window.given), true);
  await says(page, /Parley\.q has \["opne"\], which is no call/);
  await says(page, /identify: /);
  assert.deepEqual(page.troubles.filter((text) => /own mistake/.test(text)).length, 1);
  await page.evaluate(() => window.kept.q.push(["close"])); // by who kept the queue
  await hidden(panel(page));
});

test("open proposes a text, and takes nothing away that the visitor wrote", async () => {
  const page = await visit();
  await ready(page);
  await page.evaluate(() => window.Parley.open({ text: "About order 7" }));
  await page.waitForFunction(() => document.querySelector("parley-widget").shadowRoot.querySelector("textarea").value === "About order 7");
  await field(page).fill("My own words");
  await page.evaluate(() => window.Parley.open({ text: "About order 8" }));
  assert.equal(await field(page).inputValue(), "My own words");
});

test("destroy takes all of it away, and load brings it back with what was written", async () => {
  const page = await visit();
  await write(page, "Before it went");
  await visible(log(page).getByText("Sent"));
  await field(page).fill("half a sen");
  assert.equal(await state(page), "ready");
  await page.evaluate(() => window.Parley.destroy());
  assert.equal(await page.locator("parley-widget").count(), 0);
  assert.equal(await state(page), "removed");
  const before = page.asked.length;
  await page.evaluate(() => {
    history.pushState(null, "", "/elsewhere");
    document.body.append(document.createElement("p"));
    dispatchEvent(new Event("online"));
    document.dispatchEvent(new Event("visibilitychange"));
    location.hash = "parley-open";
    return new Promise((resolve) => setTimeout(resolve, 600)); // longer than a change of the address settles
  });
  assert.equal(page.asked.length, before, "a widget that was removed asks the server");
  assert.equal(await page.locator("parley-widget").count(), 0);
  await page.evaluate(() => {
    window.heard.length = 0;
    window.Parley.load();
    window.Parley.load();
  });
  await ready(page);
  await visible(log(page).getByText("Before it went"));
  assert.equal(await field(page).inputValue(), "half a sen");
  assert.equal(await page.locator("parley-widget").count(), 1);
  assert.equal(await page.evaluate(() => window.heard.filter(([name]) => name === "load").length), 1);
  const [chat] = await conversations(made);
  await change("sendMessage", { conversationId: chat.id, text: "It is live again." });
  await visible(log(page).getByText("It is live again."));
});

test("a widget that is removed while it loads stays away", async () => {
  on.site.showWith("", made.key);
  const page = await on.visitor();
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/graphql", async (route) => (await held, route.continue()));
  await page.goto(on.site.url);
  await page.waitForFunction(() => window.Parley);
  assert.equal(await state(page), "loading");
  await page.evaluate(() => {
    window.loads = 0;
    window.Parley.on("load", () => window.loads++);
    window.Parley.remove();
  });
  const answered = page.waitForResponse("**/graphql");
  release();
  await (await answered).finished();
  assert.equal(await page.locator("parley-widget").count(), 0);
  assert.deepEqual(await page.evaluate(() => [window.Parley.status(), window.loads]), ["removed", 0]);
  await page.evaluate(() => window.Parley.open());
  await visible(panel(page));
  assert.equal(await page.evaluate(() => window.loads), 1);
});

test("with data-load=\"manual\" nothing is asked until the page says so", async () => {
  const page = await visit({ attributes: 'data-load="manual"' });
  await page.waitForFunction(() => window.Parley);
  assert.equal(await state(page), "removed");
  assert.equal(await page.evaluate(() => window.Parley.visitorId), null);
  assert.deepEqual(page.asked, []);
  assert.equal(await page.locator("parley-widget").count(), 0);
  await page.evaluate(() => window.Parley.load());
  await visible(launcher(page));
});

test("it is in the place that the page gives it, always open, and takes no keyboard there", async () => {
  const page = await visit({ attributes: 'data-inline="#place"', more: '<section aria-label="Order"><input aria-label="Name"></section><div id="place"></div>' });
  await ready(page);
  await visible(panel(page));
  assert.equal(await launcher(page).isVisible(), false);
  assert.equal(await page.evaluate(() => document.querySelector("parley-widget").parentNode.id), "place");
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
  assert.deepEqual(await faults(page), []);
  await page.evaluate(() => window.Parley.close());
  await field(page).focus();
  await page.keyboard.press("Escape");
  assert.equal(await panel(page).isVisible(), true);
  assert.equal(await panel(page).getAttribute("role"), "region");
  await until(async () => {
    await page.keyboard.press("Shift+Tab"); // nothing keeps the keyboard in it
    return page.evaluate(() => document.activeElement?.localName === "input");
  }, "the keyboard to leave it");
  await write(page, "From the place");
  await visible(log(page).getByText("Sent"));
  await page.evaluate(() => document.getElementById("place").replaceWith(Object.assign(document.createElement("section"), { id: "other" })));
  await until(() => page.evaluate(() => !document.querySelector("parley-widget")), "the widget to go with its place");
  await page.evaluate(() => (document.getElementById("other").id = "place", document.body.append("changed")));
  await visible(log(page).getByText("From the place"));
  await page.setViewportSize({ width: 390, height: 700 });
  assert.equal(await page.evaluate(() => document.querySelector("parley-widget").getBoundingClientRect().width <= 390), true);
});

test("the page's own button opens and closes it, and says so to who does not see it", async () => {
  const page = await visit({ attributes: 'data-launcher="#chat"', more: '<p><a id="chat" href="#elsewhere">Chat with us</a></p>' });
  await ready(page);
  assert.equal(await launcher(page).isVisible(), false);
  const own = page.getByRole("link", { name: "Chat with us" });
  assert.equal(await own.getAttribute("aria-expanded"), "false");
  await own.click();
  await visible(panel(page));
  assert.equal(await own.getAttribute("aria-expanded"), "true");
  assert.equal(await page.evaluate(() => location.hash), "");
  await page.waitForFunction(() => document.querySelector("parley-widget").shadowRoot.activeElement?.tagName === "TEXTAREA");
  await page.keyboard.press("Escape");
  await hidden(panel(page));
  assert.equal(await page.evaluate(() => document.activeElement.id), "chat");
  await own.click();
  await own.click();
  await hidden(panel(page));
});

test("a selector that is none says so, and the widget shows as ever", async () => {
  const page = await visit({ attributes: 'data-launcher="#" data-inline="!"' });
  await visible(launcher(page));
  await says(page, /data-launcher="#" is no CSS selector/);
  await says(page, /data-inline="!" is no CSS selector/);
});

test("another language, with what is open", async () => {
  const page = await visit();
  await write(page, "Hello");
  await visible(log(page).getByText("Sent"));
  await page.evaluate(() => window.Parley.setLocale("de"));
  await visible(log(page).getByText("Gesendet"));
  assert.equal(await page.locator("parley-widget .root[lang]").getAttribute("lang"), "de");
  await page.evaluate(() => window.Parley.setLocale("ar"));
  await page.waitForFunction(() => document.querySelector("parley-widget").shadowRoot.querySelector("[lang=ar]")?.dir === "rtl");
});

test("another position, and what cannot be one", async () => {
  const page = await visit();
  await visible(launcher(page));
  await page.evaluate(() => window.Parley.setPosition({ side: "left", bottom: 120, zIndex: 7 }));
  await page.waitForFunction(() => {
    const { left, bottom } = document.querySelector("parley-widget").shadowRoot.querySelector(".launcher").getBoundingClientRect();
    return left === 20 && bottom === innerHeight - 120;
  });
  const styles = () => page.evaluate(() => getComputedStyle(document.querySelector("parley-widget").shadowRoot.querySelector(".launcher")).zIndex);
  assert.equal(await styles(), "7");
  await launcher(page).click();
  const box = await panel(page).boundingBox();
  assert.ok(box.y >= 0 && box.y + box.height <= 760 - 120, JSON.stringify(box));
  await page.evaluate(() => window.Parley.setPosition({ side: "up", bottom: -1, zIndex: 1.5 }));
  for (const name of ["side", "bottom", "zIndex"]) await says(page, new RegExp(`setPosition does not take this ${name}`));
  assert.equal(await styles(), "7");
});

test("without attachments there is no way to attach", async () => {
  const page = await visit({ attributes: 'data-attachments="off"' });
  await launcher(page).click();
  await visible(field(page));
  assert.equal(await page.locator("parley-widget .attach").isVisible(), false);
});

test("events of a chat from its beginning to its end", async () => {
  const page = await visit();
  await ready(page);
  await write(page, "Hello");
  const { conversationId } = await heard(page, "conversationStarted");
  const chat = (await conversations(made)).find(({ id }) => id === conversationId);
  assert.deepEqual(chat.texts, ["Hello"]);
  assert.match(await page.evaluate(() => window.Parley.visitorId), /^vis/);
  await page.evaluate(() => window.Parley.close());
  await change("sendMessage", { conversationId, text: "Good day" });
  await until(() => page.evaluate(() => window.Parley.unreadCount === 1), "the unread count");
  assert.deepEqual(await page.evaluate(() => window.heard.filter(([name]) => name === "unread").at(-1)[1]), { count: 1, conversations: 1 });
  await page.evaluate((id) => window.Parley.openConversation(id), conversationId);
  await visible(log(page).getByText("Good day"));
  assert.deepEqual(await heard(page, "conversationSelected"), { conversationId });
  assert.equal(await page.evaluate((id) => window.Parley.openConversation(id).catch((error) => error.code), "conv_01h455vb4pex5vsknk084sn02q"), "NOT_FOUND");
  await visible(log(page).getByText("Good day")); // what is shown stays
  await change("closeConversation", { conversationId });
  assert.deepEqual(await heard(page, "conversationClosed"), { conversationId });
  assert.equal(await page.evaluate(() => window.heard.filter(([name]) => name === "conversationClosed").length), 1);
  assert.equal(await page.evaluate(() => window.heard.some(([name]) => name === "contactAssociated")), false);
  const sign = await signer(made);
  await page.evaluate((jwt) => window.Parley.identify(jwt), sign(`ada-${process.pid}`));
  const { visitorId } = await heard(page, "contactAssociated");
  assert.equal(visitorId, await page.evaluate(() => window.Parley.visitorId));
});

test("once hears once, off hears no more, and a listener that fails stops nothing", async () => {
  const page = await visit();
  await ready(page);
  await page.evaluate(() => {
    window.calls = [];
    const f = () => window.calls.push("off");
    window.Parley.on("open", () => {
      throw new Error("the site's listener");
    });
    window.Parley.on("open", f);
    window.Parley.once("open", () => window.calls.push("once"));
    window.Parley.on("open", () => window.calls.push("on"))();
    window.Parley.off("open", f);
    for (let times = 0; times < 2; times++) {
      window.Parley.open();
      window.Parley.close();
    }
  });
  assert.deepEqual(await page.evaluate(() => window.calls), ["once"]);
  assert.equal(page.troubles.filter((text) => /the site's listener/.test(text)).length, 2);
  await page.evaluate(() => window.Parley.open());
  await visible(panel(page));
});

test("refresh asks again what to show", async () => {
  const page = await visit();
  await ready(page);
  const before = asked(page, "query Widget");
  await change("pauseTargetedMessage", { targetedMessageId: made.message }).catch(() => undefined);
  await page.evaluate(() => window.Parley.refresh());
  await until(() => asked(page, "query Widget") === before + 1, "the question");
});

test("error says what the console says", async () => {
  const connect = on.site.connect;
  on.site.connect = "'self'";
  try {
    const page = await visit();
    const { message } = await heard(page, "error");
    assert.match(message, /graphql/);
    await until(() => page.evaluate(() => window.heard.some(([name, given]) => name === "error" && /to connect-src/.test(given.message))), "the policy's name");
  } finally {
    on.site.connect = connect;
  }
});

test("who asks for a chat that cannot be reached reads so, until it can", async () => {
  const page = await visit({ attributes: 'data-launcher="#chat" data-unreachable="Der Chat ist gerade nicht erreichbar."', more: '<button id="chat">Chat</button>', path: "/" });
  await ready(page);
  await page.route("**/graphql", (route) => route.abort("blockedbyclient"));
  await page.goto(on.site.url);
  await page.waitForFunction(() => window.Parley);
  await says(page, /graphql cannot be reached/);
  const line = page.locator("parley-widget").getByText("gerade nicht erreichbar");
  assert.equal(await line.isVisible(), false, "a visitor who did not ask reads nothing");
  await page.getByRole("button", { name: "Chat" }).click();
  await visible(line);
  assert.deepEqual(await faults(page), []);
  await page.getByRole("button", { name: "Chat" }).click();
  await hidden(line);
  await page.getByRole("button", { name: "Chat" }).click();
  await page.unroute("**/graphql");
  await visible(panel(page));
  await hidden(line);
});

test("HubSpot's names work where they are free", async () => {
  const page = await visit({
    attributes: "data-hubspot-names",
    more: '<div id="place"></div>',
    before: () => {
      window.hsConversationsSettings = { loadImmediately: false, inlineEmbedSelector: "#place", disableAttachment: true };
      window.got = [];
      window.hsConversationsOnReady = [
        () => {
          throw new Error("the site's mistake");
        },
        () => {
          const { HubSpotConversations: hubspot } = window;
          window.before = hubspot.widget.status();
          for (const name of ["conversationStarted", "unreadConversationCountChanged", "widgetLoaded", "userSelectedThread", "conversationClosed"]) hubspot.on(name, (payload) => window.got.push([name, payload]));
          const gone = () => window.got.push(["gone"]);
          hubspot.on("widgetLoaded", gone);
          hubspot.off("widgetLoaded", gone);
          hubspot.on("inputStaging", gone);
          hubspot.widget.load();
        },
      ];
    },
  });
  await visible(panel(page));
  assert.deepEqual(await page.evaluate(() => window.before), { loaded: false, pending: false });
  assert.equal(await page.evaluate(() => document.querySelector("parley-widget").parentNode.id), "place");
  assert.equal(await page.locator("parley-widget .attach").isVisible(), false);
  await says(page, /no event "inputStaging" here; there are conversationStarted/);
  await write(page, "As ever");
  const got = (name) => until(() => page.evaluate((wanted) => window.got.find(([one]) => one === wanted), name), name);
  const [, { conversation }] = await got("conversationStarted");
  assert.equal((await conversations(made)).some(({ id }) => id === conversation.conversationId), true);
  await got("widgetLoaded");
  assert.equal((await page.evaluate(() => window.got)).some(([name]) => name === "gone"), false);
  assert.deepEqual(await page.evaluate(() => window.HubSpotConversations.widget.status()), { loaded: true, pending: false });
  await page.evaluate(() => window.HubSpotConversations.widget.remove());
  assert.equal(await page.locator("parley-widget").count(), 0);
  await page.evaluate(() => window.HubSpotConversations.resetAndReloadWidget());
  await visible(panel(page));
  await hidden(log(page).getByText("As ever"));
  assert.deepEqual(page.troubles.filter((text) => !/site's mistake/.test(text)), []);
});

test("HubSpot's own names stay HubSpot's, and none are taken without the attribute", async () => {
  const taken = await visit({ attributes: "data-hubspot-names", before: () => (window.HubSpotConversations = "theirs", window.hsConversationsSettings = { loadImmediately: false }) });
  await visible(launcher(taken));
  await says(taken, /HubSpotConversations is taken/);
  assert.equal(await taken.evaluate(() => window.HubSpotConversations), "theirs");
  const without = await visit();
  await ready(without);
  assert.equal(await without.evaluate(() => "HubSpotConversations" in window), false);
});

test("a rule on the fragment shows its message as the fragment changes", async () => {
  const routed = await channel({ welcomeMessage: "About prices", rules: [{ url: { operator: "IS", value: "/app#/prices" } }] });
  await publish(routed, { name: "Help", welcomeMessage: "About help", rules: [{ url: { operator: "IS", value: "/app#/help" } }] });
  const page = await visit({ key: routed.key, path: "/app#/home" });
  await ready(page);
  assert.equal(await launcher(page).isVisible(), false);
  await page.evaluate(() => (location.hash = "/prices"));
  await launcher(page).click();
  await visible(log(page).getByText("About prices"));
  await page.evaluate(() => (location.hash = "/help"));
  await visible(log(page).getByText("About help"));
  await page.evaluate(() => (location.hash = "/home"));
  await hidden(launcher(page));
  await page.goBack();
  await visible(launcher(page));
});
