// The form that a visitor fills in: before the chat, or with the e-mail address, by mouse and
// by key, and what a page says of them (TM-5, CH-9).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, change, channel, conversations, faults, launcher, log, panel, stage, until, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());

const visible = (locator) => locator.waitFor({ state: "visible" });
const hidden = (locator) => locator.waitFor({ state: "hidden" });
const focused = (locator) => until(() => locator.evaluate((element) => element === element.getRootNode().activeElement), "the focus");

let defined = 0;

/** Defines a property of contacts, and returns the field that asks for it. */
async function property(kind, label, more = {}) {
  const { property: made } = await change("createProperty", { object: "CONTACT", name: `form_${process.pid}_${++defined}`, kind, label, ...more.defined }, "property { id name }");
  return { kind: "PROPERTY", property: made.id, ...more.asked, name: made.name };
}

const asking = (fields) => fields.map(({ name, ...field }) => field);

/** Opens the widget of a new channel whose message asks for fields. */
async function open(emailCapture, options = {}, message = {}) {
  const made = await channel({ emailCapture: { ...emailCapture, fields: asking(emailCapture.fields) }, ...message });
  on.site.show(made.key, options.locale ? `data-locale="${options.locale}"` : "");
  const page = await on.visitor({ viewport: { width: 390, height: 844 }, ...options });
  await page.goto(on.site.url);
  await launcher(page).click();
  return { made, page };
}

/** What is kept of a channel's only visitor. */
async function kept(made) {
  const [{ id }] = await until(async () => (await conversations(made))[0] && conversations(made), "the conversation");
  const fields = "suggestedProperties { property value } contact { name phone properties { property { id } text number date boolean choice { value } choices { value } } }";
  return (await ask(`query($id: ID!) { conversation(id: $id) { ${fields} } }`, { id })).conversation;
}

test("a form before the chat takes every kind of field, and begins the chat", async () => {
  const options = [{ value: "mail", label: "By mail" }, { value: "chat", label: "By chat" }];
  const fields = [
    { kind: "NAME", required: true },
    { kind: "PHONE" },
    await property("CHOICE", "Your plan", { defined: { options }, asked: { required: true } }),
    await property("CHOICES", "How to reach you", { defined: { options } }),
    await property("NUMBER", "Seats", { asked: { required: true } }),
    await property("DATE", "From when"),
    await property("BOOLEAN", "I am a customer"),
  ];
  const { made, page } = await open({ timing: "BEFORE_CHAT", fields });
  const p = panel(page);
  const form = page.locator("parley-widget form.email");
  await visible(p.getByLabel("Seats"));
  assert.equal(await page.locator("parley-widget .foot textarea").isVisible(), false);
  assert.deepEqual(await faults(page), []);
  await look(page, "empty");
  await page.keyboard.press("Enter"); // where the focus is first: the address
  await focused(p.getByLabel("E-mail address"));
  assert.deepEqual(await form.locator(".bad").allInnerTexts(), ["This is no e-mail address.", "Please fill this in.", "", "Please fill this in.", "", "Please fill this in.", "", ""]);
  assert.equal(await p.getByLabel("Seats").getAttribute("aria-invalid"), "true");
  await look(page, "wrong");
  assert.deepEqual(await faults(page), []);
  await p.getByLabel("E-mail address").fill(`dora.${process.pid}@forms.example`);
  await p.getByLabel("Name").fill("Dora");
  await p.getByLabel("Phone number").fill("12");
  await p.getByLabel("Your plan").selectOption("chat");
  await p.getByRole("checkbox", { name: "By mail" }).check();
  await p.getByRole("checkbox", { name: "By chat" }).check();
  await p.getByLabel("Seats").fill("12.5");
  await p.getByLabel("From when").fill("2026-01-31");
  await p.getByLabel("I am a customer").check();
  await p.getByRole("button", { name: "Continue" }).click();
  await visible(p.getByText("Please check this."));
  await focused(p.getByLabel("Phone number"));
  await p.getByLabel("Phone number").fill("+43 1 234567");
  await p.getByLabel("Phone number").press("Enter");
  await hidden(form);
  await write(page, "Hello");
  const { contact, suggestedProperties } = await kept(made);
  assert.deepEqual(suggestedProperties, []);
  assert.equal(contact.name, "Dora");
  assert.equal(contact.phone, "+43 1 234567");
  const value = ({ property }) => Object.values(contact.properties.find(({ property: { id } }) => id === property)).slice(1).find((v) => v !== null);
  const [plan, reach, seats, from, customer] = fields.slice(2).map(value);
  assert.deepEqual([plan, reach, seats, from, customer], [{ value: "chat" }, [{ value: "mail" }, { value: "chat" }], 12.5, "2026-01-31", true]);
  await page.reload();
  await launcher(page).click();
  await visible(log(page).getByText("Hello", { exact: true }));
  assert.equal(await form.isVisible(), false);
  assert.deepEqual(page.troubles, []);
});

test("fields go with the address in the chat, dark and from right to left, and can be left", async () => {
  const note = await property("LONG_TEXT", "ملاحظة");
  const { made, page } = await open({ timing: "AFTER_FIRST_MESSAGE", fields: [{ kind: "NAME", when: "WITH_EMAIL" }, { ...note, when: "WITH_EMAIL" }] }, { locale: "ar", colorScheme: "dark" });
  const field = page.locator("parley-widget .foot textarea");
  await field.fill("Hello");
  await field.press("Enter");
  const form = page.locator("parley-widget form.email");
  await visible(form);
  await visible(form.getByLabel("الاسم"));
  assert.deepEqual(await faults(page), []);
  await look(page, "dark");
  await form.getByLabel("الاسم").fill("Ada");
  await form.getByLabel("البريد الإلكتروني").fill(`ada.${process.pid}@forms.example`);
  await form.getByLabel("البريد الإلكتروني").press("Enter");
  await hidden(form);
  const { contact } = await kept(made);
  assert.equal(contact.name, "Ada");
  assert.deepEqual(page.troubles, []);
});

test("a bot's question hides the form until the bot is done", async () => {
  const steps = [
    { id: "a", kind: "ASK", markdown: "How large?", next: "b" },
    { id: "b", kind: "SAY", markdown: "Thanks", next: "c" },
    { id: "c", kind: "HAND_OFF", text: "People come." },
  ];
  const made = await channel({ emailCapture: { timing: "AFTER_FIRST_MESSAGE", fields: [{ kind: "NAME", when: "WITH_EMAIL" }] } });
  const { bot } = await change("createBot", { name: "Robbie", flow: { start: "a", steps }, inboxIds: [made.inboxId] }, "bot { id }");
  await change("updateTargetedMessage", { targetedMessageId: made.message, botId: bot.id });
  on.site.show(made.key);
  const page = await on.visitor();
  await page.goto(on.site.url);
  await write(page, "Hello");
  await visible(log(page).getByText("How large?"));
  const form = page.locator("parley-widget form.email");
  await hidden(form);
  await page.reload();
  await visible(log(page).getByText("How large?"));
  assert.equal(await form.isVisible(), false);
  const field = page.locator("parley-widget .foot textarea");
  await field.fill("Large");
  await field.press("Enter");
  await visible(log(page).getByText("People come."));
  await visible(form);
  assert.deepEqual(page.troubles, []);
});

test("a page says something of its visitor", async () => {
  const plan = await property("TEXT", "Plan");
  const { made, page } = await open({ timing: "NEVER", fields: [] });
  await page.evaluate(({ name }) => window.Parley.setProperties({ [name]: "gold", name: "Dora" }), plan);
  const code = await page.evaluate(() => window.Parley.setProperties({ nothing_of_the_kind: 1 }).catch((error) => error.code));
  assert.equal(code, "NOT_FOUND");
  await write(page, "Hello");
  const { suggestedProperties } = await kept(made);
  assert.deepEqual(suggestedProperties, [{ property: plan.property, value: "gold" }, { property: "name", value: "Dora" }]);
  assert.deepEqual(page.troubles, []);
});

async function look(page, name) {
  if (process.env.LOOK) await page.screenshot({ path: `${process.env.LOOK}/${name}.png` });
}
