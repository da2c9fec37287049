// What targeted messages and settings ask of the widget: which pages, consent,
// e-mail, small screens, availability (TM-3, TM-5, TM-6, TM-8, AV).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, change, channel, conversations, faults, launcher, log, panel, publish, stage, until, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());

const visible = (locator) => locator.waitFor({ state: "visible" });
const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };

/** Opens a page of a site with the widget of the channel. */
async function visit(made, path = "/", options = {}) {
  on.site.show(made.key);
  const page = await on.visitor(options);
  await page.goto(on.site.url + path);
  await page.waitForFunction(() => window.Parley);
  return page;
}

test("the message of the page is shown, also where the address changes without a load", async () => {
  const made = await channel({ welcomeMessage: "About prices", rules: [{ url: { operator: "CONTAINS", value: "/pricing" } }], display: { openByItself: true } });
  await publish(made, { name: "Help", welcomeMessage: "About help", rules: [{ url: { operator: "CONTAINS", value: "/help" } }], display: { openByItself: true } });
  const page = await visit(made, "/home");
  await page.waitForResponse((response) => response.request().postData()?.includes("widget(") ?? false).catch(() => undefined);
  assert.equal(await launcher(page).isVisible(), false);
  await page.evaluate(() => history.pushState(null, "", "/pricing"));
  await visible(log(page).getByText("About prices"));
  await page.evaluate(() => history.pushState(null, "", "/help"));
  await visible(log(page).getByText("About help"));
  assert.equal(await log(page).getByText("About prices").count(), 0);
  await page.keyboard.press("Escape");
  await launcher(page).click();
  await panel(page).waitFor({ state: "hidden" });
  await page.reload();
  await visible(launcher(page));
  assert.equal(await panel(page).isVisible(), false, "a welcome that was closed opens again");
});

test("small screens: full, a prompt, nothing", async () => {
  const normal = await visit(await channel({ display: { openByItself: true, smallScreen: "NORMAL" } }), "/", phone);
  await visible(panel(normal));
  assert.deepEqual(await panel(normal).boundingBox(), { x: 0, y: 0, width: 390, height: 780 });

  const made = await channel({ display: { openByItself: true, smallScreen: "PROMPT" } });
  const prompted = await visit(made, "/", phone);
  await visible(prompted.locator("parley-widget section.prompt"));
  assert.deepEqual(await faults(prompted), []);
  await prompted.locator("parley-widget section.prompt .say").click();
  await visible(panel(prompted));

  const hidden = await channel({ display: { smallScreen: "HIDDEN" } });
  const bare = await visit(hidden, "/", phone);
  await visible(launcher(await visit(hidden)));
  assert.equal(await launcher(bare).isVisible(), false);
  await bare.evaluate(() => (location.hash = "parley-open"));
  await visible(panel(bare));
});

/** Opens a page that is long enough to be scrolled, with a message that opens by itself when display says so. */
async function waiting(display, options) {
  const made = await channel({ display: { openByItself: true, ...display } });
  on.site.showWith("<p>More</p>".repeat(200), made.key);
  const page = await on.visitor(options);
  await page.clock.install();
  await page.goto(on.site.url);
  await visible(launcher(page));
  return { made, page };
}

test("a welcome opens after a time on the page, not before, and not once it was closed", async () => {
  const { page } = await waiting({ openAfterSeconds: 30 });
  await page.clock.runFor(29_000);
  assert.equal(await panel(page).isVisible(), false);
  await page.clock.runFor(1_500);
  await visible(panel(page));
  await page.evaluate(() => window.Parley.close());
  await panel(page).waitFor({ state: "hidden" });
  await page.reload();
  await visible(launcher(page));
  await page.clock.runFor(60_000);
  assert.equal(await panel(page).isVisible(), false);
});

test("the time on the page begins anew with each page", async () => {
  const { page } = await waiting({ openAfterSeconds: 30 });
  await page.clock.runFor(20_000);
  const views = () => page.asked.filter((body) => body.includes("query Widget") && body.includes("/next")).length;
  await page.evaluate(() => history.pushState(null, "", "/next"));
  const answered = page.waitForResponse((response) => response.request().postData()?.includes('"tracks":true') ?? false);
  await until(views, "the question for the next page");
  await answered; // the visit is told once the page is known
  await page.clock.runFor(20_000);
  assert.equal(await panel(page).isVisible(), false);
  await page.clock.runFor(12_000);
  await visible(panel(page));
});

test("a welcome opens once so much of the page was scrolled", async () => {
  const { page } = await waiting({ openAfterScroll: 50 });
  const scroll = (part) => page.evaluate((to) => new Promise((resolve) => {
    addEventListener("scroll", resolve, { once: true });
    scrollTo(0, (document.documentElement.scrollHeight - innerHeight) * to);
  }), part);
  await scroll(0.4);
  assert.equal(await panel(page).isVisible(), false);
  await scroll(0.6);
  await visible(panel(page));
});

test("a welcome opens when the pointer leaves the page, not within it", async () => {
  const { page } = await waiting({ openAtLeaving: true, openAfterSeconds: 3_600 });
  const out = (to) => page.evaluate((name) => {
    const relatedTarget = name && document.querySelector(name);
    document.querySelector("h1").dispatchEvent(new MouseEvent("mouseout", { bubbles: true, relatedTarget }));
  }, to);
  await out("p");
  assert.equal(await panel(page).isVisible(), false);
  await out(null);
  await visible(panel(page));
});

test("a prompt on a small screen waits too", async () => {
  const { page } = await waiting({ openAfterSeconds: 10, smallScreen: "PROMPT" }, phone);
  const prompt = page.locator("parley-widget section.prompt");
  assert.equal(await prompt.isVisible(), false);
  await page.clock.runFor(11_000);
  await visible(prompt);
  assert.equal(await panel(page).isVisible(), false);
});

test("what says when a welcome opens is checked", async () => {
  const { id } = await channel();
  const message = { channelId: id, name: "Faulty", welcomeMessage: "Hello" };
  for (const [display, field] of [
    [{ openAfterSeconds: 5 }, "openAfterSeconds"],
    [{ openByItself: true, openAfterSeconds: 3_601 }, "openAfterSeconds"],
    [{ openByItself: true, openAfterScroll: 101 }, "openAfterScroll"],
    [{ openAtLeaving: true }, "openAtLeaving"],
  ]) {
    const { targetedMessage } = await change("createTargetedMessage", { ...message, display }, "targetedMessage { id display { openAfterSeconds openAfterScroll openAtLeaving } }");
    const { publishTargetedMessage: published } = await ask(
      "mutation($in: PublishTargetedMessageInput!) { publishTargetedMessage(input: $in) { problems: userErrors { code field } } }",
      { in: { targetedMessageId: targetedMessage.id } },
    );
    assert.deepEqual(published.problems, [{ code: "INVALID", field: ["display", field] }]);
  }
});

for (const timing of ["AFTER_FIRST_MESSAGE", "AFTER_DELAY"]) {
  test(`an address is asked for: ${timing}`, async () => {
    const made = await channel({ emailCapture: { timing, delaySeconds: timing === "AFTER_DELAY" ? 2 : null, text: "Where can we reach you?" } });
    const page = await visit(made);
    await launcher(page).click();
    const card = page.locator("parley-widget .email");
    assert.equal(await card.isVisible(), false);
    await write(page, "Hello");
    await visible(log(page).getByText("Sent"));
    if (timing === "AFTER_DELAY") assert.equal(await card.isVisible(), false);
    await visible(card.getByText("Where can we reach you?"));
    assert.deepEqual(await faults(page), []);
    await card.locator("input").fill("nobody");
    await card.getByRole("button", { name: "Save" }).click();
    await visible(card.getByText("no e-mail address"));
    await card.locator("input").fill("ada@example.com");
    await page.keyboard.press("Enter");
    await card.waitFor({ state: "hidden" });
    await visible(panel(page).getByText("We will answer to ada@example.com"));
    const { conversations: found } = await ask("query($in: ID!) { conversations(inboxId: $in, view: {builtIn: ALL}) { edges { node { contact { email } } } } }", { in: made.inboxId });
    assert.equal(found.edges[0].node.contact.email, "ada@example.com");
    await page.reload();
    await visible(log(page).getByText("Hello"));
    assert.equal(await card.isVisible(), false);
  });
}

test("an address is asked for before the chat, and never", async () => {
  const page = await visit(await channel({ emailCapture: { timing: "BEFORE_CHAT" } }));
  await launcher(page).click();
  await visible(page.locator("parley-widget .email"));
  assert.equal(await page.locator("parley-widget textarea").isVisible(), false);
  await page.locator("parley-widget .email input").fill("ada@example.com");
  await page.keyboard.press("Enter");
  await write(page, "Hello");
  await visible(log(page).getByText("Sent"));

  const never = await visit(await channel({ emailCapture: { timing: "NEVER" } }));
  await write(never, "Hello");
  await visible(log(never).getByText("Sent"));
  assert.equal(await never.locator("parley-widget .email").isVisible(), false);
});

test("who is away says so, and asks for an address", async () => {
  const made = await channel({ emailCapture: { timing: "WHEN_AWAY" } });
  await change("updateChatChannelAvailability", { channelId: made.id, mode: "TEAM_STATUS", whenAway: "MESSAGE", awayMessage: "Back after lunch." });
  await change("setAvailability", { availability: "AVAILABLE" });
  const there = await visit(made);
  await write(there, "Hello");
  await visible(log(there).getByText("Sent"));
  assert.equal(await there.locator("parley-widget .email").isVisible(), false);
  await change("setAvailability", { availability: "AWAY" });
  const away = await visit(made);
  await write(away, "Hello?");
  await visible(panel(away).getByText("Back after lunch."));
  await visible(away.locator("parley-widget .email"));
  await change("updateChatChannelAvailability", { channelId: made.id, whenAway: "HIDE" });
  const hidden = await visit(made);
  await until(() => hidden.evaluate(() => document.querySelector("parley-widget")?.shadowRoot.querySelector(".root").hidden === false), "the widget");
  assert.equal(await launcher(hidden).isVisible(), false);
  await change("setAvailability", { availability: "AVAILABLE" });
});

test("out of hours it tells when the team is back, in the visitor's time zone", async () => {
  const made = await channel();
  const days = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];
  const day = (new Date().getUTCDay() + 3) % 7;
  const hours = [{ day: days[day], from: "09:00", to: "17:00" }];
  await change("updateChatChannelAvailability", { channelId: made.id, mode: "OPERATING_HOURS", timeZone: "Etc/UTC", hours, outOfHours: "RETURN_TIME" });
  const page = await visit(made, "/", { timezoneId: "Asia/Kathmandu", locale: "en-GB" });
  await launcher(page).click();
  const name = days[day][0] + days[day].slice(1).toLowerCase();
  await visible(panel(page).getByText(new RegExp(`Back ${name}.* 14:45`)));
});

test("consent comes before everything, and what was agreed is kept", async () => {
  await change("updateAccount", { gdprEnabled: true });
  const { contactSubscriptionType } = await change("createContactSubscriptionType", { name: `News ${process.pid}` }, "contactSubscriptionType { id }");
  const consent = {
    processing: "EXPLICIT",
    processingText: "We keep what you write for a year.",
    communicationText: "Send me news.",
    contactSubscriptionTypeId: contactSubscriptionType.id,
  };
  const made = await channel({ consent, emailCapture: { timing: "BEFORE_CHAT" } });
  const page = await visit(made);
  await launcher(page).click();
  await visible(page.locator("parley-widget .consent").getByText("for a year"));
  assert.equal(await page.locator("parley-widget textarea").isVisible(), false);
  assert.deepEqual(await faults(page), []);
  await page.getByRole("button", { name: "I agree" }).click();
  // A contact that nobody had: what is agreed to is not written to another's before a proof (CH-9).
  await page.locator("parley-widget .email input").fill(`consent-${process.pid}@example.com`);
  await page.keyboard.press("Enter");
  const box = panel(page).getByRole("checkbox", { name: "Send me news." });
  assert.equal(await box.isChecked(), false);
  await box.check();
  assert.deepEqual(await faults(page), []);
  await write(page, "Hello");
  await visible(log(page).getByText("Sent"));
  assert.equal(await box.isVisible(), false);
  const { conversations: found } = await ask(
    "query($in: ID!) { conversations(inboxId: $in, view: {builtIn: ALL}) { edges { node { contact { consents { nodes { kind basis text } } } } } } }",
    { in: made.inboxId },
  );
  const kept = found.edges[0].node.contact.consents.nodes.map(({ kind, text }) => `${kind}: ${text}`).sort();
  assert.deepEqual(kept, ["COMMUNICATE: Send me news.", "PROCESS: We keep what you write for a year."]);
  await page.reload();
  await page.getByRole("button", { name: "All conversations" }).click();
  await page.getByRole("button", { name: "New conversation" }).click();
  await visible(page.locator("parley-widget textarea"));
});

test("a legitimate interest is told, and chatting is enough", async () => {
  await change("updateAccount", { gdprEnabled: true });
  const made = await channel({ consent: { processing: "LEGITIMATE_INTEREST", processingText: "We process what you write to answer it." } });
  const page = await visit(made);
  await launcher(page).click();
  await visible(panel(page).getByText("to answer it"));
  await write(page, "Hello");
  await visible(log(page).getByText("Sent"));
  assert.deepEqual((await conversations(made)).map(({ texts }) => texts), [["Hello"]]);
  await change("updateAccount", { gdprEnabled: false });
});
