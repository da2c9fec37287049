// A built-in bot's flow as the visitor sees it: the answers that it offers, by mouse and by
// key, its typing, and the address that it asks for where no one takes over (BT-2, BT-4).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, change, channel, conversations, faults, launcher, log, panel, stage, until, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());

const visible = (locator) => locator.waitFor({ state: "visible" });
const gone = (locator) => locator.waitFor({ state: "detached" });
const field = (page) => page.getByRole("textbox", { name: "Write a message" });

/** Opens the widget of a new channel where a bot plays a flow, on a narrow screen. */
async function play(steps, { bot = {}, ...options } = {}) {
  const made = await channel({ emailCapture: { timing: "NEVER" } });
  const { bot: robbie } = await change("createBot", { name: "Robbie", flow: { start: steps[0].id, steps }, ...bot, inboxIds: [made.inboxId] }, "bot { id }");
  await change("updateTargetedMessage", { targetedMessageId: made.message, botId: robbie.id });
  on.site.show(made.key);
  const page = await on.visitor({ viewport: { width: 360, height: 640 }, ...options });
  await page.goto(on.site.url);
  await launcher(page).click();
  return { made, page };
}

/** Loads the page anew and opens the panel, which a narrow screen does not open by itself. */
async function again(page) {
  await page.reload();
  await launcher(page).click();
}

/** What the messages say. */
const texts = (page) => log(page).locator(".bubble").allInnerTexts();

const topic = {
  id: "topic",
  kind: "ASK",
  markdown: "What is it about?",
  choices: [{ text: "An order" }, { text: "Something that does not fit on one line of a narrow screen, as long as it is" }, { text: "Else" }],
  next: "size",
};
const size = { id: "size", kind: "ASK", markdown: "How large?", choices: [{ text: "Small" }, { text: "Large" }], skipText: "Skip", next: "wait" };
const wait = { id: "wait", kind: "WAIT", seconds: 4, next: "end" };
const end = { id: "end", kind: "END", text: "Thank you!" };

test("a question's answers are buttons for the mouse and for keys, and vanish once one is given", async () => {
  const { page } = await play([topic, size, wait, end]);
  await write(page, "Hello");
  const order = log(page).getByRole("button", { name: "An order" });
  await visible(order);
  assert.deepEqual(await faults(page), []);
  await look(page, "choices");
  const wide = await log(page).evaluate((element) => element.scrollWidth <= element.clientWidth);
  assert.ok(wide, "the answers are wider than the panel");
  await field(page).fill("Not yet");
  await order.click();
  await gone(order);
  const large = log(page).getByRole("button", { name: "Large" });
  await visible(large);
  assert.equal(await field(page).inputValue(), "Not yet");
  await field(page).fill("");

  await field(page).focus();
  for (let i = 0; i < 12 && !(await large.evaluate((element) => element === element.getRootNode().activeElement)); i++) await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await gone(large);
  await until(() => field(page).evaluate((element) => element === element.getRootNode().activeElement), "the focus where the visitor goes on");
  await visible(panel(page).getByText("Robbie is typing…"));
  await look(page, "typing");
  await visible(log(page).getByText("Thank you!"));
  assert.deepEqual(await texts(page), ["Hello! How can we help?", "Hello", "What is it about?", "An order", "How large?", "Large", "Thank you!"]);
  assert.equal(await panel(page).getByText("Robbie is typing…").count(), 0);
  await again(page);
  await visible(log(page).getByText("Thank you!"));
  assert.equal(await log(page).getByRole("button", { name: "Small" }).count(), 0);
  assert.deepEqual(page.troubles, []);
});

test("an answer that is written takes the buttons away, and they stay over a reload until then", async () => {
  const { page } = await play([topic, size, wait, end]);
  await write(page, "Hello");
  const order = log(page).getByRole("button", { name: "An order" });
  await visible(order);
  await again(page);
  await visible(order);
  await write(page, "an ORDER");
  await gone(order);
  await visible(log(page).getByRole("button", { name: "Skip" }));
  await log(page).getByRole("button", { name: "Skip" }).click();
  await visible(log(page).getByText("Thank you!"));
  assert.equal((await texts(page)).at(-2), "Skip");
  assert.deepEqual(page.troubles, []);
});

test("where no one takes a hand-off the visitor is asked for an address", async () => {
  const { made, page } = await play([{ id: "people", kind: "HAND_OFF" }], { bot: { nobodyAvailableText: "No one is here until nine." } });
  await write(page, "A question");
  await visible(log(page).getByText("No one is here until nine."));
  const address = panel(page).getByLabel("E-mail address");
  await visible(address);
  assert.deepEqual(await faults(page), []);
  await look(page, "address");
  await address.fill("ada@flow.example");
  await address.press("Enter");
  await visible(panel(page).getByText("We will answer to ada@flow.example."));
  await address.waitFor({ state: "hidden" });
  await again(page);
  await visible(log(page).getByText("No one is here until nine."));
  assert.equal(await address.isVisible(), false);
  const data = await ask("query($id: ID!) { conversation(id: $id) { botState contact { email } } }", { id: (await conversations(made))[0].id });
  assert.deepEqual(data.conversation, { botState: "HANDED_OFF", contact: { email: "ada@flow.example" } });
  assert.deepEqual(page.troubles, []);
});

async function look(page, name) {
  if (process.env.LOOK) await page.screenshot({ path: `${process.env.LOOK}/${name}.png` });
}
