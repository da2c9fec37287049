// How it looks: light, dark, on a phone, from right to left, with long names and other scripts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, ask, chat, enter, open, shot, stage, visit } from './stage.mjs';

const { PARLEY_TOKEN: ana, ADMIN_TOKEN: admin, CHAT_INBOX: inboxId } = process.env;
await stage();

const names = ['Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren', '王小明（大阪支社 営業部 第二課）', 'محمد عبد الرحمن السالم'];
const texts = [`https://shop.example/${'a-very-long-address/'.repeat(12)}`, '請問訂單什麼時候送達？'.repeat(12), 'متى يصل الطلب رقم 12345؟ شكرا لكم على المساعدة'];
const ids = [];
for (const [i, name] of names.entries()) {
  const { id } = await chat(texts[i]);
  const { createContact } = await ask('mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { message } } }', { in: { firstName: name, emails: [{ email: `long${i}@${'sub.'.repeat(20)}example.com` }] } }, admin);
  await ask('mutation($in: LinkContactInput!) { linkContact(input: $in) { userErrors { message } } }', { in: { conversationId: id, contactId: createContact.contact.id } }, ana);
  ids.push(id);
}

/** Nothing is wider than the window. */
const fits = async (page) => assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'it scrolls sideways');

const looks = {
  light: {},
  dark: { colorScheme: 'dark' },
  phone: { viewport: { width: 360, height: 720 } },
  'phone-dark': { viewport: { width: 360, height: 720 }, colorScheme: 'dark' },
  tablet: { viewport: { width: 1000, height: 700 } },
};

// DX-1: axe finds nothing in any of them, from left to right and from right to left.
for (const [look, options] of Object.entries(looks)) {
  test(`${look}`, async (t) => {
    const { page, complaints } = await visit(t, options);
    for (const [i, id] of ids.entries()) {
      if (i === 0) await open(page, ana, id);
      else {
        await page.evaluate((hash) => (location.hash = hash), `conversation=${id}`);
        await page.reload();
      }
      await page.getByRole('log').locator('.message.incoming').waitFor();
      for (const dir of ['ltr', 'rtl']) {
        await page.evaluate((to) => (document.documentElement.dir = to), dir);
        await fits(page);
        await accessible(page);
        await shot(page, `${look}-${i}-${dir}`);
        const narrow = page.getByRole('button', { name: 'Back to the list' });
        const details = page.getByRole('button', { name: 'Details', exact: true });
        if (await details.isVisible()) {
          await details.click();
          await page.getByRole('complementary', { name: 'Details' }).getByText('example.com').first().waitFor();
          await fits(page);
          await accessible(page);
          await shot(page, `${look}-${i}-${dir}-details`);
          await page.getByRole('complementary', { name: 'Details' }).getByRole('button', { name: 'Close', exact: true }).click();
        }
        if (await narrow.isVisible()) {
          await narrow.click();
          if (dir === 'ltr') {
            await page.getByLabel('Inbox', { exact: true }).selectOption({ label: 'Shop' });
            await page.getByRole('button', { name: /^All/ }).click();
          }
          await page.locator('.row').first().waitFor();
          await fits(page);
          await accessible(page);
          await shot(page, `${look}-${i}-${dir}-list`);
          await page.locator('.row[aria-current=true]').click();
          await page.waitForFunction(() => document.activeElement.matches('h2'));
        }
      }
    }
    assert.deepEqual(complaints, []);
  });
}

// DX-1: the page of settings, likewise.
test('settings', async (t) => {
  const { page, complaints } = await visit(t, { viewport: { width: 360, height: 720 }, colorScheme: 'dark' });
  await enter(page, admin, `/settings/${inboxId}`);
  await page.getByRole('heading', { name: 'Code' }).waitFor();
  for (const dir of ['ltr', 'rtl']) {
    await page.evaluate((to) => (document.documentElement.dir = to), dir);
    await fits(page);
    await accessible(page);
    await shot(page, `settings-phone-${dir}`);
  }
  assert.deepEqual(complaints, []);
});
