// A chat that went on in another browser, and how it goes on here: by a code in
// an e-mail (CH-6, CH-8).

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ask, change, channel, conversations, faults, launcher, log, panel, stage, until, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());

const visible = (locator) => locator.waitFor({ state: "visible" });

/** The mails to an address that went out so far. */
function mails(to) {
  const folder = process.env.PARLEY_OUTBOX;
  return readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, "utf8")).filter((mail) => mail.includes(to));
}

/** Does what has a code mailed, and returns it. */
async function codeOf(to, action) {
  const before = new Set(await mailsOrNone(to));
  await action();
  const mail = await until(async () => (await mailsOrNone(to)).find((one) => !before.has(one)), "the mail with the code");
  return /\b(\d{3}) (\d{3})\b/.exec(mail.slice(mail.indexOf("\r\n\r\n"))).slice(1).join("");
}

async function mailsOrNone(to) {
  try {
    return mails(to);
  } catch {
    return []; // none went out yet
  }
}

test("a chat that went on elsewhere says so, and goes on here by a code", async () => {
  const made = await channel({ emailCapture: { timing: "AFTER_FIRST_MESSAGE" } });
  on.site.show(made.key);
  const page = await on.visitor();
  await page.goto(on.site.url);
  await write(page, "Ahoy");
  await page.locator("parley-widget .email input").fill("ada@example.com");
  await page.keyboard.press("Enter");
  await visible(panel(page).getByText("We will answer to ada@example.com"));
  await page.locator("parley-widget textarea").fill("half a sen");

  const token = await page.evaluate((key) => JSON.parse(localStorage.getItem(`parley:${key}`)).token, made.key);
  const elsewhere = (field, input, fields) => ask(`mutation { ${field}(input: {${input}}) { ${fields} userErrors { code message } } }`, {}, token);
  const theirs = await codeOf("ada@example.com", () => elsewhere("requestVisitorEmailCode", "", "visitor { id }"));
  const { proveVisitorEmail: proved } = await elsewhere("proveVisitorEmail", `code: "${theirs}"`, "token");
  assert.ok(proved.token);

  const card = page.locator("parley-widget .proof");
  await visible(card.getByText("goes on in your e-mail's browser"));
  await page.locator("parley-widget textarea").waitFor({ state: "hidden" });
  await visible(log(page).getByText("Ahoy"));
  assert.deepEqual(await faults(page), []);
  const [chat] = await conversations(made);
  await change("sendMessage", { conversationId: chat.id, text: "For your eyes alone." });
  await page.reload();
  await visible(card);
  assert.equal(await log(page).getByText("For your eyes").count(), 0);

  const code = await codeOf("ada@example.com", () => card.getByRole("button", { name: "Send a code" }).click());
  await visible(card.getByText("on its way to ada@example.com"));
  const field = card.locator("input");
  await field.fill(String((Number(code) + 1) % 1_000_000).padStart(6, "0"));
  await page.keyboard.press("Enter");
  await visible(card.getByText("This code does not hold"));
  assert.deepEqual(await faults(page), []);
  await field.fill(` ${code.slice(0, 3)} ${code.slice(3)}`);
  await card.getByRole("button", { name: "Continue" }).click();
  await visible(log(page).getByText("For your eyes alone."));
  await card.waitFor({ state: "hidden" });
  assert.equal(await page.locator("parley-widget textarea").inputValue(), "half a sen");
  await write(page, "It is me");
  await visible(log(page).getByText("It is me"));
  await until(async () => (await conversations(made))[0].texts.length === 3, "the last message");
  assert.deepEqual((await conversations(made)).map(({ texts }) => texts), [["Ahoy", "For your eyes alone.", "It is me"]]);
  await launcher(page).click();
});
