import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { OAuth2Server } from 'oauth2-mock-server';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createOauthProviders } from '#api/auth/oauth';
import { createWebsite } from '#api/http/website';
import { startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { createWebHandler } from '#web/server.server';
import { axe } from './axe.ts';
import { openBrowser, openPage, signUp } from './browser.ts';
import { newPerson } from './platform.ts';

/** The site at the other end is a fake: a mock OpenID server that logs in whoever the test says, without asking. */
describe('logging in with another site', () => {
  const google = new OAuth2Server();
  const email = `oe-${randomUUID().slice(0, 8)}@example.com`;
  let platform: AccountPlatform;
  let browser: Browser;

  beforeAll(async () => {
    await google.issuer.keys.generate('RS256');
    await google.start(0, '127.0.0.1');
    const issuer = `http://127.0.0.1:${google.address().port}`;
    google.issuer.url = issuer;
    google.service.on('beforeTokenSigning', ({ payload }: { payload: object }) => void Object.assign(payload, { sub: email, email, email_verified: true }));
    const buildDir = fileURLToPath(new URL('../build', import.meta.url));
    platform = await startAccountPlatform(
      inject('stackEnv'),
      (deps) => ({ ...deps, oauth: createOauthProviders({ google: { clientId: 'cyxwiz', clientSecret: 's', issuer } }, (kind) => `${deps.site.publicUrl}/login/${kind}/callback`) }),
      (services, http) => createWebsite({ buildDir, handler: createWebHandler({ services, buildDir, publicUrls: { http, workflows: `${http}/workflows`, storage: http } }) }),
    );
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.close();
    await google.stop();
  });

  it('makes an account, and brings back to where one was', async () => {
    const { page, problems, context } = await openPage(browser);
    await page.goto(`${platform.url}/login?next=%2Fsettings`);
    expect(await page.getByRole('link', { name: /GitHub/ }).count()).toBe(0);
    expect(await axe(page)).toEqual([]);
    await page.getByRole('link', { name: 'Go on with Google' }).click();
    await page.waitForURL('**/settings');
    await page.getByLabel(`Account of ${email.split('@')[0]}`).waitFor();
    expect(await page.getByText('your only way in').count()).toBe(1);
    expect((await context.cookies()).map(({ name }) => name)).not.toContain('cyxwiz_oauth');
    expect(problems).toEqual([]);
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
    await signUp(page, platform.url, newPerson());
    await page.goto(`${platform.url}/settings`);
    await page.getByRole('link', { name: 'Link Google' }).click();
    expect(await page.getByRole('alert').textContent()).toMatch(/belongs to another account/);
    await context.close();
  });
});
