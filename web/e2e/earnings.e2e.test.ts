import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAttempt, recordClaim } from '#db/postgres/attempts';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { recordTransfers } from '#db/postgres/ledger';
import { patchNode, upsertNode } from '#db/postgres/nodes';
import { axe } from './axe.ts';
import { openBrowser, openPage, signUp, waitForCredit } from './browser.ts';
import { faultsOf } from './looks.ts';
import { clientOf, newPerson, stackConfig } from './platform.ts';

describe('earnings', () => {
  const config = stackConfig();
  const base = config.publicUrls.web;
  const person = newPerson();
  const nodeId = randomUUID();
  const signature = `sig${nodeId.replaceAll('-', '')}`;
  let browser: Browser;
  let postgres: Postgres;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    browser = await openBrowser();
    postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
    ({ page, problems } = await openPage(browser));
    await signUp(page, base, person);
    await waitForCredit(page, base);
  });
  afterAll(async () => {
    await browser.close();
    await postgres.close();
  });

  /** A node of this person that was paid for two jobs. */
  async function earn(): Promise<void> {
    const client = await clientOf(person);
    const { id: ownerId } = await client.auth.me();
    const { address } = (await client.wallet())!;
    client.close();
    await upsertNode(postgres.db, { id: nodeId, ownerId, machineId: `machine-${nodeId}`, ownerAddress: address, deviceClass: 'cpu', deviceName: 'EPYC 7543', state: 'OFFLINE', pricePerHourBase: 1n });
    await patchNode(postgres.db, nodeId, { account: `node-${nodeId}` });
    const stake = { from: `wallet:${address}`, to: `stake:node-${nodeId}`, currency: 'CYXWIZ', purpose: 'stake-deposit', signature, amountBase: 100_000_000_000n } as const;
    await recordTransfers(postgres.db, [{ ...stake, transferKey: `${nodeId}/stake-deposit/0` }]);
    for (const amountBase of [45_000_000_000n, 1n]) {
      const jobId = randomUUID();
      await openAttempt(postgres.db, { jobId, attempt: 1 });
      await recordClaim(postgres.db, { jobId, attempt: 1, nodeId });
      const payout = { from: `escrow:${jobId}`, to: `wallet:${address}`, currency: 'CYXWIZ', purpose: 'node-payout', signature: `${signature}${amountBase}`, jobId, attempt: 1, amountBase } as const;
      await recordTransfers(postgres.db, [{ ...payout, transferKey: `${jobId}/node-payout/1` }]);
    }
  }

  it('says how to begin to somebody without a node', async () => {
    await page.goto(`${base}/earnings`);
    await page.getByText('You rent out no machine yet').waitFor();
    expect(await page.getByRole('link', { name: 'Get the Server Node' }).getAttribute('href')).toBe('/downloads');
    expect(await axe(page)).toEqual([]);
  });

  it('shows what each node earned each day, and every transfer with reason and signature', async () => {
    await earn();
    await page.goto(`${base}/earnings`);
    const row = page.getByRole('region', { name: 'Earnings by day and node' }).getByRole('row').nth(1);
    expect(await row.textContent()).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\dEPYC 7543 · ${nodeId.slice(0, 8)}2`));
    await page.getByText('45.000000001').first().waitFor();
    const transfers = page.getByRole('region', { name: 'Transfers' });
    expect(await transfers.getByRole('listitem').count()).toBe(3);
    const text = (await transfers.textContent()) ?? '';
    for (const part of ['The node’s 90 % for a checked result', 'A provider’s stake, which can be slashed', 'EPYC 7543']) expect(text).toContain(part);
    expect(await transfers.locator('a[href^="/tx/"]').count()).toBe(3);
  });

  it('opens each payment, but not the customer’s job behind it', async () => {
    for (const path of ['/earnings', '/wallet']) {
      await page.goto(base + path);
      const transfers = page.getByRole('region', { name: 'Transfers' });
      const payout = transfers.getByRole('listitem').filter({ hasText: '45.000' });
      expect(await payout.textContent()).toMatch(/a customer’s job [0-9a-f]{8}/);
      expect(await transfers.locator('a[href^="/jobs/"]').count()).toBe(0);
      await payout.locator('a[href^="/tx/"]').click();
      await page.getByRole('heading', { name: 'Transaction' }).waitFor();
      expect(await page.getByText('45000000000', { exact: true }).count()).toBe(1);
      expect(await page.getByText('A customer’s job').count()).toBe(1);
      expect(await page.locator('main a[href^="/jobs/"]').count()).toBe(0);
    }
    const { page: strangers, context } = await openPage(browser);
    await signUp(strangers, base, newPerson());
    expect((await context.request.get(`${base}/tx/${signature}45000000000`)).status()).toBe(404);
    await context.close();
  });

  it('saves them as a spreadsheet, as the wallet does', async () => {
    await page.goto(`${base}/earnings`);
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
    expect(file.suggestedFilename()).toBe('cyxwiz-earnings.csv');
    const rows = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
    expect(rows).toHaveLength(4);
    expect(rows[0]).toBe('at,purpose,reason,from,to,amount_cyxwiz,amount_base,job,node,signature');
    expect(rows.filter((line) => line.includes(nodeId))).toHaveLength(3);
    expect(rows.some((line) => line.includes(',45.000,45000000000,') && line.endsWith(`${signature}45000000000`))).toBe(true);

    await page.goto(`${base}/wallet`);
    const [wallet] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
    const lines = (await readFile(await wallet.path(), 'utf8')).trim().split('\r\n');
    expect(lines.map((line) => line.split(',')[1]).sort()).toEqual(['node-payout', 'node-payout', 'purpose', 'stake-deposit', 'welcome-credit']);
  });

  it('looks right on a desktop and on a phone, in both themes, and is nobody else’s', async () => {
    await page.goto(`${base}/earnings`);
    expect(await faultsOf(page, 'earnings-earned')).toEqual([]);
    expect(problems).toEqual([]);
    const other = await openPage(browser);
    await signUp(other.page, base, newPerson());
    const theirs = await (await other.context.request.get(`${base}/earnings.csv`)).text();
    expect(theirs.trim().split('\r\n')).toHaveLength(1);
  });
});
