// The thread: who has a conversation, what is done with it and undone, and what it shows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, ask, chat, holdSockets, open, shot, stage, visit } from './stage.mjs';

const { PARLEY_TOKEN: ana, COLLEAGUE_TOKEN: ben, ADMIN_TOKEN: admin, MAIL_CONVERSATION: mail } = process.env;
await stage();

const more = async (page, item) => {
  await page.getByTitle('More').click();
  await page.getByRole('menuitem', { name: item }).click();
};
const assigned = (page, name) => page.getByRole('button', { name: `Assign: ${name}` }).waitFor();
const undo = (page, what) => page.locator('.toasts p', { hasText: what }).last().getByRole('button', { name: 'Undo' }).click();
const status = async (id) => (await ask('query($id: ID!) { conversation(id: $id) { status filtered deletedAt snoozedUntil unread assignee { displayName } assignedTeam { name } } }', { id }, ana)).conversation;

// DX-1, IN-6: people, teams, no one and me; what is done is undone.
test('an agent assigns, closes, snoozes and deletes, and undoes it', async (t) => {
  const { id } = await chat('Please repair it');
  const { page, complaints } = await visit(t);
  await open(page, ana, id, 'Shop');
  await page.getByRole('button', { name: 'Take', exact: true }).click();
  await assigned(page, 'Ana');
  await page.locator('.entries').click();
  await page.keyboard.press('a');
  await page.getByRole('menuitem', { name: 'Ben' }).click();
  await assigned(page, 'Ben');
  await page.locator('.row[aria-current=true]').getByRole('img', { name: 'Assigned to Ben' }).waitFor();
  await undo(page, 'Assigned to Ben.');
  await assigned(page, 'Ana');
  await page.getByTitle('Assign').click();
  await page.getByRole('menuitem', { name: 'Team Repairs' }).click();
  await page.getByText('Assigned to Repairs.').waitFor();
  assert.equal((await status(id)).assignedTeam.name, 'Repairs');
  await page.getByTitle('Assign').click();
  await page.getByRole('menuitem', { name: 'No one' }).click();
  await assigned(page, 'No one');

  await page.locator('.entries').click();
  await page.keyboard.press('e');
  await page.getByRole('button', { name: 'Reopen', exact: true }).waitFor();
  await accessible(page);
  await undo(page, 'Closed.');
  await page.getByRole('button', { name: '✓ Close' }).waitFor();
  assert.equal((await status(id)).status, 'OPEN');

  await more(page, 'Snooze until tomorrow');
  await page.getByRole('group', { name: 'Snoozed' }).getByRole('button').click();
  await page.getByRole('group', { name: 'Snoozed' }).waitFor({ state: 'detached' });
  await page.locator('.toasts').getByText('Snoozed until').waitFor();
  await page.locator('.toasts').getByRole('button', { name: 'Dismiss' }).last().click();
  await more(page, 'Snooze until …');
  await page.getByLabel('Until', { exact: true }).last().fill('2027-06-01T10:00');
  await page.getByRole('dialog').getByRole('button', { name: 'Snooze' }).click();
  await page.getByRole('group', { name: 'Snoozed' }).getByText(/01\/06\/2027/).waitFor();
  await undo(page, 'Snoozed until');
  await page.getByRole('group', { name: 'Snoozed' }).waitFor({ state: 'detached' });

  await more(page, 'Delete');
  await page.getByRole('group', { name: 'In Trash' }).waitFor();
  await accessible(page);
  await undo(page, 'Deleted.');
  await page.getByRole('group', { name: 'In Trash' }).waitFor({ state: 'detached' });
  await more(page, 'Delete');
  await page.getByRole('group', { name: 'In Trash' }).getByRole('button', { name: 'Restore' }).click();
  await page.getByRole('group', { name: 'In Trash' }).waitFor({ state: 'detached' });
  assert.equal((await status(id)).deletedAt, null);

  await more(page, 'Mark as unread');
  await page.locator('.row.unread[aria-current=true]').waitFor();
  assert.deepEqual(complaints, []);
});

// DX-1, IN-9: why a conversation is filtered, and what undoes each reason.
test('an agent filters and blocks', async (t) => {
  const { id } = await chat('Buy cheap lamps');
  const { page, complaints } = await visit(t);
  await open(page, ana, id);
  await more(page, 'Spam');
  const filtered = page.getByRole('group', { name: 'Filtered' });
  await filtered.getByText('Someone of the team marked it as spam.').waitFor();
  await undo(page, 'Marked as spam.');
  await filtered.waitFor({ state: 'detached' });
  await more(page, 'Spam');
  await filtered.waitFor();
  await more(page, 'Block the sender …');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('For how long').selectOption('7');
  await dialog.getByLabel('Why, for colleagues').fill('Advertising');
  await accessible(page);
  await dialog.getByRole('button', { name: 'Block' }).click();
  await filtered.getByText('Its sender is blocked.').waitFor();
  await accessible(page);
  await shot(page, 'filtered');
  await filtered.getByRole('button', { name: 'Not spam' }).click();
  await filtered.getByText('Someone of the team').waitFor({ state: 'detached' });
  await filtered.getByRole('button', { name: 'Unblock the sender' }).click();
  await filtered.waitFor({ state: 'detached' });
  assert.deepEqual((await status(id)).filtered, []);
  assert.deepEqual(complaints, []);
});

// DX-1: the transcript of a closed chat goes to a contact's address.
test('an agent sends a transcript', async (t) => {
  const { id } = await chat('Thank you, that is all');
  const { createContact } = await ask('mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { message } } }', { in: { firstName: 'Grace', emails: [{ email: 'grace@example.com' }] } }, admin);
  await ask('mutation($in: LinkContactInput!) { linkContact(input: $in) { userErrors { message } } }', { in: { conversationId: id, contactId: createContact.contact.id } }, ana);
  const { page, complaints } = await visit(t);
  await open(page, ana, id);
  await page.getByTitle('More').click();
  assert.equal(await page.getByRole('menuitem', { name: 'Send the transcript …' }).count(), 0);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: '✓ Close' }).click();
  await page.getByRole('button', { name: 'Reopen', exact: true }).waitFor();
  await more(page, 'Send the transcript …');
  const address = page.getByLabel('E-mail address of a contact');
  assert.equal(await address.inputValue(), 'grace@example.com');
  await address.fill('nobody@example.com');
  await page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
  await page.getByRole('dialog').getByRole('alert').waitFor();
  await address.fill('grace@example.com');
  await page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
  await page.getByText('The transcript goes to grace@example.com.').waitFor();
  await page.getByRole('log').getByText('Transcript sent').waitFor();
  assert.deepEqual(complaints, []);
});

// DX-1: whoever acts on what is no longer so learns that, and sees what is.
test('two agents act at once', async (t) => {
  const { id } = await chat('Who takes this?');
  const { page, complaints } = await visit(t);
  const sockets = await holdSockets(page);
  await open(page, ana, id);
  await page.getByRole('log').getByText('Who takes this?').waitFor();
  sockets.hold();
  await ask('mutation($in: ClaimConversationInput!) { claimConversation(input: $in) { userErrors { message } } }', { in: { conversationId: id } }, ben);
  await page.getByRole('button', { name: 'Take', exact: true }).click();
  await page.getByRole('alert').getByText('What you see now is how it is.').waitFor();
  await assigned(page, 'Ben');
  await accessible(page);
  await shot(page, 'conflict');
  assert.equal((await status(id)).assignee.displayName, 'Ben');
  assert.deepEqual(complaints, []);
});

// DX-1: quotations are folded, and pictures on other servers wait until they are wanted.
test('a mail with a quotation and pictures', async (t) => {
  const { page, complaints } = await visit(t);
  // The server would fetch it from where it is: here stands what it would pass on.
  await page.route(/\/remote-image\?token=/, (route) => route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"/>' }));
  await open(page, ana, mail);
  const message = page.locator('.message.incoming').first();
  await message.getByText('Look at this picture').waitFor();
  assert.equal(await message.getByText('Please send us a picture.').isVisible(), false);
  await message.locator('summary').click();
  await message.getByText('Please send us a picture.').waitFor();
  assert.equal(await message.locator('img[src]').count(), 0);
  await accessible(page);
  await message.getByRole('button', { name: 'Show pictures' }).click();
  await page.waitForFunction(() => document.querySelector('img[alt="The lamp"]')?.naturalWidth === 20);
  await page.reload();
  await message.getByRole('button', { name: /^Always from/ }).click();
  await page.waitForFunction(() => document.querySelector('img[alt="The lamp"]')?.naturalWidth === 20);
  await page.reload();
  await page.waitForFunction(() => document.querySelector('img[alt="The lamp"]')?.naturalWidth === 20);
  await shot(page, 'mail');
  assert.deepEqual(complaints, []);
});

// DX-1: who else is there, and what they do.
test('two agents see each other', async (t) => {
  const { id } = await chat('Hello, both of you');
  const { page } = await visit(t);
  const { page: other } = await visit(t);
  await open(page, ana, id);
  await open(other, ben, id);
  await page.getByText('Ben is looking at this too').waitFor();
  await other.getByRole('textbox', { name: 'Reply' }).pressSequentially('Let me');
  await page.getByText('Ben is typing').waitFor();
  await other.getByText('Draft kept').waitFor();
  await other.close();
  await page.getByText('Ben has begun a reply').waitFor();
});

// DX-1: a contact's page opens in a tab of its own, which is signed in.
test('a contact opens in a tab', async (t) => {
  const { page, context, complaints } = await visit(t);
  await open(page, ana, mail);
  const opened = context.waitForEvent('page');
  await page.getByRole('complementary', { name: 'Details' }).getByRole('link', { name: 'Ada Lovelace' }).click();
  const contact = await opened;
  await contact.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
  assert.match(new URL(contact.url()).pathname, /^\/contacts\/contact_/);
  await contact.getByRole('region', { name: 'Timeline' }).locator('.label', { hasText: 'Conversation' }).first().waitFor();
  assert.deepEqual(complaints, []);
});
