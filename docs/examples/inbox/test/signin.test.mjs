// Signs in to the built inbox without a token, where it is served from the server's own
// origin as far as the browser knows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

test('signing in by a session', async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(20_000);
    const enter = page.getByRole('link', { name: 'Sign in without a token' });
    const within = page.getByRole('button', { name: 'Sign out' });
    await page.goto(`${process.env.INBOX_SITE}/?x=1`);
    await enter.click();
    await page.getByRole('link', { name: 'Sign in with Example' }).click();
    await within.waitFor();
    assert.equal(page.url(), `${process.env.INBOX_SITE}/?x=1`);
    await page.reload();
    await within.waitFor();
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/inbox.png` });
    await within.click();
    await enter.waitFor();
    assert.equal((await page.context().cookies()).some(({ name }) => name === 'parley_session'), false);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/inbox-form.png` });
  } finally {
    await browser.close();
  }
});
