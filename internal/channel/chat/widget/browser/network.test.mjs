// Networks and clocks that are not as they should be (CH-12).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { change, channel, conversations, launcher, log, panel, stage, until, write } from "./stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on.close());

const visible = (locator) => locator.waitFor({ state: "visible" });
const texts = async (made) => (await conversations(made)).map((chat) => chat.texts);

test("a slow network, and none in the middle, lose nothing and send nothing twice", async () => {
  const made = await channel();
  on.site.show(made.key);
  const page = await on.visitor();
  const network = await page.context().newCDPSession(page);
  const slow = { latency: 2_000, downloadThroughput: 50_000, uploadThroughput: 50_000 };
  await network.send("Network.enable");
  await network.send("Network.emulateNetworkConditions", { offline: false, ...slow });
  await page.goto(on.site.url);
  await visible(launcher(page));
  await write(page, "Slowly");
  await visible(log(page).getByText("Sent"));
  const [{ id }] = await conversations(made);
  await change("sendMessage", { conversationId: id, text: "We have time." });
  await visible(log(page).getByText("We have time."));
  await network.send("Network.emulateNetworkConditions", { offline: true, ...slow });
  await write(page, "Without a network");
  await visible(panel(page).getByText("You are offline"));
  await change("sendMessage", { conversationId: id, text: "Are you there?" });
  await network.send("Network.emulateNetworkConditions", { offline: false, ...slow });
  await visible(log(page).getByText("Are you there?"));
  await until(async () => (await texts(made))[0].includes("Without a network"), "the message");
  assert.deepEqual((await texts(made))[0].filter((text) => text === "Without a network").length, 1);
  assert.deepEqual(page.troubles, []);
});

for (const [name, skew] of [["a day slow", -86_400_000], ["a day fast", 86_400_000]]) {
  test(`a clock that is ${name} changes nothing`, async () => {
    const made = await channel({ emailCapture: { timing: "AFTER_DELAY", delaySeconds: 1, text: "Where can we reach you?" } });
    on.site.show(made.key);
    const page = await on.visitor();
    await page.addInitScript((by) => {
      const Right = Date;
      window.Date = class extends Right {
        constructor(...given) {
          super(...(given.length ? given : [Right.now() + by]));
        }
        static now() {
          return Right.now() + by;
        }
      };
    }, skew);
    await page.goto(on.site.url);
    await write(page, "What time is it?");
    await visible(log(page).getByText("Sent"));
    await visible(panel(page).getByText("Where can we reach you?"));
    const [{ id }] = await conversations(made);
    await change("sendMessage", { conversationId: id, text: "Ten past." });
    await visible(log(page).getByText("Ten past."));
    await page.reload();
    await visible(log(page).getByText("Ten past."));
    assert.deepEqual(page.troubles, []);
  });
}

test("where the browser keeps nothing, a chat goes on as long as the page does", async () => {
  const made = await channel();
  on.site.show(made.key);
  const page = await on.visitor();
  await page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException("refused", "SecurityError");
        },
      });
    }
  });
  await page.goto(on.site.url);
  await write(page, "To be forgotten");
  await visible(log(page).getByText("Sent"));
  await page.evaluate(() => {
    window.Parley.destroy();
    window.Parley.load();
  });
  await visible(log(page).getByText("To be forgotten"));
  await write(page, "and once more");
  await until(async () => (await texts(made))[0]?.length === 2, "the second message");
  assert.equal((await texts(made)).length, 1);
  assert.deepEqual(page.troubles, []);
});
