// What stands beside a message: cards with images, documents and their page, and the
// answers that a bot offers (CO-6, CO-9, CO-12).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, change, channel, conversations, faults, launcher, log, stage, until, upload, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());

const visible = (locator) => locator.waitFor({ state: "visible" });

/** A picture of one colour, 2 by 2. */
const picture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==", "base64");

/** Begins a chat in the widget of a new channel. */
async function chat() {
  const made = await channel();
  on.site.show(made.key);
  const page = await on.visitor();
  await page.goto(on.site.url);
  await launcher(page).click();
  await write(page, "Where can I read more?");
  await visible(log(page).getByText("Sent"));
  const [{ id }] = await conversations(made);
  return { made, page, id };
}

test("a document's card has an image, and its page reports that a person reads it", async () => {
  const { page, id } = await chat();
  const files = [await upload(id, "plan.png", picture), await upload(id, "card.png", picture)];
  const { libraryItem } = await change("createLibraryItem", { kind: "DOCUMENT", name: "Our plan", attachmentIds: [files[0]], imageAttachmentId: files[1] }, "libraryItem { id }");
  await change("sendMessage", { conversationId: id, libraryItemIds: [libraryItem.id] });
  const card = log(page).getByRole("link", { name: "Our plan" });
  await visible(card.getByText("View"));
  await until(() => card.locator("img").evaluate((image) => image.naturalWidth === 2));
  assert.deepEqual(await faults(page), []);
  assert.deepEqual(page.troubles, []);

  const reader = await on.visitor({ userAgent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0" }); // not what says that it is headless
  const shares = async () => {
    const data = await ask("query($id: ID!) { libraryItem(id: $id) { shares { nodes { openCount } } } }", { id: libraryItem.id });
    return data.libraryItem.shares.nodes[0].openCount;
  };
  const link = await card.getAttribute("href");
  await until(async () => {
    await reader.goto(link); // at once it is a scanner's
    return (await reader.locator("body[data-opening]").count()) === 1;
  });
  await visible(reader.getByRole("heading", { name: "Our plan" }));
  await until(async () => (await shares()) > 0);
  assert.equal(await reader.getByRole("img", { name: "Our plan" }).evaluate((image) => image.naturalWidth), 2);
  assert.deepEqual(reader.troubles, []);
});

test("a video's card has its length", async () => {
  const { page, id } = await chat();
  const { libraryItem } = await change("createLibraryItem", { kind: "VIDEO", name: "The tour", url: "https://youtu.be/dQw4w9WgXcQ", durationSeconds: 185 }, "libraryItem { id }");
  await change("sendMessage", { conversationId: id, libraryItemIds: [libraryItem.id] });
  const card = log(page).getByRole("link", { name: "The tour" });
  await visible(card.getByText("3:05"));
  assert.equal(await card.getAttribute("href"), "https://youtu.be/dQw4w9WgXcQ");
});

test("answers that a bot offers are buttons that send their text", async () => {
  const { made, page, id } = await chat();
  await page.route("**/graphql", async (route) => {
    const response = await route.fetch();
    const offered = (_, value) => (value?.text === "Which one?" && value.quickReplies ? { ...value, quickReplies: [{ text: "Sales" }, { text: "Support" }] } : value);
    await route.fulfill({ response, body: JSON.stringify(JSON.parse(await response.text(), offered)) });
  });
  await change("sendMessage", { conversationId: id, text: "Which one?" });
  await visible(log(page).getByText("Which one?"));
  await page.reload();
  await visible(log(page).getByRole("button", { name: "Sales" }));
  assert.deepEqual(await faults(page), []);
  await page.getByRole("textbox", { name: "Write a message" }).fill("Not yet");
  await log(page).getByRole("button", { name: "Support" }).click();
  await until(async () => (await conversations(made))[0].texts.includes("Support"));
  await log(page).getByRole("button", { name: "Sales" }).waitFor({ state: "detached" });
  assert.equal(await page.getByRole("textbox", { name: "Write a message" }).inputValue(), "Not yet");
});
