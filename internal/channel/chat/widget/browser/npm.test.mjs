// The npm package: what it has, its types, and that it brings the widget in (CH-11).

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { channel, launcher, panel, stage } from "./stage.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
let on, made, project;
before(async () => {
  project = mkdtempSync(join(tmpdir(), "parley-npm-"));
  const place = join(project, "node_modules", "parley-widget");
  mkdirSync(place, { recursive: true });
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", project, join(folder, "..", "npm")], { encoding: "utf8" }).trim();
  execFileSync("tar", ["-xzf", join(project, packed), "-C", place, "--strip-components=1"]);
  on = await stage();
  made = await channel();
  on.site.scripts["/parley-widget.js"] = readFileSync(join(place, "index.js"), "utf8");
});
after(async () => {
  await on.close();
  rmSync(project, { recursive: true });
});

test("it has the module, its types and what to read, and nothing else", () => {
  assert.deepEqual(readdirSync(join(project, "node_modules", "parley-widget")).sort(), ["README.md", "index.d.ts", "index.js", "package.json"]);
});

test("its types take what there is, and refuse what there is not", () => {
  writeFileSync(
    join(project, "use.ts"),
    `import { load, type Parley } from "parley-widget";
export async function use(): Promise<void> {
  const parley: Parley = await load({ server: "https://parley.example.com", channel: "KEY", locale: "de", attachments: false });
  parley.open({ text: "Hello" });
  parley.once("conversationStarted", ({ conversationId }) => conversationId.toUpperCase());
  parley.on("unread", ({ count, conversations }) => count + conversations)();
  parley.setPosition({ side: "left", bottom: 40, zIndex: 5 });
  const id: string | null = parley.visitorId;
  await parley.setProperties({ plan: id });
  window.Parley = { q: [["open", { text: "Hello" }], (ready) => ready.close()] };
  addEventListener("parley", ({ detail }) => detail.refresh());
  // @ts-expect-error there is no such event
  parley.on("opened", () => undefined);
  // @ts-expect-error there is no such side
  parley.setPosition({ side: "up" });
  // @ts-expect-error the server is missing
  await load({ channel: "KEY" });
  // @ts-expect-error it cannot be set
  parley.unreadCount = 3;
}
`,
  );
  const options = { strict: true, noEmit: true, module: "ESNext", moduleResolution: "Bundler", target: "ES2022", lib: ["ES2022", "DOM"], types: [] };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["use.ts"] }));
  execFileSync(process.execPath, [join(folder, "node_modules/typescript/lib/tsc.js"), "-p", project], { stdio: "inherit" });
});

/** Opens a page whose own module uses the package. */
async function visit(code) {
  on.site.scripts["/app.js"] = `import { load } from "/parley-widget.js";\n${code}`;
  on.site.trusted = "parley parley-load";
  on.site.showWith('<script type="module" src="/app.js"></script>');
  const page = await on.visitor();
  await page.goto(on.site.url);
  return page;
}

test("it brings the widget in, once, with its settings", async () => {
  const settings = JSON.stringify({ server: on.proxy.url, channel: made.key, locale: "de", attachments: false });
  const page = await visit(`const [one, other] = await Promise.all([load(${settings}), load(${settings})]);
    window.same = one === other && one === window.Parley;
    one.once("ready", () => one.open({ text: "Guten Tag" }));`);
  await panel(page).waitFor({ state: "visible" });
  assert.equal(await page.evaluate(() => window.same), true);
  assert.equal(await page.locator("parley-widget textarea").inputValue(), "Guten Tag");
  assert.equal(await page.locator("parley-widget .root[lang]").getAttribute("lang"), "de");
  assert.equal(await page.locator("parley-widget .attach").isVisible(), false);
  assert.deepEqual(page.troubles, []);
});

test("it says why it does not, and can be asked again", async () => {
  const settings = JSON.stringify({ server: on.proxy.url, channel: made.key });
  const page = await visit(`const why = (options) => load(options).then(() => "it came", (error) => error.message);
    window.why = [await why({ server: "none", channel: "KEY" }), await why({ ...${settings}, channel: "" }), await why({ ...${settings}, colour: "red" }), await why({ server: "http://127.0.0.1:9", channel: "KEY" })];
    await load(${settings});`);
  await launcher(page).waitFor({ state: "visible" });
  const [server, key, setting, lost] = await page.evaluate(() => window.why);
  assert.match(server, /^server must be the address/);
  assert.match(key, /^channel must be the key/);
  assert.match(setting, /no setting "colour"/);
  assert.match(lost, /127\.0\.0\.1:9\/widget\.js cannot be loaded/);
});
