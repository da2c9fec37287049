// The list: conditions, saved views, search, and what it shows while nothing can be loaded.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, ask, enter, holdSockets, shot, stage, visit } from './stage.mjs';

const { PARLEY_TOKEN: ana, COLLEAGUE_TOKEN: ben, DEMO_TOKEN: demo, MAIL_CONVERSATION: mail } = process.env;
await stage();

/** The mail of the inbox Mail: `The broken lamp`, from Ada. */
const lamp = (page) => page.locator('.row', { hasText: 'The broken lamp' });

async function choose(page, inbox) {
  await page.getByLabel('Inbox', { exact: true }).selectOption({ label: inbox });
  await page.getByRole('button', { name: 'All', exact: false }).first().click();
}

// DX-1: conditions narrow the list, chips show them, and they become a view.
test('an agent narrows the list and keeps that as a view', async (t) => {
  await ask('mutation($in: ReopenConversationInput!) { reopenConversation(input: $in) { userErrors { message } } }', { in: { conversationId: mail } }, ana);
  await ask('mutation($in: AssignConversationInput!) { assignConversation(input: $in) { userErrors { message } } }', { in: { conversationId: mail, userId: null, teamId: null } }, ana);
  const { page, complaints } = await visit(t);
  await enter(page, ana);
  await choose(page, 'Mail');
  await lamp(page).waitFor();
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByLabel('Status').selectOption('CLOSED');
  await page.getByText('Nothing has all of this.').waitFor();
  await page.getByRole('button', { name: 'Remove Closed' }).click();
  await lamp(page).waitFor();
  await page.getByLabel('Channel').selectOption('EMAIL');
  await page.getByLabel('Assignee').selectOption({ label: 'No one' });
  await page.getByLabel('From').fill('2026-01-01');
  await page.getByText('From 01/01/2026').waitFor();
  await lamp(page).waitFor();
  await accessible(page);
  await shot(page, 'filters');
  await page.getByLabel('Assignee').selectOption({ label: 'Me' });
  await lamp(page).waitFor({ state: 'detached' });
  await page.getByLabel('Assignee').selectOption({ label: 'No one' });
  await page.getByRole('button', { name: 'Save as view' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Free mail');
  await accessible(page);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const views = page.getByRole('region', { name: 'Saved views' });
  const view = views.getByRole('button', { name: 'Free mail', exact: false }).first();
  await view.waitFor();
  assert.equal(await view.getAttribute('aria-current'), 'true');
  await lamp(page).waitFor();
  // The server keeps what was chosen.
  const { savedViews } = await ask('{ savedViews(first: 5) { nodes { name filter { channels assignees { nobody } lastMessageAfter } } } }', {}, ana);
  assert.equal(savedViews.nodes[0].name, 'Free mail');
  assert.deepEqual(savedViews.nodes[0].filter.channels, ['EMAIL']);
  assert.equal(savedViews.nodes[0].filter.assignees.nobody, true);
  assert.ok(savedViews.nodes[0].filter.lastMessageAfter);
  // Its count is live, and it follows what happens.
  await views.getByText('1', { exact: false }).first().waitFor();
  const { savedViews: { nodes: [kept] } } = await ask('{ savedViews(first: 5) { nodes { id } } }', {}, ana);
  const { conversations } = await ask('query($view: ViewInput) { conversations(view: $view) { nodes { id } } }', { view: { savedViewId: kept.id } }, ana);
  await ask('mutation($in: CloseConversationInput!) { closeConversation(input: $in) { userErrors { message } } }', { in: { conversationId: conversations.nodes[0].id } }, ben);
  await lamp(page).getByText('Closed').waitFor();
  await ask('mutation($in: ReopenConversationInput!) { reopenConversation(input: $in) { userErrors { message } } }', { in: { conversationId: conversations.nodes[0].id } }, ben);
  await page.getByRole('button', { name: 'Delete the view Free mail' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await view.waitFor({ state: 'detached' });
  assert.deepEqual(complaints, []);
});

// IN-5: search finds with excerpts, and a failure is said and tried again.
test('an agent searches', async (t) => {
  const { page } = await visit(t);
  await enter(page, ana);
  await page.getByLabel('Inbox', { exact: true }).waitFor();
  const server = /\/graphql$/;
  const dead = (route) => (route.request().postData()?.includes('searchConversations') ? route.abort() : route.continue());
  await page.route(server, dead);
  await page.keyboard.press('/');
  await page.keyboard.type('pictu');
  await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
  await accessible(page);
  await page.unroute(server, dead);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('.row mark', { hasText: 'picture' }).first().waitFor();
  await page.getByLabel('Search').first().fill('zzzz');
  await page.getByText('Nothing has these words.').waitFor();
  await page.getByLabel('Search').first().press('Escape');
  await page.getByText('Nothing has these words.').waitFor({ state: 'detached' });
});

// DX-1: what is shown while the connection is cut says so, and is right again after it.
test('a cut is shown and mended', async (t) => {
  const { page } = await visit(t);
  const sockets = await holdSockets(page);
  await enter(page, ana);
  await choose(page, 'Mail');
  await lamp(page).waitFor();
  sockets.cut();
  await page.getByText('Offline: what you see may be old.').waitFor();
  await accessible(page);
  await shot(page, 'offline');
  const { conversations } = await ask('query { conversations(first: 50) { nodes { id subject } } }', {}, ana);
  const { id } = conversations.nodes.find(({ subject }) => subject === 'The broken lamp');
  await ask('mutation($in: SetConversationPriorityInput!) { setConversationPriority(input: $in) { userErrors { message } } }', { in: { conversationId: id, priority: 'URGENT' } }, ben);
  sockets.mend();
  await lamp(page).getByText('Urgent').waitFor();
  await page.getByText('Offline: what you see may be old.').waitFor({ state: 'detached' });
});

// DX-1: of thousands of conversations, those in sight are in the document; the others come as one scrolls.
test('a long list', async (t) => {
  const { page, complaints } = await visit(t);
  await enter(page, demo);
  await choose(page, 'Support');
  await page.locator('.row').first().waitFor();
  const { conversations } = await ask('query($view: ViewInput, $in: ID) { inboxes(first: 9) { nodes { id name } } conversations(inboxId: $in, view: $view, first: 1) { totalCount } }', {}, demo);
  assert.ok(conversations.totalCount > 1000, `${conversations.totalCount} conversations`);
  const list = page.locator('.rows');
  const size = () => list.evaluate((rows) => Math.round((rows.scrollHeight / rows.querySelector('.row').getBoundingClientRect().height)));
  for (let before = 0; ; ) {
    const now = await size();
    if (now > 500) break;
    assert.ok(now >= before, 'it became shorter');
    before = now;
    await list.evaluate((rows) => (rows.scrollTop = rows.scrollHeight));
    await page.waitForFunction((old) => { const rows = document.querySelector('.rows'); return rows.scrollHeight / rows.querySelector('.row').getBoundingClientRect().height > old + 1; }, before + 1);
  }
  assert.ok((await page.locator('.row').count()) < 60, 'too many rows are in the document');
  // Each row once, in the order of time.
  await list.evaluate((rows) => (rows.scrollTop = rows.scrollHeight / 2));
  await page.waitForFunction(() => document.querySelector('.rows li').getAttribute('aria-posinset') > 100);
  const times = await page.locator('.row .when time').evaluateAll((all) => all.map((time) => Date.parse(time.dateTime)));
  assert.deepEqual(times, [...times].sort((a, b) => b - a));
  // Keys go on from where one is; the row in sight has the focus.
  await page.locator('.row').nth(10).click();
  const chosen = () => page.locator('.row[aria-current=true]').evaluate((row) => Number(row.closest('li').getAttribute('aria-posinset')));
  const from = await chosen();
  for (let i = 1; i <= 20; i++) {
    await page.keyboard.press('j');
    await page.waitForFunction((at) => Number(document.activeElement.closest('li')?.getAttribute('aria-posinset')) === at, from + i);
  }
  await page.keyboard.press('k');
  await page.waitForFunction((at) => Number(document.activeElement.closest('li')?.getAttribute('aria-posinset')) === at, from + 19);
  await accessible(page);
  assert.deepEqual(complaints, []);
});
