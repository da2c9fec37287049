// The switches of an agent, and the settings of an inbox's chat.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, ask, enter, shot, stage, visit } from './stage.mjs';

const { PARLEY_TOKEN: ana, ADMIN_TOKEN: admin, CHAT_INBOX: inboxId, MAIL_INBOX: mailInbox } = process.env;
await stage();

const chatOf = async (fields) => (await ask(`query($id: ID!) { inbox(id: $id) { chatChannel { ${fields} } } }`, { id: inboxId }, admin)).inbox.chatChannel;

// DX-1: Away and Reassign replies are the agent's own, and follow what happens elsewhere.
test('an agent goes away', async (t) => {
  const { page, complaints } = await visit(t);
  await enter(page, ana);
  const away = page.getByRole('switch', { name: 'Away' });
  const reassign = page.getByRole('switch', { name: 'Reassign replies' });
  const me = async () => (await ask('{ viewer { user { availability reassignRepliesWhenAway } } }', {}, ana)).viewer.user;
  const set = (availability) => ask('mutation($in: SetAvailabilityInput!) { setAvailability(input: $in) { userErrors { message } } }', { in: { availability } }, ana);
  await set('AVAILABLE');
  await page.waitForFunction(() => document.querySelector('.switch input')?.checked === false && !document.querySelector('.switch input').disabled);
  await away.click();
  await page.waitForFunction(() => document.querySelector('.switch input').checked && !document.querySelector('.switch input').disabled);
  assert.equal((await me()).availability, 'AWAY');
  await set('AVAILABLE');
  await page.waitForFunction(() => !document.querySelector('.switch input').checked);
  const before = (await me()).reassignRepliesWhenAway;
  await reassign.click();
  await page.waitForFunction((was) => document.querySelectorAll('.switch input')[1].checked !== was, before);
  assert.equal((await me()).reassignRepliesWhenAway, !before);
  await page.getByRole('link', { name: 'Inbox settings' }).click();
  await page.getByText('Only admins change these.').waitFor();
  assert.deepEqual(complaints, []);
});

// DX-1: messages with switches, style, availability, options and code of one chat.
test('an admin sets up a chat', async (t) => {
  const { page, complaints } = await visit(t, { permissions: ['clipboard-read', 'clipboard-write'] });
  await enter(page, admin, `/settings/${inboxId}`);
  await page.getByRole('heading', { name: 'Shop: chat' }).waitFor();
  await accessible(page);
  await shot(page, 'settings');

  const welcome = page.getByRole('switch', { name: 'Welcome' });
  await welcome.click();
  await page.waitForFunction(() => !document.querySelector('.cards input').checked && !document.querySelector('.cards input').disabled);
  assert.equal((await chatOf('targetedMessages(first: 1) { nodes { state } }')).targetedMessages.nodes[0].state, 'OFF');
  await welcome.click();
  await page.waitForFunction(() => document.querySelector('.cards input').checked);
  await page.getByRole('button', { name: 'New message' }).click();
  await page.getByLabel('Name, which visitors do not see').fill('Prices');
  await page.getByRole('textbox', { name: 'Welcome' }).fill('Questions about prices?');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('switch', { name: 'Prices' }).waitFor();
  await page.getByRole('button', { name: 'Move Prices up' }).click();
  await page.waitForFunction(() => document.querySelector('.cards li b').textContent === 'Prices');
  // A draft is checked as it is turned on: what is missing is said.
  await page.getByRole('switch', { name: 'Prices' }).click();
  await page.locator('#messages [role=alert], .cards input:checked >> nth=1').first().waitFor();
  await page.getByRole('button', { name: 'Edit Welcome' }).click();
  await page.getByRole('textbox', { name: 'Welcome' }).fill('Good day!');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Good day!').waitFor();

  await page.getByLabel('Title').fill('Lamps and more');
  await page.getByLabel('Colour').fill('#aa3300');
  await page.getByLabel('Side of the page').selectOption('LEFT');
  await page.getByRole('button', { name: 'Save style' }).click();
  await page.getByText('Saved.').waitFor();
  assert.deepEqual((await chatOf('style { title accentColor position }')).style, { title: 'Lamps and more', accentColor: '#aa3300', position: 'LEFT' });

  await page.getByLabel('The team is available').selectOption('OPERATING_HOURS');
  await page.getByRole('button', { name: 'Monday to Friday, 9 to 17' }).click();
  await page.getByLabel('Time zone').fill('Europe/Nowhere');
  await page.getByRole('button', { name: 'Save availability' }).click();
  await page.locator('#availability [role=alert]').waitFor();
  await page.getByLabel('Time zone').fill('Europe/Berlin');
  await page.getByLabel('Out of hours').first().selectOption('RETURN_TIME');
  await page.getByRole('button', { name: 'Save availability' }).click();
  await page.locator('#availability [role=alert]').waitFor({ state: 'detached' });
  for (let tries = 0; (await chatOf('availability { mode }')).availability.mode !== 'OPERATING_HOURS'; tries++) assert.ok(tries < 500, 'the hours are not saved');
  const { availability } = await chatOf('availability { timeZone outOfHours hours { day from to } }');
  assert.deepEqual([availability.timeZone, availability.outOfHours, availability.hours.length, availability.hours[4]], ['Europe/Berlin', 'RETURN_TIME', 5, { day: 'FRIDAY', from: '09:00', to: '17:00' }]);
  await accessible(page);
  await shot(page, 'settings-hours');

  const { sendTranscript, trackingCode } = await chatOf('sendTranscript trackingCode');
  await page.getByRole('switch', { name: /Visitors get a transcript/ }).click();
  await page.waitForFunction((was) => document.querySelector('#options input[type=checkbox]').checked !== was, sendTranscript);
  assert.equal((await chatOf('sendTranscript')).sendTranscript, !sendTranscript);
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Copied.').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), trackingCode);
  await page.getByLabel('Or mail it to a developer').fill('dev@example.com');
  await page.locator('#code').getByRole('button', { name: 'Send' }).click();
  await page.getByText('The code goes to dev@example.com.').waitFor();

  // An inbox without a chat gets one.
  await page.goto(page.url().replace(inboxId, mailInbox));
  await page.getByRole('button', { name: 'Create the chat' }).click();
  await page.getByRole('heading', { name: 'Code' }).waitFor();
  assert.deepEqual(complaints, []);
});
