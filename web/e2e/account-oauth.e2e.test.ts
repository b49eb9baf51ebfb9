import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createOauthProviders } from '#api/auth/oauth';
import { createWebsite } from '#api/http/website';
import { startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { newSitePerson, startOauthSites, type OauthSites } from '#api/testing/oauth-sites';
import { createWebHandler } from '#web/server.server';
import { openBrowser, openPage, signUp } from './browser.ts';
import { faultsOf } from './looks.ts';
import { newPerson } from './platform.ts';

describe('logging in with another site', () => {
  let sites: OauthSites;
  let platform: AccountPlatform;
  let browser: Browser;

  beforeAll(async () => {
    sites = await startOauthSites();
    const buildDir = fileURLToPath(new URL('../build', import.meta.url));
    platform = await startAccountPlatform(
      inject('stackEnv'),
      (deps) => ({ ...deps, oauth: createOauthProviders(sites.applications, (kind) => `${deps.site.publicUrl}/login/${kind}/callback`) }),
      (services, http) => createWebsite({ buildDir, handler: createWebHandler({ services, buildDir, publicUrls: { http, workflows: `${http}/workflows`, storage: http, grpc: '127.0.0.1:9', gateway: '127.0.0.1:9' } }) }),
    );
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.close();
    await sites.stop();
  });
  beforeEach(() => {
    sites.person = newSitePerson();
  });

  /** Begins at the login page and ends in the settings, as whoever the site vouches for. */
  async function goOnWith(page: Page, site: 'GitHub' | 'Google'): Promise<void> {
    await page.goto(`${platform.url}/login?next=%2Fsettings`);
    await page.getByRole('link', { name: `Go on with ${site}` }).click();
    await page.waitForURL('**/settings');
  }

  describe.each(['GitHub', 'Google'] as const)('%s', (site) => {
    it('makes an account, brings back to where one was, and finds the same account the next time', async () => {
      const { page, problems, context } = await openPage(browser);
      await goOnWith(page, site);
      const { name, email } = sites.person;
      await page.getByLabel(`Account of ${name}`).waitFor();
      await page.getByText(email).first().waitFor();
      expect(await page.getByText('your only way in').count()).toBe(1);
      expect((await context.cookies()).map((cookie) => cookie.name)).not.toContain('cyxwiz_oauth');
      const account = await platform.mongo.users.findOne({ username: name });
      await context.clearCookies();

      // Another browser, another name at the site: the same person still.
      const other = await openPage(browser);
      sites.person = { ...sites.person, name: newSitePerson().name };
      await goOnWith(other.page, site);
      await other.page.getByLabel(`Account of ${name}`).waitFor();
      expect(await platform.mongo.users.countDocuments({ email })).toBe(1);
      expect(account).not.toBeNull();
      expect([...problems, ...other.problems]).toEqual([]);
      await Promise.all([context.close(), other.context.close()]);
    });

    it('is one more way into an account with a password, under whatever name the site gives', async () => {
      const { page, problems, context } = await openPage(browser);
      const person = newPerson();
      await signUp(page, platform.url, person);
      const script = '"><img src=x onerror="hacked=1">';
      Object.assign(sites.person, { name: script, email: `${script}@example.com` });
      await page.goto(`${platform.url}/settings`);
      await page.getByRole('link', { name: `Link ${site}` }).click();
      await page.getByText(script).first().waitFor();
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
      await context.clearCookies();
      await goOnWith(page, site);
      await page.getByLabel(`Account of ${person.username}`).waitFor();
      expect(problems).toEqual([]);
      await context.close();
    });
  });

  it('is offered on the login page, which looks right with it', async () => {
    const { page, context } = await openPage(browser);
    await page.goto(`${platform.url}/login`);
    expect(await faultsOf(page, 'login-sites')).toEqual([]);
    await context.close();
  });

  it('does not end in a browser that did not begin it', async () => {
    const { page, context } = await openPage(browser);
    const begun = await fetch(`${platform.url}/login/google`, { redirect: 'manual' });
    expect(begun.headers.get('set-cookie')).toMatch(/^cyxwiz_oauth=.*; HttpOnly; SameSite=Lax/);
    await page.goto(begun.headers.get('location')!);
    expect(await page.getByRole('alert').textContent()).toMatch(/begun elsewhere/);
    expect((await context.cookies()).filter(({ httpOnly }) => httpOnly)).toEqual([]);
    await context.close();
  });

  it('leads nowhere outside of this site afterwards', async () => {
    const { page, context } = await openPage(browser);
    await page.goto(`${platform.url}/login/google?next=${encodeURIComponent('https://evil.example/')}`);
    await page.waitForURL(`${platform.url}/dashboard`);
    await context.close();
  });

  it('says so where it belongs to another account', async () => {
    const { page, context } = await openPage(browser);
    const first = await openPage(browser);
    await goOnWith(first.page, 'Google');
    await signUp(page, platform.url, newPerson());
    await page.goto(`${platform.url}/settings`);
    await page.getByRole('link', { name: 'Link Google' }).click();
    expect(await page.getByRole('alert').textContent()).toMatch(/belongs to another account/);
    await Promise.all([context.close(), first.context.close()]);
  });
});
