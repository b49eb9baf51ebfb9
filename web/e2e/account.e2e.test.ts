import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, openBrowser, openPage, PHONE, signUp } from './browser.ts';
import { typeInto } from './keyboard.ts';
import { newPerson, stackConfig } from './platform.ts';

describe('accounts', () => {
  const base = stackConfig().publicUrls.web;
  const person = newPerson();
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
    const { page, context } = await openPage(browser);
    await signUp(page, base, person);
    await context.close();
  });
  afterAll(() => browser.close());

  it('keeps strangers out and brings them back after the login, by keyboard alone', async () => {
    const { page, context } = await openPage(browser);
    await page.goto(`${base}/wallet`);
    expect(new URL(page.url()).pathname).toBe('/login');
    await typeInto(page.getByLabel('E-mail or username'), person.username);
    await page.keyboard.press('Tab');
    await page.keyboard.type(person.password);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/wallet');
    await page.getByRole('heading', { name: 'Wallet', exact: true }).waitFor();
    await context.close();
  });

  it('says at the field what is wrong with a registration, and keeps what was typed', async () => {
    const { page, context } = await openPage(browser);
    await page.goto(`${base}/signup`);
    await page.getByLabel('E-mail').fill(newPerson().email);
    await page.getByLabel('Username').fill('a b');
    await page.getByLabel('Password').fill('long enough for this');
    await page.getByRole('button', { name: 'Create the account' }).click();
    const field = page.getByLabel('Username');
    await page.getByRole('alert').waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.inputValue()).toBe('a b');
    const described = await field.getAttribute('aria-describedby');
    expect(await page.locator(`[id="${described}"]`).textContent()).toMatch(/letters/);
    await context.close();
  });

  it('refuses a name that is taken and a wrong password, in words', async () => {
    const { page, context } = await openPage(browser);
    await page.goto(`${base}/signup`);
    await page.getByLabel('E-mail').fill(person.email);
    await page.getByLabel('Username').fill(newPerson().username);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('button', { name: 'Create the account' }).click();
    expect(await page.getByRole('alert').first().textContent()).toMatch(/e-mail.*log in/i);
    await page.goto(`${base}/login`);
    await page.getByLabel('E-mail or username').fill(person.username);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    expect(await page.getByRole('alert').textContent()).toMatch(/do not belong together/);
    await context.close();
  });

  it('works without JavaScript: log in, look around, log out for good', async () => {
    const { page, context } = await openPage(browser, { javaScriptEnabled: false, viewport: PHONE });
    await page.goto(`${base}/login?next=%2Fjobs`);
    await page.getByLabel('E-mail or username').fill(person.email);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    expect(new URL(page.url()).pathname).toBe('/jobs');
    const before = await context.cookies();
    await page.locator('summary').first().click();
    await page.getByRole('button', { name: 'Log out' }).click();
    expect(new URL(page.url()).pathname).toBe('/login');
    // The old cookie is worthless afterwards, not only gone from this browser.
    await context.addCookies(before);
    await page.goto(`${base}/jobs`);
    expect(new URL(page.url()).pathname).toBe('/login');
    await context.close();
  });

  it('keeps the session from scripts and from other sites', async () => {
    const { page, context } = await openPage(browser);
    await logIn(page, base, person);
    const cookie = (await context.cookies()).find(({ httpOnly }) => httpOnly);
    expect(cookie?.sameSite).toBe('Lax');
    const forged = await fetch(`${base}/logout`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: `${cookie?.name}=${cookie?.value}`, origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(forged.status).toBe(403);
    await page.goto(`${base}/wallet`);
    expect(new URL(page.url()).pathname).toBe('/wallet');
    await context.close();
  });
});
