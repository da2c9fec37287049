// What the visitor is asked after a close (CO-5), and articles that are read in the panel (CO-11).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, change, channel, conversations, faults, log, panel, stage, until, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());

const visible = (locator) => locator.waitFor({ state: "visible" });

async function talk(words) {
  const made = await channel();
  on.site.show(made.key);
  const page = await on.visitor();
  await page.goto(on.site.url);
  await write(page, words);
  await visible(log(page).getByText("Sent"));
  const [chat] = await until(async () => (await conversations(made)).length && conversations(made), "the chat");
  return { made, page, id: chat.id };
}

test("a chat that the team closed is rated, once, and asked about after the next close", async () => {
  const { made, page, id } = await talk("Is it in stock?");
  await change("updateInboxSettings", { inboxId: made.inboxId, rating: { scale: "THUMBS", media: ["CHAT"] } });
  await change("closeConversation", { conversationId: id });
  await visible(panel(page).getByText("How was this conversation?"));
  await panel(page).getByRole("button", { name: "Good" }).click();
  await panel(page).locator("textarea[name=comment]").fill("Quick, thanks");
  assert.deepEqual(await faults(page), []);
  await panel(page).locator(".rating").getByRole("button", { name: "Send" }).click();
  await visible(panel(page).getByText("Thank you for your answer."));
  const { conversation } = await ask("query($id: ID!) { conversation(id: $id) { rating { score comment medium } } }", { id });
  assert.deepEqual(conversation.rating, { score: 5, comment: "Quick, thanks", medium: "CHAT" });
  await page.reload();
  await visible(log(page).getByText("Is it in stock?"));
  assert.equal(await panel(page).getByText("How was this conversation?").isVisible(), false);
  await write(page, "And in blue?");
  await panel(page).getByText("This conversation was closed.").waitFor({ state: "hidden" });
  await change("closeConversation", { conversationId: id });
  await visible(panel(page).getByText("How was this conversation?"));
  assert.deepEqual(page.troubles, []);
});

test("an article is read inside the panel, without script", async () => {
  on.site.frames = true;
  const { made, page, id } = await talk("When are you open?");
  const { libraryItem } = await change(
    "createLibraryItem",
    { kind: "ARTICLE", name: `Opening hours ${process.pid}`, markdown: "We are open **all day**.", article: { state: "PUBLISHED" } },
    "libraryItem { id article { url } }",
  );
  await change("sendMessage", { conversationId: id, text: "Here.", libraryItemIds: [libraryItem.id] });
  await visible(log(page).getByText("Read", { exact: true }));
  on.site.show(made.key, 'data-locale="de"'); // the button is in the page's language
  await page.reload();
  await visible(log(page).getByText("Lesen", { exact: true }));
  on.site.show(made.key);
  await page.reload();
  await log(page).getByRole("link", { name: "Opening hours" }).click();
  const reader = panel(page).getByRole("region", { name: "Opening hours" });
  await visible(reader);
  await visible(reader.frameLocator("iframe").getByText("all day"));
  assert.equal(await reader.getByRole("link", { name: "Open the page" }).getAttribute("href"), libraryItem.article.url);
  await page.keyboard.press("Escape");
  await reader.waitFor({ state: "hidden" });
  await visible(log(page).getByText("Here."));
});
