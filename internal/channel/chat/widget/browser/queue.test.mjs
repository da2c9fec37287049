// The visitor's place in the queue (IN-23), and a channel that is removed while
// someone chats (IB-6).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, change, channel, conversations, faults, launcher, log, panel, stage, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());

const visible = (locator) => locator.waitFor({ state: "visible" });
const hidden = (locator) => locator.waitFor({ state: "hidden" });
const place = (page, number) => panel(page).getByText(`You are number ${number} in line.`);

/** Begins a chat of a new visitor and returns their page. */
async function waits(words) {
  const page = await on.visitor();
  await page.goto(on.site.url);
  await write(page, words);
  await visible(log(page).getByText(words));
  return page;
}

test("those who wait see their place, as it goes down and ends", async () => {
  const made = await channel();
  const show = (showQueuePosition) => change("updateInboxSettings", { inboxId: made.inboxId, showQueuePosition });
  on.site.show(made.key);
  const first = await waits("The first");
  const second = await waits("The second");
  assert.equal(await panel(second).getByText("in line").count(), 0);
  await show(true);
  await visible(place(first, 1));
  await visible(place(second, 2));
  assert.deepEqual(await faults(second), []);
  await show(false);
  await hidden(place(second, 2));
  await show(true);
  await visible(place(second, 2));

  const [later, earlier] = await conversations(made);
  await change("claimConversation", { conversationId: earlier.id }); // whose agent has room for one
  await hidden(place(first, 1));
  await visible(place(second, 1));
  await change("sendMessage", { conversationId: later.id, text: "Now you." });
  await visible(log(second).getByText("Now you."));
  await hidden(place(second, 1));
  assert.deepEqual(second.troubles, []);
});

test("a chat whose channel is removed says so at once, and takes no more", async () => {
  const made = await channel();
  on.site.show(made.key);
  const page = await waits("Ahoy");
  const { inbox } = await ask("query($id: ID!) { inbox(id: $id) { chatChannel { name } } }", { id: made.inboxId });
  await change("removeChannel", { channelId: made.id, confirmName: inbox.chatChannel.name });
  await visible(panel(page).getByText("There is no chat on this page."));
  await hidden(page.locator("parley-widget textarea"));
  await visible(log(page).getByText("Ahoy"));
  assert.deepEqual(await faults(page), []);
  await page.locator("parley-widget .panel").press("Escape");
  await hidden(launcher(page));
});
