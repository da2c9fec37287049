// What all tests of the inbox share: the built site, a browser, and the API beside them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import { join, normalize } from 'node:path';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

const { PARLEY_URL: parley, INBOX_OUT: dist, SHOTS: shots, CHAT_KEY: key, CHAT_MESSAGE: targetedMessageId } = process.env;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const types = { html: 'text/html', js: 'text/javascript', css: 'text/css' };

let browser, origin;

/** Serves the site until the file's tests end; addresses that are no files are the application's. */
export async function stage() {
  const site = http.createServer(async (request, response) => {
    const path = new URL(request.url, 'http://site').pathname;
    const file = /\.\w+$/.test(path) ? normalize(path) : 'index.html';
    try {
      response.setHeader('Content-Type', types[file.split('.').at(-1)] ?? 'application/octet-stream');
      response.end(await readFile(join(dist, file)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => site.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${site.address().port}`;
  before(async () => (browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] })));
  after(async () => {
    await browser?.close();
    site.closeAllConnections();
    site.close();
  });
  return { origin };
}

/** Asks the API as someone else does meanwhile. */
export async function ask(query, variables, bearer) {
  const headers = { 'Content-Type': 'application/json', ...(bearer && { Authorization: `Bearer ${bearer}` }) };
  const response = await fetch(`${parley}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  for (const payload of Object.values(data)) if (payload?.userErrors) assert.deepEqual(payload.userErrors, []);
  return data;
}

/** A page in a tab of its own; its test fails if it complains of something. */
export async function visit(t, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.setDefaultTimeout(Number(process.env.PATIENCE ?? 60_000));
  return { page, context, complaints };
}

export async function enter(page, token, path = '/') {
  await page.goto(`${origin}${path}?server=${parley}`);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Enter' }).click();
}

/** A visitor's new chat. */
export async function chat(text) {
  const { startVisitorSession } = await ask('mutation($in: StartVisitorSessionInput!) { startVisitorSession(input: $in) { token userErrors { message } } }', { in: { channelKey: key } }, '');
  const { startChat } = await ask('mutation($in: StartChatInput!) { startChat(input: $in) { conversation { id } userErrors { message } } }', { in: { targetedMessageId, text, pageUrl: 'https://shop.example/' } }, startVisitorSession.token);
  return { id: startChat.conversation.id, visitor: startVisitorSession.token };
}

/** Enters, with a conversation open. */
export async function open(page, token, id, inbox) {
  await enter(page, token);
  await page.getByLabel('Inbox', { exact: true }).waitFor();
  await page.evaluate((hash) => (location.hash = hash), `conversation=${id}`);
  await page.reload();
  await page.getByRole('log').waitFor();
  if (!inbox) return;
  await page.getByLabel('Inbox', { exact: true }).selectOption({ label: inbox });
  await page.getByRole('button', { name: /^All/ }).click();
  await page.locator('.row[aria-current=true]').waitFor();
}

/** Fails with what axe finds. */
export async function accessible(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 120))]), []);
}

/** A picture for whoever looks, in the folder SHOTS. */
export async function shot(page, name) {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png` });
}

/** Has the page's sockets pass through here: they can be held up, so that the page knows nothing new. */
export async function holdSockets(page) {
  const sockets = new Set();
  let held = false;
  let cut = false;
  await page.routeWebSocket(/\/graphql$/, (socket) => {
    if (cut) return void socket.close();
    const server = socket.connectToServer();
    sockets.add(socket);
    server.onMessage((message) => held || socket.send(message));
  });
  return {
    /** From now on nothing comes through; what comes is lost. */
    hold: () => (held = true),
    /** The sockets break, and no new one is made. */
    cut() {
      cut = true;
      for (const socket of sockets) socket.close();
      sockets.clear();
    },
    mend: () => (cut = false),
  };
}
