// Drives the built inbox in a browser, against a Parley that a test prepared.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, ask, enter, stage, visit } from './stage.mjs';

const { MACHINE_TOKEN: machine, BOT_TOKEN: bot, BOT_CONVERSATION: botConversationId } = process.env;
const { PARLEY_URL: parley, PARLEY_TOKEN: token, PARLEY_VISITOR_TOKEN: visitor, PARLEY_CONVERSATION: conversationId } = process.env;
const { origin } = await stage();

test('a token that is not one is refused', async (t) => {
  const { page } = await visit(t);
  await page.goto(`${origin}/?server=${parley}`);
  await page.getByLabel('Token').fill('parley_wrong');
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.getByRole('alert').waitFor();
  await accessible(page);
});

// CO-1, CO-2, CO-6, CO-7, CR-2, CR-3: what a conversation has beside it, and the insert menu.
test('an agent answers and keeps the record', async (t) => {
  const { page, complaints } = await visit(t);
  await enter(page, token);
  await page.locator('.row', { hasText: 'Ada Lovelace' }).click();
  const log = page.getByRole('log');
  await log.getByText('Where is my order?').waitFor();
  const details = page.getByRole('complementary', { name: 'Details' });
  await details.getByText('ada@example.com').waitFor();
  await details.getByText('Gold').waitFor();

  await page.getByRole('button', { name: 'Insert' }).click();
  await page.getByLabel('Search the library').fill('#hou');
  await page.getByRole('menuitem', { name: /Opening hours/ }).click();
  await page.waitForFunction(() => document.querySelector('textarea').value === 'Dear Ada, we open at 9.');
  await page.getByRole('button', { name: 'Insert' }).click();
  await page.getByRole('button', { name: 'Link', exact: true }).click();
  await page.getByRole('menuitem', { name: /Price list/ }).click();
  await page.getByRole('button', { name: 'Remove Price list' }).waitFor();
  await page.getByRole('button', { name: 'Insert' }).click();
  await page.getByRole('button', { name: 'Quote', exact: true }).click();
  await page.getByRole('menuitem', { name: /Two lamps/ }).click();
  await page.getByRole('button', { name: 'Remove Two lamps' }).waitFor();
  await accessible(page);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await log.getByText('Dear Ada, we open at 9.').waitFor();
  await log.getByRole('link', { name: /Two lamps/ }).waitFor();
  await log.getByRole('link', { name: /Price list/ }).waitFor();

  // What the visitor writes comes by itself.
  await ask('mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }', { in: { conversationId, text: 'Thank you!' } }, visitor);
  await log.getByText('Thank you!').waitFor();
  await page.locator('.row', { hasText: 'Thank you!' }).waitFor();

  await page.getByRole('button', { name: 'Create ticket' }).click();
  await page.getByLabel('Subject').fill('Lost parcel');
  await page.getByLabel('Priority').selectOption('HIGH');
  await page.getByRole('button', { name: 'Save' }).click();
  await details.getByText('Lost parcel').first().waitFor();
  await page.getByRole('button', { name: 'Create deal' }).click();
  await page.getByLabel('Amount').fill('1200.50');
  await page.getByRole('button', { name: 'Save' }).click();
  await details.getByText('€1,200.50').waitFor();
  await page.getByRole('button', { name: 'More ▾' }).click();
  await page.getByRole('menuitem', { name: 'Create a task' }).click();
  await page.getByLabel('Title').fill('Call the carrier');
  await page.getByRole('button', { name: 'Save' }).click();
  await details.getByLabel('Call the carrier is done').click();
  await page.waitForFunction(() => document.querySelector('.engagement input').checked);

  // A second ticket of one conversation is refused, in words.
  await page.getByRole('button', { name: 'Create ticket' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').getByRole('alert').getByText('already has a ticket').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('dialog').waitFor({ state: 'detached' });

  // Keys.
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('n');
  await page.getByRole('textbox', { name: 'Note' }).fill('Carrier says Friday');
  await page.keyboard.press('Control+Enter');
  await page.locator('.message.note', { hasText: 'Carrier says Friday' }).waitFor();
  await page.locator('.entries').click();
  await page.keyboard.press('e');
  await page.getByRole('button', { name: 'Reopen' }).waitFor();
  assert.deepEqual(complaints, []);
});

// AG-1, AG-3, AG-4: what machines propose and note shows by itself, and people decide on it.
test('an agent decides on what machines propose', async (t) => {
  const { page, complaints } = await visit(t);
  await ask('mutation($in: AnnotateInput!) { annotate(input: $in) { userErrors { message } } }', { in: { conversationId: botConversationId, kind: 'INTENT', value: 'Refund', confidence: 0.8 } }, machine);
  await enter(page, token);
  await page.getByLabel('Inbox', { exact: true }).selectOption({ index: 1 });
  await page.getByRole('button', { name: /^Bots/ }).click();
  await page.locator('.row', { hasText: 'My money back' }).click();
  const pane = page.getByRole('region', { name: 'Assistants' });
  await pane.getByText('Refund').waitFor();
  // What is noted of a message shows on it at once.
  const { conversation: noted } = await ask('query($id: ID!) { conversation(id: $id) { messages(first: 1) { nodes { id } } } }', { id: botConversationId }, machine);
  await page.getByRole('log').getByText('My money back').waitFor();
  await ask('mutation($in: AnnotateInput!) { annotate(input: $in) { userErrors { message } } }', { in: { conversationId: botConversationId, messageId: noted.messages.nodes[0].id, kind: 'mood', value: 'cross' } }, machine);
  await page.locator('.message', { hasText: 'My money back' }).getByText('mood: cross', { exact: false }).waitFor();
  const propose = (markdown) =>
    ask('mutation($in: ProposeReplyInput!) { proposeReply(input: $in) { proposal { id } userErrors { message } } }', { in: { conversationId: botConversationId, markdown, confidence: 0.75, reason: 'As the rules say', sources: [{ title: 'Rules', url: 'https://shop.example/rules' }] } }, machine);
  await propose('You get it bak.');
  await propose('Never!');
  const first = pane.getByRole('article').filter({ hasText: 'You get it bak.' });
  await first.getByText('75 % sure').waitFor();
  const second = pane.getByRole('article').filter({ hasText: 'Never!' });
  await accessible(page);
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/proposals.png` });
  await second.getByRole('button', { name: 'Dismiss' }).click();
  await second.getByLabel('Why not').fill('Rude');
  await second.getByRole('button', { name: 'Dismiss' }).click();
  await second.waitFor({ state: 'detached' });
  // The bot at work, step by step, until a person stops it.
  const { conversation } = await ask('query($id: ID!) { conversation(id: $id) { turn agentRuns { id } } }', { id: botConversationId }, bot);
  const step = await ask('mutation($in: ReportAgentStepInput!) { reportAgentStep(input: $in) { userErrors { message } } }', { in: { runId: conversation.agentRuns[0].id, turn: conversation.turn, kind: 'ACTION', text: 'Looking up the order' } }, bot);
  assert.deepEqual(step.reportAgentStep.userErrors, []);
  await pane.getByText('Looking up the order').waitFor();
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/run.png` });
  await pane.getByRole('button', { name: 'Stop' }).click();
  await pane.getByText('Looking up the order').waitFor({ state: 'detached' });
  const edited = pane.getByRole('article');
  await edited.getByRole('button', { name: 'Edit' }).click();
  await edited.getByLabel('Edited reply').fill('You get it back.');
  await edited.getByRole('button', { name: 'Send edited' }).click();
  await page.getByRole('log').getByText('You get it back.').waitFor();
  await page.getByRole('log').getByText(/Proposed by Robot/).waitFor();
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/accepted.png` });

  // DX-1: a person takes the other one over.
  await page.locator('.row', { hasText: 'A person, please' }).click();
  await page.getByRole('group', { name: 'Bot' }).getByRole('button', { name: 'Take over' }).click();
  await page.getByRole('group', { name: 'Bot' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Assign: Ana' }).waitFor();
  assert.deepEqual(complaints, []);
});

// NT-1, NT-8: the bell counts live, lists, and is read; following; preferences; this browser.
test('an agent is notified', async (t) => {
  const { page, complaints } = await visit(t, { permissions: ['notifications'] });
  // A browser without its vendor's servers has no push service: this one stands in.
  await page.addInitScript(() => {
    const keys = { p256dh: 'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM', auth: 'tBHItJI5svbpez7KI4CCXg' };
    const subscription = { toJSON: () => ({ endpoint: 'https://93.184.216.34/push/example', keys }), unsubscribe: async () => true };
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => ((window.givenKey = applicationServerKey), subscription);
  });
  await enter(page, token);
  const bell = page.getByRole('button', { name: /^Notifications/ });
  await page.locator('.row', { hasText: 'Ada Lovelace' }).click();
  await page.getByTitle('More').click();
  await page.getByRole('menuitem', { name: 'Follow', exact: true }).click();
  await page.getByTitle('More').click();
  await page.getByRole('menuitem', { name: 'Unfollow' }).waitFor();
  await page.keyboard.press('Escape');
  // Away from the conversation, what is written there is told.
  await page.evaluate(() => history.replaceState(null, '', '/' + location.search));
  await page.reload();
  await page.getByLabel('Search').first().waitFor();
  await bell.click();
  const dialog = page.getByRole('dialog', { name: 'Notifications' });
  const told = dialog.getByText('Is it on its way?');
  // The agent looks at the conversation until the server sees that the page of before is gone.
  for (let tries = 0; tries < 20 && !(await told.isVisible()); tries++) {
    await ask('mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }', { in: { conversationId, text: 'Is it on its way?' } }, visitor);
    await told.waitFor({ timeout: 3000 }).catch(() => undefined);
  }
  await told.waitFor();
  await page.getByRole('button', { name: /^Notifications, [1-9]/ }).waitFor();
  await dialog.getByText('What I am notified of').click();
  await dialog.getByLabel('Reply: E-mail').click();
  await page.waitForFunction(() => !document.querySelector('[aria-label="Reply: E-mail"]').checked);
  await accessible(page);
  const shots = process.env.SHOTS;
  if (shots) {
    await page.screenshot({ path: `${shots}/bell-light.png` });
    await page.emulateMedia({ colorScheme: 'dark' });
    await accessible(page);
    await page.screenshot({ path: `${shots}/bell-dark.png` });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    await page.screenshot({ path: `${shots}/bell-rtl.png` });
    await page.evaluate(() => (document.documentElement.dir = 'ltr'));
    await page.setViewportSize({ width: 360, height: 720 });
    await page.screenshot({ path: `${shots}/bell-phone.png` });
    await page.setViewportSize({ width: 1440, height: 900 });
  }

  // This browser is registered with the server's key, and a push shows, as the vendor delivers it.
  await dialog.getByRole('switch', { name: 'Notify me in this browser' }).click();
  const mine = async () => (await ask('{ pushPublicKey pushSubscriptions { id pushService } }', {}, token));
  await page.waitForFunction(() => window.givenKey);
  for (let tries = 0; (await mine()).pushSubscriptions.length === 0; tries++) assert.ok(tries < 200, 'it is not registered');
  const { pushPublicKey, pushSubscriptions } = await mine();
  assert.equal(pushSubscriptions[0].pushService, '93.184.216.34');
  assert.equal(await page.evaluate(() => window.givenKey), pushPublicKey);
  const cdp = await page.context().newCDPSession(page);
  const registered = new Promise((found) => cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && found(registrations[0].registrationId)));
  await cdp.send('ServiceWorker.enable');
  const payload = { id: 'n', kind: 'REPLY', text: 'Reply in Ada: Hello', url: '', conversationId, tag: 'same', unread: 3 };
  for (const text of ['Reply in Ada: Hello', '2 replies in Ada']) {
    await cdp.send('ServiceWorker.deliverPushMessage', { origin, registrationId: await registered, data: JSON.stringify({ ...payload, text }) });
  }
  const notes = () => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((n) => [n.title, n.tag]));
  for (let tries = 0; JSON.stringify(await notes()) !== '[["2 replies in Ada","same"]]'; tries++) assert.ok(tries < 500, JSON.stringify(await notes()));

  await dialog.getByRole('button', { name: 'Mark all as read' }).click();
  await page.getByRole('button', { name: 'Notifications, 0 not read', includeHidden: true }).waitFor({ state: 'attached' });
  assert.deepEqual(complaints, []);
});

// CR-3: a contact's page of its own, with all in one order.
test('a contact has a page of its own', async (t) => {
  const { page, complaints } = await visit(t, { colorScheme: 'dark' });
  const { conversation } = await ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id: conversationId }, token);
  await enter(page, token, `/contacts/${conversation.contact.id}`);
  const timeline = page.getByRole('region', { name: 'Timeline' });
  for (const text of ['Lost parcel', 'Call the carrier', 'new deal']) await timeline.getByText(text).waitFor();
  await accessible(page);
  await timeline.getByLabel('Kind').selectOption('TICKET');
  await timeline.getByText('new deal').waitFor({ state: 'detached' });
  await timeline.getByText('Lost parcel').waitFor();
  assert.deepEqual(complaints, []);
});

test('it fits on a phone', async (t) => {
  const { page, complaints } = await visit(t, { viewport: { width: 360, height: 720 } });
  await enter(page, token);
  await page.locator('.row', { hasText: 'Ada Lovelace' }).click();
  await page.getByRole('log').getByText('Where is my order?').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'it scrolls sideways');
  await page.getByRole('button', { name: 'Details' }).click();
  await page.getByRole('complementary', { name: 'Details' }).getByText('ada@example.com').waitFor();
  await accessible(page);
  assert.deepEqual(complaints, []);
});
