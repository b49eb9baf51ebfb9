import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { findNode } from '#db/postgres/nodes';
import { logIn, openBrowser, openPage } from './browser.ts';
import { stackConfig, type Person } from './platform.ts';

/** The platform's own provider, whose node has a real stake on chain; in a browser without JavaScript. */
describe('a node of one’s own', () => {
  const { home, databaseUrl, publicUrls } = stackConfig();
  const base = publicUrls.web;
  let browser: Browser;
  let page: Page;
  let postgres: Postgres;
  let nodeId: string;

  beforeAll(async () => {
    const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(home, 'node', name), 'utf8'));
    ({ nodeId } = (await read('config.json')) as { nodeId: string });
    postgres = connectPostgres({ url: databaseUrl, onError: () => undefined });
    browser = await openBrowser();
    ({ page } = await openPage(browser, { javaScriptEnabled: false }));
    await logIn(page, base, (await read('provider.json')) as Person);
  });
  afterAll(async () => {
    await browser.close();
    await postgres.close();
  });

  const press = (name: string): Promise<void> => page.getByRole('main').getByRole('button', { name }).click();
  const node = () => findNode(postgres.db, nodeId);

  it('is paused, and goes on', async () => {
    await page.goto(`${base}/machines`);
    await page.getByRole('link', { name: /^Stake and slashes of the cpu node/ }).click();
    await press('Pause');
    await page.getByText('The node is paused').waitFor();
    expect(await node()).toMatchObject({ paused: true });
    await press('End the pause');
    await page.getByText('The node takes jobs again').waitFor();
    expect(await node()).toMatchObject({ paused: false });
  });

  it('gets more stake from the wallet, once what was wrong is corrected', async () => {
    const before = (await node())!.stakeBase;
    const requestId = (): Promise<string> => page.locator('input[name=requestId]').inputValue();
    const first = await requestId();
    await page.getByLabel('Add to the stake').fill('none');
    await press('Add from my wallet');
    expect(await page.getByRole('alert').textContent()).toMatch(/above 0/);
    // What failed is sent again as the same request.
    expect(await requestId()).toBe(first);
    await page.getByLabel('Add to the stake').fill('2.5');
    await press('Add from my wallet');
    await page.getByText('2.500 CYXWIZ went from your wallet to the stake').waitFor({ timeout: 60_000 });
    expect(await requestId()).not.toBe(first);
    expect((await node())!.stakeBase).toBe(before + 2_500_000_000n);
    await page.getByText('None: nothing was ever taken from this stake').waitFor();
  });

  it('gives its stake back after a plan that says what moves and what can be undone, and takes that back', async () => {
    await page.getByRole('link', { name: 'Take the stake back' }).click();
    const plan = await page.getByRole('main').innerText();
    for (const words of ['What moves, and when', '7 days after you begin', 'What you can still undo', 'Still at risk', 'stays yours without a stake', 'until you add 100 CYXWIZ to it']) expect(plan).toContain(words);
    await press('Begin the 7 days');
    await page.getByText('It can be had back').waitFor({ timeout: 60_000 });
    const unstaking = await node();
    expect(unstaking).toMatchObject({ unstaking: true });
    const days = (unstaking!.unstakeAvailableAt!.getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThan(7.1);
    await page.goto(`${base}/machines`);
    await page.getByText('unstaking, yours').waitFor();
    await page.goto(`${base}/machines/nodes/${nodeId}/unstake`);
    await press('Cancel, and go on working');
    await page.getByRole('button', { name: 'Begin the 7 days' }).waitFor({ timeout: 60_000 });
    expect(await node()).toMatchObject({ unstaking: false, unstakeAvailableAt: null });
  });
});
