import { randomUUID } from 'node:crypto';
import { inArray } from 'drizzle-orm';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { upsertNode } from '#db/postgres/nodes';
import { nodes } from '#db/postgres/schema';
import { logIn, openBrowser, openPage, signUp } from './browser.ts';
import { clientOf, newPerson, putDigits, stackConfig, type Person } from './platform.ts';

const SESSION = 'cyxwiz_session';

describe('what is tried on people’s browsers', () => {
  const config = stackConfig();
  const base = config.publicUrls.web;
  let browser: Browser;
  let postgres: Postgres;
  beforeAll(async () => {
    browser = await openBrowser();
    postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
  });
  afterAll(async () => {
    await browser.close();
    await postgres.close();
  });

  describe('names that are scripts', () => {
    const SCRIPT = '"><img src=x onerror="hacked=1">';
    const person = newPerson();
    const nodeId = randomUUID();
    let page: Page;

    beforeAll(async () => {
      ({ page } = await openPage(browser));
      await signUp(page, base, person);
      const client = await clientOf(person);
      const { id } = await client.auth.me();
      await putDigits(client, 300, `data ${SCRIPT}`);
      client.close();
      await registerMachine(person, id, SCRIPT);
      await upsertNode(postgres.db, { id: nodeId, ownerId: id, machineId: `machine-${nodeId}`, ownerAddress: `owner ${SCRIPT}`, deviceClass: 'cpu', deviceName: `node ${SCRIPT}`, state: 'OFFLINE', pricePerHourBase: 1n });
      await page.goto(`${base}/settings`);
      await page.getByLabel('What is the new key for?').fill(`key ${SCRIPT}`);
      await page.getByRole('button', { name: 'Make a key' }).click();
      await page.getByText('The key is made.').waitFor();
    });
    afterAll(() => postgres.db.delete(nodes).where(inArray(nodes.id, [nodeId])));

    it.each([
      ['/data', 'data '],
      ['/settings', 'key '],
      ['/machines', 'host '],
      ['/nodes', 'node '],
      ['/jobs/new', 'data '],
      ['/dashboard', ''],
      ['/earnings', ''],
    ])('stay text on %s', async (path, name) => {
      const blocked: string[] = [];
      page.on('console', (message) => void (message.text().includes('Content Security Policy') && blocked.push(message.text())));
      await page.goto(base + path);
      if (name !== '') expect(await page.locator('body').textContent()).toContain(`${name}${SCRIPT}`);
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
      expect(blocked).toEqual([]);
    });

    it('stay text where an address brings them', async () => {
      for (const path of ['/jobs?state=', '/nodes?class=', '/nodes?memory=', '/login?next=', '/verify-email?token=', '/reset-password?token=', '/', '/jobs/', '/tx/', '/data/', '/models/']) {
        await page.goto(`${base}${path}${encodeURIComponent(SCRIPT)}`);
        expect(await page.locator('img[src="x"]').count(), path).toBe(0);
        expect(await page.evaluate(() => (window as { hacked?: number }).hacked), path).toBeUndefined();
      }
    });

    it('would not run even where one got into a page', async () => {
      await page.goto(`${base}/dashboard`);
      await page.evaluate(() => {
        const inline = document.createElement('div');
        inline.innerHTML = '<img src="/favicon.svg" onload="window.hacked=1">';
        const script = document.createElement('script');
        script.textContent = 'window.hacked=1';
        const foreign = document.createElement('script');
        foreign.src = 'https://example.com/x.js';
        document.body.append(inline, script, foreign);
      });
      await page.waitForTimeout(300);
      expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
    });
  });

  describe('a session', () => {
    const [victim, attacker] = [newPerson(), newPerson()];
    const sessionOf = async (context: BrowserContext): Promise<string | undefined> => (await context.cookies(base)).find(({ name }) => name === SESSION)?.value;

    it('that somebody planted is not the one that a login makes', async () => {
      const theirs = await openPage(browser);
      await signUp(theirs.page, base, attacker);
      const planted = (await sessionOf(theirs.context))!;
      const own = await openPage(browser);
      await signUp(own.page, base, victim);
      await own.context.clearCookies();
      for (const value of [planted, 'a'.repeat(40)]) {
        await own.context.addCookies([{ name: SESSION, value, url: base }]);
        await own.context.request.post(`${base}/login`, { form: { login: victim.username, password: victim.password }, headers: { origin: base } });
        expect(await sessionOf(own.context)).not.toBe(value);
        await own.page.goto(`${base}/dashboard`);
        await own.page.getByLabel(`Account of ${victim.username}`).waitFor();
        await own.context.clearCookies();
      }
      // The login ended what was planted: whoever holds a copy of it is nobody now, and not the victim.
      await theirs.page.goto(`${base}/dashboard`);
      expect(new URL(theirs.page.url()).pathname).toBe('/login');
      await Promise.all([own.context.close(), theirs.context.close()]);
    });

    it('is over for a copy of its cookie once its owner has logged out', async () => {
      const { page, context } = await openPage(browser);
      await logIn(page, base, victim);
      const copy = (await sessionOf(context))!;
      await page.getByLabel(`Account of ${victim.username}`).click();
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.waitForURL((url) => url.pathname !== '/dashboard');
      await context.addCookies([{ name: SESSION, value: copy, url: base }]);
      await page.goto(`${base}/dashboard`);
      expect(new URL(page.url()).pathname).toBe('/login');
      await context.close();
    });

    it('does nothing at another site’s bidding', async () => {
      const { page, context } = await openPage(browser);
      await logIn(page, base, victim);
      const cookie = `${SESSION}=${(await sessionOf(context))!}`;
      // A browser would not even send the cookie along; this server does not rely on it.
      for (const path of ['/settings', '/settings/delete', '/jobs/new', '/machines', '/logout', '/theme', '/login', '/signup']) {
        const answer = await fetch(base + path, { method: 'POST', redirect: 'manual', headers: { cookie, origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' }, body: 'intent=x' });
        expect(answer.status, path).toBe(403);
      }
      await page.goto(`${base}/dashboard`);
      await page.getByLabel(`Account of ${victim.username}`).waitFor();
      await context.close();
    });

    it('never leads to another site after the login', async () => {
      for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example', '/%5cevil.example', 'javascript:alert(1)']) {
        const { page, context } = await openPage(browser);
        await page.goto(`${base}/login?next=${encodeURIComponent(next)}`);
        await page.getByLabel('E-mail or username').fill(victim.username);
        await page.getByLabel('Password').fill(victim.password);
        await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
        await page.waitForURL((url) => url.pathname !== '/login');
        expect(new URL(page.url()).origin, next).toBe(base);
        await context.close();
      }
    });
  });

  async function registerMachine({ username, password }: Person, ownerId: string, script: string): Promise<void> {
    const send = async (path: string, body: object, token?: string): Promise<Record<string, unknown>> => {
      const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
      const answer = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(answer.ok, path).toBe(true);
      return (await answer.json()) as Record<string, unknown>;
    };
    const { token } = await send('/api/auth/login', { login: username, password });
    const hardware = { cpus: [{ name: `cpu ${script}`, cores: 1, threads: 1 }], gpus: [], ram_total_mb: 1 };
    await send('/api/machines/register', { owner_id: ownerId, hostname: `host ${script}`, os: `os ${script}`, hardware }, token as string);
  }
});
