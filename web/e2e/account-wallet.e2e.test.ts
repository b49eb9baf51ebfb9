import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage, signUp } from './browser.ts';
import { newPerson, stackConfig } from './platform.ts';
import { installTestWallet } from './test-wallet.ts';

describe('wallets', () => {
  const base = stackConfig().publicUrls.web;
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it('has no wallet button where there is no wallet', async () => {
    const { page, context } = await openPage(browser);
    await page.goto(`${base}/login`, { waitUntil: 'networkidle' });
    expect(await page.getByText('Or with a wallet').count()).toBe(0);
    await context.close();
  });

  for (const signMessageOnly of [false, true]) {
    it(`signs up with a wallet that knows ${signMessageOnly ? 'only signMessage' : 'signIn'}, and comes back to the same account`, async () => {
      const { page, problems, context } = await openPage(browser);
      await installTestWallet(context, { signMessageOnly });
      await page.goto(`${base}/login?next=%2Fsettings`);
      await page.getByRole('button', { name: 'Test Wallet' }).click();
      await page.waitForURL('**/settings');
      const account = await page.getByLabel(/^Account of/).getAttribute('aria-label');
      expect(account).toMatch(/^Account of wallet-/);
      expect(await page.getByText('your only way in').count()).toBe(1);
      await context.clearCookies();
      await page.goto(`${base}/login?next=%2Fsettings`);
      await page.getByRole('button', { name: 'Test Wallet' }).click();
      await page.waitForURL('**/settings');
      expect(await page.getByLabel(/^Account of/).getAttribute('aria-label')).toBe(account);
      expect(problems).toEqual([]);
      await context.close();
    });
  }

  it('says so where the owner refuses to sign', async () => {
    const { page, context } = await openPage(browser);
    await installTestWallet(context, { refuses: true });
    await page.goto(`${base}/login`);
    await page.getByRole('button', { name: 'Test Wallet' }).click();
    expect(await page.getByRole('alert').textContent()).toMatch(/did not sign: the owner said no/);
    expect(new URL(page.url()).pathname).toBe('/login');
    await context.close();
  });

  it('links a wallet to an account with a password, rotates the session, and unlinks it', async () => {
    const { page, context } = await openPage(browser);
    await installTestWallet(context);
    const person = newPerson();
    await signUp(page, base, person);
    await page.goto(`${base}/settings`);
    const before = await sessionOf();
    await page.getByRole('button', { name: 'Test Wallet' }).click();
    await page.getByRole('button', { name: /^Remove Wallet/ }).waitFor();
    expect(await sessionOf()).not.toBe(before);
    await context.clearCookies();
    await page.goto(`${base}/login?next=%2Fsettings`);
    await page.getByRole('button', { name: 'Test Wallet' }).click();
    await page.waitForURL('**/settings');
    await page.getByLabel(`Account of ${person.username}`).waitFor();
    await page.getByRole('button', { name: /^Remove Wallet/ }).click();
    await page.getByText('your only way in').waitFor();
    await context.close();

    async function sessionOf(): Promise<string | undefined> {
      return (await context.cookies()).find(({ httpOnly }) => httpOnly)?.value;
    }
  });
});
