import { randomUUID } from 'node:crypto';
import { inArray } from 'drizzle-orm';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { findNode, upsertNode } from '#db/postgres/nodes';
import { nodes } from '#db/postgres/schema';
import { logIn, openBrowser, openPage, signUp } from './browser.ts';
import { plantJobs, type PlantedJobs } from './hostile-jobs.ts';
import { registerMachine } from './machine.ts';
import { graphOf } from './new-job.ts';
import { clientOf, makeOperator, newPerson, putDigits, stackConfig, type Person } from './platform.ts';

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
    let planted: PlantedJobs;

    beforeAll(async () => {
      ({ page } = await openPage(browser));
      await signUp(page, base, person);
      const client = await clientOf(person);
      const { id } = await client.auth.me();
      await putDigits(client, 300, `data ${SCRIPT}`);
      client.close();
      await registerNamedMachine(person, id, SCRIPT);
      await upsertNode(postgres.db, { id: nodeId, ownerId: id, machineId: `machine-${nodeId}`, ownerAddress: `owner ${SCRIPT}`, deviceClass: 'cpu', deviceName: `node ${SCRIPT}`, state: 'OFFLINE', pricePerHourBase: 1n });
      await page.goto(`${base}/settings`);
      await page.getByLabel('What is the new key for?').fill(`key ${SCRIPT}`);
      await page.getByRole('button', { name: 'Make a key' }).click();
      await page.getByText('The key is made.').waitFor();
      planted = await plantJobs(postgres, id, SCRIPT);
      // Operators see what everybody wrote; the change ends all sessions, and the next ones are from a browser with a hostile name.
      await makeOperator(person);
      await logIn(page, base, person);
      const other = await openPage(browser, { userAgent: `agent ${SCRIPT}` });
      await logIn(other.page, base, person);
    });
    afterAll(async () => {
      await planted.remove();
      await postgres.db.delete(nodes).where(inArray(nodes.id, [nodeId]));
    });

    /** Looks at a page, and says which of these texts it does not show as they are. */
    async function missingOn(path: string, ...texts: readonly string[]): Promise<string[]> {
      const blocked: string[] = [];
      page.on('console', (message) => void (message.text().includes('Content Security Policy') && blocked.push(message.text())));
      await page.goto(base + path);
      const missing: string[] = [];
      // Lists and logs fill themselves a moment later.
      for (const text of texts) await page.locator('body', { hasText: `${text}${SCRIPT}` }).waitFor({ timeout: 10_000 }).catch(() => missing.push(text));
      await nothingRan(path);
      return [...missing, ...blocked];
    }

    async function nothingRan(where: string): Promise<void> {
      expect(await page.locator('img[src="x"]').count(), where).toBe(0);
      expect(await page.evaluate(() => (window as { hacked?: number }).hacked), where).toBeUndefined();
    }

    it.each([
      ['/data', 'data '],
      ['/settings', 'key '],
      ['/machines', 'host '],
      ['/nodes', 'node '],
      ['/jobs/new', 'data '],
      ['/dashboard', ''],
      ['/earnings', ''],
      ['/jobs', 'layer '],
      ['/models', 'layer '],
      ['/ops', 'waiting '],
      ['/ops/audit', 'address '],
      ['/ops/outbox', ''],
    ])('stay text on %s', async (path, name) => {
      expect(await missingOn(path, ...(name === '' ? [] : [name]))).toEqual([]);
    });

    it('stay text in a job, its log, its attempts, its graph, and in its model', async () => {
      expect(await missingOn(`/jobs/${planted.completed}`, 'line ', 'reason ', 'layer ', 'class ')).toEqual([]);
      await page.getByText('Model graph').click();
      await nothingRan('the graph of a job');
      expect(await missingOn(`/models/${planted.completed}`, 'layer ', 'class ')).toEqual([]);
      expect(await missingOn(`/jobs/${planted.overdue}`, 'layer ')).toEqual([]);
    });

    it('stay text in a graph that somebody was given to paste, or to run again', async () => {
      await page.goto(`${base}/jobs/new`);
      await page.getByRole('radio', { name: /^Your own graph/ }).check();
      for (const graph of [graphOf([{ id: SCRIPT, type: 'DataInput' }]), graphOf([{ type: SCRIPT }]), `{"version": "${SCRIPT.replaceAll('"', '\\"')}"}`, SCRIPT]) {
        await page.getByLabel('Model graph (JSON)').fill(graph);
        await nothingRan(graph);
        await page.getByRole('button', { name: 'Get the price' }).click();
        await page.getByRole('alert').first().waitFor();
        await nothingRan(`${graph}, sent`);
      }
      await page.goto(`${base}/jobs/new?from=${planted.completed}`);
      await nothingRan('a clone');
    });

    it('stay text where an address brings them', async () => {
      for (const path of ['/jobs?state=', '/jobs?q=', '/nodes?class=', '/nodes?memory=', '/login?next=', '/verify-email?token=', '/reset-password?token=', '/', '/jobs/', '/tx/', '/data/', '/models/']) {
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

  describe('what is somebody else’s', () => {
    const [owner, thief] = [newPerson(), newPerson()];
    let planted: PlantedJobs;
    let theirs: BrowserContext;
    let own: BrowserContext;

    beforeAll(async () => {
      const [first, second] = [await openPage(browser), await openPage(browser)];
      [own, theirs] = [first.context, second.context];
      await signUp(first.page, base, owner);
      await signUp(second.page, base, thief);
      const client = await clientOf(owner);
      planted = await plantJobs(postgres, (await client.auth.me()).id, 'plain');
      client.close();
    });
    afterAll(() => planted.remove());

    const form = (context: BrowserContext, path: string, values: Record<string, string>) => context.request.post(base + path, { form: values, headers: { origin: base }, maxRedirects: 0 });

    it('is not found: neither a job nor its receipt, events, clone or model', async () => {
      for (const path of [`/jobs/${planted.completed}`, `/jobs/${planted.completed}/receipt`, `/jobs/new?from=${planted.completed}`, `/models/${planted.completed}`]) {
        expect((await own.request.get(base + path)).status(), path).toBe(200);
        expect((await theirs.request.get(base + path)).status(), path).toBe(404);
      }
      expect((await theirs.request.get(`${base}/jobs/${planted.completed}/events`)).status()).toBe(404);
      expect((await form(theirs, `/jobs/${planted.overdue}`, { intent: 'cancel' })).status()).toBe(404);
    });

    it('is not found: a transfer, with the job it belongs to or without', async () => {
      await expect.poll(async () => (await transfersOf(owner)).length, { timeout: 60_000 }).toBeGreaterThan(0);
      const [transfer] = await transfersOf(owner);
      const path = `/tx/${transfer?.signature}`;
      expect((await own.request.get(base + path)).status()).toBe(200);
      for (const query of ['', `?job=${planted.completed}`, `?job=${randomUUID()}`]) expect((await theirs.request.get(base + path + query)).status(), query).toBe(404);
    });

    it('is not changed by the forms of the devices page and of the settings', async () => {
      const machine = await registerMachine(owner, postgres);
      const before = await findNode(postgres.db, machine.nodeId);
      const shown = await (await own.request.get(`${base}/machines`)).text();
      const unit = /name="unit" value="([^"]+)"/.exec(shown)?.[1] ?? '';
      expect(unit).not.toBe('');
      const attempts: Record<string, string>[] = [
        { intent: 'maintenance-on', machine: machine.machineId },
        { intent: 'maintenance-off', machine: machine.machineId },
        { intent: 'drain', node: machine.nodeId },
        { intent: 'resume', node: machine.nodeId },
        { intent: 'pause', unit },
        { intent: 'activate', unit },
        { intent: 'allocate', unit, coresAllocated: '0' },
      ];
      for (const values of attempts) expect([403, 404], values['intent']).toContain((await form(theirs, '/machines', values)).status());
      expect(await findNode(postgres.db, machine.nodeId)).toEqual(before);

      await form(own, '/settings', { intent: 'create-key', name: 'mine', scope: 'read', days: '7' });
      const settings = await (await own.request.get(`${base}/settings`)).text();
      const key = /name="key" value="([^"]+)"/.exec(settings)?.[1] ?? '';
      expect(key).not.toBe('');
      expect((await form(theirs, '/settings', { intent: 'revoke-key', key })).status()).toBe(404);
      const second = await openPage(browser);
      await logIn(second.page, base, owner);
      const handle = /name="handle" value="([^"]+)"/.exec(await (await own.request.get(`${base}/settings`)).text())?.[1] ?? '';
      expect(handle).not.toBe('');
      expect((await form(theirs, '/settings', { intent: 'end-session', handle })).status()).toBe(404);
      await second.page.goto(`${base}/jobs`);
      expect(new URL(second.page.url()).pathname).toBe('/jobs');
      await second.context.close();
    });

    async function transfersOf(person: Person) {
      const client = await clientOf(person);
      const { transfers } = await client.walletTransfers();
      client.close();
      return transfers;
    }
  });

  async function registerNamedMachine({ username, password }: Person, ownerId: string, script: string): Promise<void> {
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
