import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe } from './axe.ts';
import { logIn, openBrowser, openPage, PHONE, screenshot, signUp } from './browser.ts';
import { mailedLink } from './mailbox.ts';
import { makeOperator, newPerson, stackConfig } from './platform.ts';

describe('settings', () => {
  const base = stackConfig().publicUrls.web;
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it('a forgotten password is replaced by mail, without JavaScript', async () => {
    const person = newPerson();
    const first = await openPage(browser);
    await signUp(first.page, base, person);
    const { page, context } = await openPage(browser, { javaScriptEnabled: false, viewport: PHONE });
    await page.goto(`${base}/login`);
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('E-mail').fill(person.email);
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByText('a link is on its way').waitFor();
    const link = await mailedLink(person.email, 'reset-password');
    // Programs that look at links beforehand use nothing up.
    await page.goto(link);
    await page.goto(link);
    await page.getByLabel('New password').fill('another four unrelated words');
    await page.getByRole('button', { name: 'Set it and log in' }).click();
    expect(new URL(page.url()).pathname).toBe('/dashboard');
    await first.page.goto(`${base}/wallet`);
    expect(new URL(first.page.url()).pathname).toBe('/login');
    await page.goto(link);
    await page.getByLabel('New password').fill('a third set of four words');
    await page.getByRole('button', { name: 'Set it and log in' }).click();
    expect(await page.getByRole('alert').textContent()).toMatch(/used already/);
    await Promise.all([context.close(), first.context.close()]);
  });

  it('verifies an e-mail, lists and ends sessions, makes and revokes a key', async () => {
    const person = newPerson();
    const { page, problems, context } = await openPage(browser);
    await signUp(page, base, person);
    await page.goto(await mailedLink(person.email, 'verify-email'));
    await page.getByRole('button', { name: 'This address is mine' }).click();
    await page.getByText('Done: this address is yours').waitFor();

    const other = await openPage(browser);
    await logIn(other.page, base, person);
    await page.goto(`${base}/settings`);
    await page.getByText('verified', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Log out everywhere else' }).click();
    await page.getByText('All other browsers are logged out.').waitFor();
    await other.page.goto(`${base}/jobs`);
    expect(new URL(other.page.url()).pathname).toBe('/login');

    await page.getByLabel('What is the new key for?').fill('CI');
    await page.getByRole('button', { name: 'Make a key' }).click();
    const key = (await page.locator('[data-new-key]').textContent())!.trim();
    const login = await fetch(`${base}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ api_key: key }) });
    expect(login.status).toBe(200);
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'settings-desktop');
    await page.reload();
    expect(await page.getByText(key).count()).toBe(0);
    await page.getByRole('button', { name: 'Revoke the key CI' }).click();
    await page.getByText('The key opens nothing any more.').waitFor();
    expect((await fetch(`${base}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ api_key: key }) })).status).toBe(401);
    expect(problems).toEqual([]);
    await Promise.all([context.close(), other.context.close()]);
  });

  it('changes the password only for who knows the current one, and says so at the field', async () => {
    const person = newPerson();
    const { page, context } = await openPage(browser, { viewport: PHONE, colorScheme: 'dark' });
    await signUp(page, base, person);
    await page.goto(`${base}/settings`);
    await page.getByLabel('Current password').fill('not the password');
    await page.getByLabel('New password').fill('another four unrelated words');
    await page.getByRole('button', { name: 'Change the password' }).click();
    expect(await page.getByRole('alert').textContent()).toMatch(/not your current password/);
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'settings-phone-dark');
    await page.getByLabel('Current password').fill(person.password);
    await page.getByLabel('New password').fill('another four unrelated words');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('All other logins have ended.').waitFor();
    await context.close();
  });

  it('shows the outbox to operators alone', async () => {
    const person = newPerson();
    const { page, context } = await openPage(browser);
    await signUp(page, base, person);
    expect((await page.goto(`${base}/ops/outbox`))?.status()).toBe(403);
    await makeOperator(person);
    // The privilege changed, so the session of before is over.
    await page.goto(`${base}/ops/outbox`);
    expect(new URL(page.url()).pathname).toBe('/login');
    await logIn(page, base, person);
    await page.goto(`${base}/ops/outbox`);
    await page.getByText(`To ${person.email}`).first().waitFor();
    expect(await axe(page)).toEqual([]);
    await context.close();
  });

  it('refuses every form of the settings that another site sends', async () => {
    const person = newPerson();
    const { page, context } = await openPage(browser);
    await signUp(page, base, person);
    const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    for (const path of ['/settings', '/login/wallet', '/wallet-challenge', '/reset-password', '/verify-email', '/forgot-password']) {
      const body = 'intent=create-key&name=x&scope=read&days=7';
      const forged = await fetch(base + path, { method: 'POST', redirect: 'manual', headers: { cookie, origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' }, body });
      expect(forged.status, path).toBe(403);
    }
    await context.close();
  });
});
