import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe } from './axe.ts';
import { openBrowser, openPage, PHONE, screenshot, signUp, waitForCredit } from './browser.ts';
import { newPerson, stackConfig } from './platform.ts';

describe('one’s own data', () => {
  const base = stackConfig().publicUrls.web;
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it('is exported as one file', async () => {
    const person = newPerson();
    const { page, problems, context } = await openPage(browser);
    await signUp(page, base, person);
    await page.goto(`${base}/settings`);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export my data' }).click()]);
    expect(download.suggestedFilename()).toBe('cyxwiz-account.json');
    expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toMatchObject({ account: { username: person.username, email: person.email } });
    expect(problems).toEqual([]);
    await context.close();
  });

  it('is deleted with the account, once its owner has seen what is lost and said the name, without JavaScript', async () => {
    const person = newPerson();
    const first = await openPage(browser);
    await signUp(first.page, base, person);
    await waitForCredit(first.page, base);
    await first.page.goto(`${base}/settings/delete`);
    expect(await axe(first.page)).toEqual([]);
    await screenshot(first.page, 'settings-delete-desktop');

    const state = await first.context.storageState();
    const { page, context } = await openPage(browser, { javaScriptEnabled: false, viewport: PHONE, colorScheme: 'dark', storageState: state });
    await page.goto(`${base}/settings`);
    await page.getByRole('link', { name: 'Delete my account…' }).click();
    await page.getByText('1000.000').waitFor();
    await screenshot(page, 'settings-delete-phone-dark');
    await page.getByLabel(`Your username, ${person.username}, to confirm`).fill('somebody');
    await page.getByLabel('Your password').fill(person.password);
    await page.getByRole('button', { name: 'Delete my account for ever' }).click();
    expect(await page.getByRole('alert').textContent()).toMatch(/not your username/);
    await page.getByLabel(`Your username, ${person.username}, to confirm`).fill(person.username);
    await page.getByLabel('Your password').fill(person.password);
    await page.getByRole('button', { name: 'Delete my account for ever' }).click();
    await page.getByRole('heading', { name: 'Your account is being deleted' }).waitFor();

    // The other browser is out too, as soon as the account is closed.
    await expect.poll(async () => {
      await first.page.goto(`${base}/settings`);
      return new URL(first.page.url()).pathname;
    }, { timeout: 30_000 }).toBe('/login');
    await Promise.all([context.close(), first.context.close()]);
  });
});
