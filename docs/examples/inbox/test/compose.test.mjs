// The composer: drafts, recipients, files, notes, and what came meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, ask, chat, holdSockets, open, shot, stage, visit } from './stage.mjs';

const { PARLEY_TOKEN: ana, COLLEAGUE_TOKEN: ben, ADMIN_TOKEN: admin, MAIL_CONVERSATION: mail, MAIL_CHANNEL: channelId } = process.env;
await stage();

const reply = (page) => page.getByRole('textbox', { name: 'Reply' });
const kept = (page) => page.getByText('Draft kept').waitFor();
const draftOf = async (id, note = false) => (await ask('query($id: ID!, $note: Boolean) { conversation(id: $id) { draft(note: $note) { markdown bcc attachments { fileName } } } }', { id, note }, ana)).conversation.draft;

// DX-1: what is being written is there again after a reload, and in another window.
test('a draft is kept', async (t) => {
  const { id } = await chat('Is it ready?');
  const { page, context, complaints } = await visit(t);
  await open(page, ana, id);
  await reply(page).fill('Nearly');
  await kept(page);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Note' }).click();
  await page.getByRole('textbox', { name: 'Note' }).fill('Ask the workshop');
  await kept(page);
  await page.reload();
  await page.waitForFunction(() => document.querySelector('textarea')?.value === 'Nearly');
  assert.equal((await draftOf(id, true)).markdown, 'Ask the workshop');

  // What another window saves shows here, as long as nothing is being written here.
  const other = await context.newPage();
  await open(other, ana, id);
  await other.waitForFunction(() => document.querySelector('textarea')?.value === 'Nearly');
  await reply(other).fill('Nearly done');
  await page.waitForFunction(() => document.querySelector('textarea').value === 'Nearly done');

  // Both at once is a conflict, and a person decides.
  const sockets = await holdSockets(page);
  await page.reload();
  await page.waitForFunction(() => document.querySelector('textarea')?.value === 'Nearly done');
  sockets.hold();
  await reply(other).fill('Done on Friday');
  await kept(other);
  await reply(page).fill('Done on Monday');
  const conflict = page.getByRole('alert').filter({ hasText: 'Done on Friday' });
  await conflict.waitFor();
  await accessible(page);
  await shot(page, 'draft-conflict');
  await conflict.getByRole('button', { name: 'Keep this' }).click();
  await conflict.waitFor({ state: 'detached' });
  await other.waitForFunction(() => document.querySelector('textarea').value === 'Done on Monday');
  // Sent is sent: nothing is kept, here and there.
  await other.getByRole('button', { name: 'Send', exact: true }).click();
  await other.getByRole('log').getByText('Done on Monday').waitFor();
  await other.waitForFunction(() => document.querySelector('textarea').value === '');
  assert.equal(await draftOf(id), null);
  assert.deepEqual(complaints, []);
});

// DX-1: whoever answers what is no longer the last word is stopped once, reads it, and sends then.
test('newer messages come before an answer', async (t) => {
  const { id, visitor } = await chat('My order is late');
  const { page, complaints } = await visit(t);
  const sockets = await holdSockets(page);
  await open(page, ana, id);
  await page.getByRole('log').getByText('My order is late').waitFor();
  await reply(page).fill('I look for it');
  await kept(page);
  sockets.hold();
  await ask('mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }', { in: { conversationId: id, text: 'It just came!' } }, visitor);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('alert').getByText('There are newer messages.').waitFor();
  assert.equal(await reply(page).inputValue(), 'I look for it');
  await accessible(page);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.waitForFunction(() => document.querySelector('textarea').value === '');
  const { conversation } = await ask('query($id: ID!) { conversation(id: $id) { messages(last: 5) { nodes { text } } } }', { id }, ana);
  assert.deepEqual(conversation.messages.nodes.map(({ text }) => text).slice(-2), ['It just came!', 'I look for it']);
  assert.deepEqual(complaints, []);
});

// DX-1: a mail has Cc and Bcc, files and templates, and can be taken back for some seconds.
test('a mail is written, taken back and sent', async (t) => {
  const { page, complaints } = await visit(t);
  await open(page, ana, mail);
  await page.getByRole('button', { name: 'Cc, Bcc' }).click();
  await page.getByLabel('Bcc').fill('not an address');
  assert.equal(await page.getByLabel('Bcc').evaluate((field) => field.validity.valid), false);
  await page.getByLabel('Bcc').fill('boss@example.com, file@example.com');
  await page.getByRole('button', { name: 'Insert' }).click();
  await page.getByRole('button', { name: 'Template', exact: true }).click();
  await page.getByRole('menuitem', { name: /Sorry/ }).click();
  await page.waitForFunction(() => document.querySelector('textarea').value === 'We are sorry.');

  // A file shows how far it is, and can be stopped.
  let proceed;
  const held = new Promise((resolve) => (proceed = resolve));
  await page.route(/\/graphql$/, async (route) => {
    if (route.request().headers()['content-type']?.startsWith('multipart/form-data')) await held;
    await route.continue().catch(() => undefined);
  });
  await page.getByLabel('Attach files').setInputFiles([{ name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('The plan.') }, { name: 'wrong.txt', mimeType: 'text/plain', buffer: Buffer.from('Wrong.') }]);
  await page.getByRole('progressbar', { name: 'Uploading plan.txt' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled(), true);
  await accessible(page);
  await page.getByRole('button', { name: 'Stop wrong.txt' }).click();
  await page.getByRole('progressbar', { name: 'Uploading wrong.txt' }).waitFor({ state: 'detached' });
  proceed();
  await page.getByRole('button', { name: 'Remove plan.txt' }).waitFor();
  await kept(page);
  assert.deepEqual(await draftOf(mail), { markdown: 'We are sorry.', bcc: ['boss@example.com', 'file@example.com'], attachments: [{ fileName: 'plan.txt' }] });
  await shot(page, 'composer');

  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const sent = page.locator('.message.outgoing', { hasText: 'We are sorry.' });
  await sent.getByText('boss@example.com').waitFor();
  await page.locator('.toasts').getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Undone.').waitFor();
  await page.getByText('attach them again').waitFor();
  await page.waitForFunction(() => document.querySelector('textarea').value === 'We are sorry.');
  await page.getByText('This message was deleted.').waitFor();
  await page.getByRole('button', { name: 'Send and close' }).click();
  await sent.waitFor();
  await page.getByRole('button', { name: 'Reopen', exact: true }).waitFor();
  assert.deepEqual(complaints, []);
});

// DX-1: what could not be delivered says why, and is sent again.
test('a mail that failed is sent again', async (t) => {
  const { page, complaints } = await visit(t);
  await ask('mutation($in: UpdateEmailChannelInput!) { updateEmailChannel(input: $in) { userErrors { message } } }', { in: { channelId, undoSeconds: 0 } }, admin);
  const { startEmailConversation } = await ask('mutation($in: StartEmailConversationInput!) { startEmailConversation(input: $in) { conversation { id } userErrors { message } } }', { in: { channelId, to: ['full@example.com'], subject: 'Your lamp', text: 'It is ready.' } }, ana);
  await open(page, ana, startEmailConversation.conversation.id);
  const message = page.locator('.message.outgoing', { hasText: 'It is ready.' });
  await message.getByText(/^Failed: .*/).waitFor();
  await accessible(page);
  await shot(page, 'failed');
  await message.getByRole('button', { name: 'Send again' }).click();
  await message.getByText('Sent', { exact: true }).waitFor();
  assert.equal(await message.getByRole('button', { name: 'Send again' }).count(), 0);
  assert.deepEqual(complaints, []);
});

// DX-1: a note has a colour of its own, and visitors never see it.
test('a note', async (t) => {
  const { id, visitor } = await chat('Hello');
  const { page, complaints } = await visit(t);
  await open(page, ana, id);
  await page.locator('.entries').click();
  await page.keyboard.press('n');
  await page.getByRole('textbox', { name: 'Note' }).fill('Be kind to her');
  const colour = (selector) => page.locator(selector).last().evaluate((element) => getComputedStyle(element).backgroundColor);
  assert.equal(await colour('.composer'), await page.evaluate(() => { const probe = document.body.appendChild(document.createElement('i')); probe.style.background = 'var(--note)'; const { backgroundColor } = getComputedStyle(probe); probe.remove(); return backgroundColor; }));
  await page.getByRole('button', { name: 'Add note' }).click();
  await page.locator('.message.note', { hasText: 'Be kind to her' }).waitFor();
  assert.notEqual(await colour('.message.note'), await colour('.message.incoming'));
  const { visitorConversation } = await ask('query($id: ID!) { visitorConversation(id: $id) { messages(first: 10) { nodes { text } } } }', { id }, visitor);
  assert.equal(visitorConversation.messages.nodes.some(({ text }) => text.includes('kind')), false);
  // A closed chat is opened again by an answer.
  await ask('mutation($in: CloseConversationInput!) { closeConversation(input: $in) { userErrors { message } } }', { in: { conversationId: id } }, ben);
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await reply(page).fill('One more thing');
  await page.getByRole('button', { name: 'Reopen and send' }).click();
  await page.getByRole('log').getByText('One more thing').waitFor();
  await page.getByRole('button', { name: '✓ Close' }).waitFor();
  assert.deepEqual(complaints, []);
});
