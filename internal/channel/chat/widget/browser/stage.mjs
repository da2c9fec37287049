// What the tests of the widget share: a browser, a site of another origin with
// a strict policy, a proxy that can cut the way to Parley, and the team's side.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import { chromium } from "playwright-core";

const parley = process.env.PARLEY_URL;
const token = process.env.PARLEY_TOKEN;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Asks the API as the team does, or as bearer, and returns the data. */
export async function ask(query, variables = {}, bearer = token) {
  const headers = { "Content-Type": "application/json", ...(bearer && { Authorization: `Bearer ${bearer}` }) };
  const response = await fetch(`${parley}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  for (const payload of Object.values(data)) assert.deepEqual(payload?.userErrors ?? [], []);
  return data;
}

/** Runs a mutation on one input and returns its payload. */
export async function change(field, input, fields = "") {
  const type = field[0].toUpperCase() + field.slice(1);
  const data = await ask(`mutation($in: ${type}Input!) { ${field}(input: $in) { ${fields} userErrors { code message field } } }`, { in: input });
  return data[field];
}

/** Keeps a file for a message of the team and returns its id. */
export async function upload(conversationId, fileName, content) {
  const query = "mutation($in: UploadAttachmentInput!) { uploadAttachment(input: $in) { attachment { id } userErrors { message } } }";
  const form = new FormData();
  form.set("operations", JSON.stringify({ query, variables: { in: { to: { conversationId }, file: null } } }));
  form.set("map", '{"0":["variables.in.file"]}');
  form.set("0", new File([content], fileName));
  const headers = { Authorization: `Bearer ${token}`, "X-Requested-With": "test" };
  const { data, errors } = await (await fetch(`${parley}/graphql`, { method: "POST", headers, body: form })).json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  assert.deepEqual(data.uploadAttachment.userErrors, []);
  return data.uploadAttachment.attachment.id;
}

let inboxes = 0;

/** Makes an inbox with a chat channel and a published targeted message. */
export async function channel(message = {}) {
  const { inbox } = await change("createInbox", { name: `Inbox ${process.pid} ${++inboxes}` }, "inbox { id }");
  const { chatChannel } = await change("createChatChannel", { inboxId: inbox.id }, "chatChannel { id key }");
  const made = { inboxId: inbox.id, ...chatChannel };
  made.message = await publish(made, message);
  return made;
}

/** Publishes a targeted message on a channel and returns its id. */
export async function publish(made, { name = "Welcome", welcomeMessage = "Hello! How can we help?", ...rest } = {}) {
  const input = { channelId: made.id, name, welcomeMessage, ...rest };
  const { targetedMessage } = await change("createTargetedMessage", input, "targetedMessage { id }");
  await change("publishTargetedMessage", { targetedMessageId: targetedMessage.id });
  return targetedMessage.id;
}

/** The conversations of an inbox with their messages, newest first. */
export async function conversations({ inboxId }) {
  const data = await ask(
    "query($in: ID!) { conversations(inboxId: $in, view: {builtIn: ALL}, first: 10) { edges { node { id messages(last: 10) { edges { node { text attachments { fileName size url } } } } } } } }",
    { in: inboxId },
  );
  return data.conversations.edges.map(({ node }) => ({
    id: node.id,
    texts: node.messages.edges.map((edge) => edge.node.text),
    files: node.messages.edges.map((edge) => edge.node.attachments),
  }));
}

/** Runs a server on a free port of loopback. */
async function listen(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server.address().port;
}

/** A site whose pages bring in the widget of a channel from root, with a policy that allows nothing more. */
async function openSite(root) {
  let markup = "";
  const pictures = `${root} ${parley}`;
  const socket = root.replace("http", "ws");
  // What its policy allows, and the scripts that it serves, by their paths.
  const site = { pictures: true, frames: false, connect: `${root} ${socket}`, trusted: "parley", scripts: {} };
  const server = http.createServer((request, response) => {
    if (site.scripts[request.url]) {
      response.setHeader("Content-Type", "text/javascript");
      response.end(site.scripts[request.url]);
      return;
    }
    const policy = ["default-src 'none'", `script-src 'self' ${root}`, `connect-src ${site.connect}`, `require-trusted-types-for 'script'; trusted-types ${site.trusted}`];
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.setHeader("Content-Security-Policy", policy.concat(site.pictures ? `img-src ${pictures}` : [], site.frames ? "frame-src http:" : []).join("; "));
    response.end(`<!doctype html><html lang="en"><title>Shop</title><meta name="viewport" content="width=device-width">
      <main><h1>Shop</h1><p>Things to buy at ${request.url.replace(/[^\w/?=]/g, "")}</p></main>${markup}`);
  });
  const port = await listen(server);
  const tag = (key, attributes = "") => `<script async src="${root}/widget.js" ${key && `data-channel="${key}"`} ${attributes}></script>`;
  return Object.assign(site, {
    url: `http://127.0.0.1:${port}`,
    show(key, attributes) {
      markup = tag(key, attributes);
    },
    showTwo(one, other) {
      markup = tag(one) + tag(other);
    },
    /** Shows the tag beside more markup, or that markup only. */
    showWith(more, key, attributes) {
      markup = more + (key ? tag(key, attributes) : "");
    },
    close: () => server.close(),
  });
}

/** The way to Parley, which can be cut: at once, or after the server has answered and before the answer arrives. */
async function openProxy() {
  const there = new URL(parley);
  const pairs = new Set();
  const proxy = { down: false, deaf: false };
  const server = net.createServer((near) => {
    if (proxy.down) {
      near.destroy();
      return;
    }
    const far = net.connect(Number(there.port), there.hostname);
    const pair = { near, far };
    pairs.add(pair);
    near.on("data", (data) => far.write(data));
    far.on("data", (data) => proxy.deaf || near.write(data));
    for (const [one, other] of [[near, far], [far, near]]) {
      one.on("error", () => undefined);
      one.on("close", () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  });
  const port = await listen(server);
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${port}`,
    cut() {
      for (const { near, far } of pairs) near.destroy(), far.destroy();
    },
    close() {
      this.cut();
      server.close();
    },
  });
}

/** Sets all up. Pages that the tests open note what the browser refused, and what they asked of whom. */
export async function stage() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const proxy = await openProxy();
  const site = await openSite(proxy.url);
  return {
    proxy,
    site,
    async visitor(options = {}) {
      return this.tab(await browser.newContext({ viewport: { width: 1000, height: 760 }, ...options }));
    },
    /** Opens one more page in the browser of a visitor. */
    async tab(context) {
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      page.troubles = [];
      page.said = [];
      page.asked = [];
      page.hosts = new Set();
      page.on("console", (message) => {
        page.said.push(message.text());
        if (/policy|violat/i.test(message.text())) page.troubles.push(message.text());
      });
      page.on("pageerror", (error) => page.troubles.push(String(error)));
      page.on("request", (request) => {
        page.hosts.add(new URL(request.url()).host);
        if (request.method() === "POST" && request.url().endsWith("/graphql")) page.asked.push(request.postData() ?? "");
      });
      return page;
    },
    async close() {
      await browser.close();
      site.close();
      proxy.close();
    },
  };
}

/** What axe-core finds wrong with the page as it is, once nothing fades in any more. */
export async function faults(page) {
  await page.waitForFunction(() => {
    const roots = [document, document.querySelector("parley-widget")?.shadowRoot].filter(Boolean);
    return roots.every((root) => root.getAnimations().every(({ playState, effect }) => playState !== "running" || effect.getTiming().iterations === Infinity));
  });
  const { violations } = await page.evaluate(`${axe}; axe.run()`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => JSON.stringify(target)).join(" ")}`);
}

export const launcher = (page) => page.locator("parley-widget .launcher");
export const panel = (page) => page.locator("parley-widget .panel");
export const log = (page) => page.locator("parley-widget .log");

/** How often a page asked something of the server: of what it asked, how much has that word. */
export const asked = (page, word) => page.asked.filter((body) => body.includes(word)).length;

/** Signs an identity for the visitors of a channel, as the site's back end does. */
export async function signer({ id }) {
  const { secret } = await change("createIdentitySecret", { channelId: id }, "secret");
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return (sub) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, name: sub, iat: now, exp: now + 3600 })}`;
    return `${claims}.${createHmac("sha256", secret).update(claims).digest("base64url")}`;
  };
}

/** Keeps requests with that word from the server until it is let through; it tells when one came. */
export async function hold(page, word) {
  const held = [];
  let open = false;
  let came;
  const first = new Promise((resolve) => (came = resolve));
  await page.route("**/graphql", (route) => {
    if (open || !route.request().postData()?.includes(word)) return route.fallback();
    held.push(route);
    came();
  });
  return {
    first,
    held,
    async letThrough() {
      open = true; // the route stays: what is asked while one goes may be missed
      for (const route of held.splice(0)) await route.continue().catch(() => undefined);
    },
  };
}

/** Opens the panel and writes. */
export async function write(page, text) {
  if (!(await panel(page).isVisible())) await launcher(page).click();
  const field = page.locator("parley-widget textarea");
  await field.fill(text);
  await field.press("Enter");
}

/** Waits until check gives what is true. */
export async function until(check, what) {
  for (let tries = 0; tries < 300; tries++) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`waited in vain for ${what}`);
}
