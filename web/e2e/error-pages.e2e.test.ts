import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { createWebsite } from '#api/http/website';
import { startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { withOwnDatabase } from '#api/testing/own-database';
import { createWebHandler } from '#web/server.server';
import { logIn, openBrowser, openPage, signUp } from './browser.ts';
import { faultsOf } from './looks.ts';
import { newPerson } from './platform.ts';

/** A table that is away breaks the pages that need it, and no other: every fault here is a real one. */
describe('where something breaks on our side', () => {
  const person = newPerson();
  let platform: AccountPlatform;
  let browser: Browser;
  let page: Page;
  const logged: unknown[][] = [];
  const rename = (from: string, to: string) => platform.deps.postgres.db.execute(sql.raw(`ALTER TABLE ${from} RENAME TO ${to}`));

  beforeAll(async () => {
    const buildDir = fileURLToPath(new URL('../build', import.meta.url));
    platform = await startAccountPlatform(
      await withOwnDatabase(inject('stackEnv')),
      (deps) => deps,
      (services, http) => createWebsite({ buildDir, handler: createWebHandler({ services, buildDir, publicUrls: { http, workflows: `${http}/workflows`, storage: http, grpc: '127.0.0.1:9', gateway: '127.0.0.1:9' } }) }),
    );
    browser = await openBrowser();
    ({ page } = await openPage(browser));
    await signUp(page, platform.url, person);
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.close();
  });
  beforeEach(() => {
    logged.length = 0;
    vi.spyOn(console, 'error').mockImplementation((...words: unknown[]) => void logged.push(words));
  });
  afterEach(() => void vi.restoreAllMocks());

  const shownId = () => page.getByRole('main').locator('code').textContent();
  const logLine = (id: string) => logged.find(([text]) => String(text).includes(id));

  it('a page says so, names the request as the log does, and leads back', async () => {
    await rename('jobs', 'jobs_away');
    const answer = await page.goto(`${platform.url}/jobs`);
    expect(answer?.status()).toBe(500);
    await page.getByRole('heading', { name: 'Something broke on our side' }).waitFor();
    const id = answer?.headers()['x-request-id'] ?? 'none';
    expect(await shownId()).toBe(id);
    expect(String(logLine(id)?.[0])).toMatch(/^GET \/jobs failed/);
    // What went wrong is for the log alone.
    expect(await page.content()).not.toContain('jobs_away');
    expect(await page.content()).not.toMatch(/relation|select /i);
    expect(await faultsOf(page, 'fault')).toEqual([]);

    await rename('jobs_away', 'jobs');
    await page.getByRole('link', { name: 'To the dashboard' }).click();
    await page.waitForURL('**/dashboard');
    await page.getByRole('heading', { name: 'Something broke on our side' }).waitFor({ state: 'detached' });
    await page.reload();
    await page.getByLabel(`Account of ${person.username}`).waitFor();
  });

  it('a page that is opened from another one names its own request', async () => {
    await page.goto(`${platform.url}/settings`);
    await rename('jobs', 'jobs_away');
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().includes('_data=') && response.status() === 500),
      page.getByRole('link', { name: 'Jobs', exact: true }).first().click(),
    ]);
    await page.getByRole('heading', { name: 'Something broke on our side' }).waitFor();
    const id = answer.headers()['x-request-id'] ?? 'none';
    expect(await shownId()).toBe(id);
    expect(logLine(id)).toBeDefined();
    await rename('jobs_away', 'jobs');
    await page.getByRole('link', { name: 'Your jobs' }).click();
    await page.getByText('No jobs yet').waitFor();
  });

  it('an operator’s page does, too', async () => {
    await platform.mongo.users.updateOne({ username: person.username }, { $set: { role: 'operator' } });
    await page.context().clearCookies();
    await logIn(page, platform.url, person);
    await rename('jobs', 'jobs_away');
    const answer = await page.goto(`${platform.url}/ops`);
    expect(answer?.status()).toBe(500);
    expect(await shownId()).toBe(answer?.headers()['x-request-id']);
    await rename('jobs_away', 'jobs');
    await page.reload();
    await page.getByRole('region', { name: 'Needs attention' }).waitFor();
  });

  it('a guest is led to where guests may go', async () => {
    const guest = await openPage(browser);
    await rename('nodes', 'nodes_away');
    expect((await guest.page.goto(`${platform.url}/nodes`))?.status()).toBe(500);
    await rename('nodes_away', 'nodes');
    await guest.page.getByRole('link', { name: 'To the start page' }).click();
    await guest.page.getByRole('link', { name: 'Create an account' }).first().waitFor();
    await guest.context.close();
  });

  it('no log line holds what a query was given', async () => {
    await rename('jobs', 'jobs_away');
    await page.goto(`${platform.url}/jobs/11111111-1111-4111-8111-111111111111`);
    await rename('jobs_away', 'jobs');
    const error = logged.flat().find((word) => word instanceof Error);
    expect(error).toBeDefined();
    expect(String((error as Error).stack)).not.toContain('11111111');
  });
});
