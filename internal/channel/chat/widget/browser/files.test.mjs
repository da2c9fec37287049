// Files both ways: how they are attached, what goes wrong with them, and what
// a reload leaves of them (CH-7, TM-8).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, change, channel, conversations, faults, launcher, log, panel, stage, until, upload, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());

const visible = (locator) => locator.waitFor({ state: "visible" });
const picker = (page) => page.locator("parley-widget input[type=file]");
const uploads = (page) => page.locator("parley-widget .uploads li");
const send = (page) => page.getByRole("button", { name: "Send", exact: true });

/** The most that the server takes of a file, as TestWidgetInBrowser sets it up. */
const megabyte = 1 << 20;

/** A picture of one colour, 2 by 2. */
const picture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==", "base64");
const text = (name, content = "The contract.") => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) });

/** Opens the widget of a new channel. */
async function visit(message = {}, options = {}) {
  const made = await channel(message);
  on.site.show(made.key);
  const page = await on.visitor(options);
  await page.goto(on.site.url);
  await launcher(page).click();
  await visible(panel(page));
  return { made, page };
}

const written = (made, count = 1) => until(async () => (await conversations(made))[0]?.texts.length === count && (await conversations(made))[0], `${count} messages`);
const uploaded = (page, name) => visible(page.locator("parley-widget .foot [role=status]").getByText(`${name} is uploaded.`));

/** Lets files come to an element as by a drag or the clipboard. */
async function bring(page, selector, event, files) {
  await page.evaluate(
    ({ selector, event, files }) => {
      const carried = new DataTransfer();
      for (const { name, content, type } of files) carried.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name, { type }));
      const target = document.querySelector("parley-widget").shadowRoot.querySelector(selector);
      const options = { bubbles: true, composed: true, cancelable: true };
      if (event === "paste") target.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: carried }));
      else target.dispatchEvent(new DragEvent(event, { ...options, dataTransfer: carried }));
    },
    { selector, event, files: files.map(({ name, buffer, mimeType }) => ({ name, content: buffer.toString("base64"), type: mimeType })) },
  );
}

test("a visitor's files reach the team, with words and alone", async () => {
  const { made, page } = await visit();
  assert.equal(await send(page).isDisabled(), true);
  const [chosen] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Attach files" }).click()]);
  await chosen.setFiles([text("contract.txt"), { name: "photo.png", mimeType: "image/png", buffer: picture }]);
  await uploaded(page, "photo.png");
  assert.equal(await uploads(page).count(), 2);
  assert.deepEqual(await faults(page), [], "files to send");
  await write(page, "Here they are");
  await visible(log(page).getByText("Sent"));
  assert.equal(await uploads(page).count(), 0);
  const { files } = await written(made);
  assert.deepEqual(files[0].map(({ fileName, size }) => [fileName, size]), [["contract.txt", 13], ["photo.png", picture.length]]);
  assert.equal(await (await fetch(files[0][0].url)).text(), "The contract.");
  const image = log(page).getByRole("img", { name: "photo.png" });
  await until(() => image.evaluate((shown) => shown.naturalWidth === 2), "the picture");
  assert.deepEqual(await faults(page), [], "files that were sent");

  await picker(page).setInputFiles(text("alone.txt"));
  await uploaded(page, "alone.txt");
  await send(page).click();
  await visible(log(page).getByText("alone.txt"));
  const both = await written(made, 2);
  assert.deepEqual([both.texts[1], both.files[1][0].fileName], ["", "alone.txt"]);
  assert.deepEqual(page.troubles, []);
});

test("the team's files reach the visitor, live and by addresses that hold", async () => {
  const { made, page } = await visit();
  await write(page, "May I see it?");
  await visible(log(page).getByText("Sent"));
  const { id } = await written(made);
  const ids = [await upload(id, "offer.txt", "An offer."), await upload(id, "plan.png", picture)];
  await change("sendMessage", { conversationId: id, text: "Of course.", attachmentIds: ids });
  const link = log(page).getByRole("link", { name: "offer.txt" });
  await visible(link.getByText("1 kB"));
  const response = await fetch(await link.getAttribute("href"));
  assert.equal(await response.text(), "An offer.");
  assert.match(response.headers.get("content-disposition"), /^attachment/);
  await visible(log(page).getByRole("img", { name: "plan.png" }));
  assert.deepEqual(await faults(page), []);

  await page.reload();
  await visible(log(page).getByRole("link", { name: "offer.txt" }));
  await visible(log(page).getByRole("img", { name: "plan.png" }));
});

test("a picture whose address is too old is asked for anew, and without pictures there are words", async () => {
  const { made, page } = await visit();
  await write(page, "May I see it?");
  const { id } = await written(made);
  let refused = 0;
  await page.route("**/files/**", (route) => (refused++ ? route.continue() : route.fulfill({ status: 403, body: "" })));
  await change("sendMessage", { conversationId: id, text: "Yes.", attachmentIds: [await upload(id, "plan.png", picture)] });
  const image = log(page).getByRole("img", { name: "plan.png" });
  await until(() => image.evaluate((shown) => shown.naturalWidth === 2), "the picture");
  assert.equal(refused > 1, true);

  on.site.pictures = false;
  await page.reload();
  on.site.pictures = true;
  await visible(log(page).getByRole("link", { name: "plan.png" }).getByText("PNG", { exact: true }));
});

test("a link that is too old leads to the file all the same", async () => {
  const { made, page } = await visit();
  await write(page, "May I see it?");
  const { id } = await written(made);
  await change("sendMessage", { conversationId: id, text: "Yes.", attachmentIds: [await upload(id, "offer.txt", "An offer.")] });
  const link = log(page).getByRole("link", { name: "offer.txt" });
  await link.evaluate((old) => {
    old.href = old.href.replace(/token=.*/, "token=old");
    old.dataset.at = "0";
  });
  const asked = page.context().waitForEvent("request", (request) => request.url().includes("/files/"));
  await link.click();
  assert.doesNotMatch((await asked).url(), /token=old/);
});

test("files come by drag and drop, and pictures from the clipboard", async () => {
  const { made, page } = await visit();
  await bring(page, ".log", "dragover", [text("dropped.txt")]);
  await visible(page.locator("parley-widget .drop").getByText("Drop files here"));
  assert.deepEqual(await faults(page), []);
  await bring(page, ".log", "drop", [text("dropped.txt"), text("second.txt")]);
  await page.locator("parley-widget .drop").waitFor({ state: "hidden" });
  await bring(page, "textarea", "paste", [{ name: "image.png", mimeType: "image/png", buffer: picture }]);
  await uploaded(page, "image.png");
  await page.getByRole("button", { name: "Remove second.txt" }).click();
  await send(page).click();
  const { files } = await written(made);
  assert.deepEqual(files[0].map(({ fileName }) => fileName), ["dropped.txt", "image.png"]);
});

test("what cannot be taken says why, and the rest goes", async () => {
  const { made, page } = await visit();
  await picker(page).setInputFiles([text("run.exe"), text("empty.txt", ""), text("film.txt", "x".repeat(1.5 * megabyte)), text("epic.txt", "x".repeat(4 * megabyte)), text("good.txt")]);
  await visible(uploads(page).filter({ hasText: "run.exe" }).getByText("Not uploaded. Files such as"));
  await visible(uploads(page).filter({ hasText: "empty.txt" }).getByText("The file is empty."));
  for (const name of ["film.txt", "epic.txt"]) await visible(uploads(page).filter({ hasText: name }).getByText("The files are too large"));
  await uploaded(page, "good.txt");
  assert.deepEqual(await faults(page), []);
  await write(page, "Take it");
  const { files } = await written(made);
  assert.deepEqual(files[0].map(({ fileName }) => fileName), ["good.txt"]);
  assert.equal(await uploads(page).count(), 4);
  await page.getByRole("button", { name: "Remove run.exe" }).click();
  assert.equal(await uploads(page).count(), 3);

  await picker(page).setInputFiles(Array.from({ length: 21 }, (_, i) => text(`file ${i}.txt`)));
  await visible(uploads(page).filter({ hasText: "file 20.txt" }).getByText("At most 20 files"));
});

test("a cut while a file goes out costs nothing, and a message waits for its files", async () => {
  const { made, page } = await visit();
  await write(page, "Hello");
  await visible(log(page).getByText("Sent"));
  on.proxy.down = true;
  on.proxy.cut();
  await picker(page).setInputFiles(text("contract.txt"));
  await write(page, "See the file");
  await visible(panel(page).getByText("goes out once its files are uploaded"));
  assert.equal(await page.locator("parley-widget textarea").inputValue(), "See the file");
  on.proxy.down = false;
  const { texts, files } = await written(made, 2);
  assert.deepEqual([texts[1], files[1].map(({ fileName }) => fileName)], ["See the file", ["contract.txt"]]);
  await until(async () => (await page.locator("parley-widget textarea").inputValue()) === "", "the empty field");
});

test("an answer that gets lost uploads a file once", async () => {
  const { made, page } = await visit();
  await write(page, "Hello");
  await visible(log(page).getByText("Sent"));
  let lost = 0;
  await page.route("**/graphql", async (route) => {
    if (!route.request().headers()["content-type"]?.startsWith("multipart/") || lost++) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await picker(page).setInputFiles(text("once.txt"));
  await uploaded(page, "once.txt");
  await send(page).click();
  const { files } = await written(made, 2);
  assert.deepEqual([lost, files[1].length], [2, 1]);
});

test("a reload keeps what was uploaded and written, and tells what was lost", async () => {
  const { made, page } = await visit();
  await page.locator("parley-widget textarea").fill("I was about to say");
  await picker(page).setInputFiles(text("kept.txt"));
  await uploaded(page, "kept.txt");
  on.proxy.down = true;
  on.proxy.cut();
  await picker(page).setInputFiles(text("gone.txt"));
  await visible(page.locator("parley-widget .uploads progress:not([hidden])"));
  on.proxy.down = false;
  await page.route("**/graphql", (route) => (route.request().headers()["content-type"]?.startsWith("multipart/") ? route.abort() : route.continue()));
  await page.reload();
  await visible(uploads(page).filter({ hasText: "gone.txt" }).getByText("Attach it again"));
  assert.equal(await page.locator("parley-widget textarea").inputValue(), "I was about to say");
  assert.deepEqual(await faults(page), []);
  await send(page).click();
  const { texts, files } = await written(made);
  assert.deepEqual([texts[0], files[0].map(({ fileName }) => fileName)], ["I was about to say", ["kept.txt"]]);
  assert.equal(await uploads(page).count(), 0);
});

test("without consent no file goes out; with it, it does", async () => {
  await change("updateAccount", { gdprEnabled: true });
  try {
    const { made, page } = await visit({ consent: { processing: "EXPLICIT", processingText: "We keep what you send." } });
    await bring(page, ".log", "drop", [text("early.txt")]);
    assert.equal(await uploads(page).count(), 0);
    await page.getByRole("button", { name: "I agree" }).click();
    await page.getByRole("button", { name: "I agree" }).waitFor({ state: "hidden" });
    await page.evaluate((key) => {
      const kept = JSON.parse(localStorage.getItem(key)); // another visitor, who did not agree
      delete kept.token;
      localStorage.setItem(key, JSON.stringify(kept));
    }, `parley:${made.key}`);
    let stranger = true;
    await page.route("**/graphql", async (route) => {
      const isUpload = route.request().headers()["content-type"]?.startsWith("multipart/");
      if (!isUpload || !stranger) return route.continue();
      stranger = false;
      const { startVisitorSession } = await ask("mutation($in: StartVisitorSessionInput!) { startVisitorSession(input: $in) { token } }", { in: { channelKey: made.key } }, null);
      return route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${startVisitorSession.token}` } });
    });
    await picker(page).setInputFiles(text("agreed.txt"));
    await page.getByRole("button", { name: "I agree" }).click();
    await uploaded(page, "agreed.txt");
    await send(page).click();
    const { files } = await written(made);
    assert.equal(files[0][0].fileName, "agreed.txt");
  } finally {
    await change("updateAccount", { gdprEnabled: false });
  }
});

// CO-6: what stands beside a message's text is drawn as links, live and after a reload.
test("the team's cards reach the visitor as links", async () => {
  const { made, page } = await visit();
  await write(page, "Where can I read more?");
  await visible(log(page).getByText("Sent"));
  const { id } = await written(made);
  await change("sendMessage", { conversationId: id, text: "Here.", links: [{ url: "https://example.com/prices", title: "Our prices" }] });
  const link = log(page).getByRole("link", { name: "Our prices" });
  await visible(link.getByText("Open"));
  assert.equal(await link.locator("img").count(), 0);
  assert.equal(await link.getAttribute("href"), "https://example.com/prices");
  assert.deepEqual(await faults(page), []);
  await page.reload();
  await visible(log(page).getByRole("link", { name: "Our prices" }));
  assert.deepEqual(page.troubles, []);
});
