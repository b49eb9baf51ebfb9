import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { NativeConnection, Worker } from '@temporalio/worker';
import { eq, sql } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CyxWizClient } from '#api/client/node';
import { parseCyxwiz } from '#core/money/amount';
import { recordOffer } from '#db/postgres/attempts';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { measuredAs } from '#core/hardware/challenge/testing/measured';
import { upsertNode } from '#db/postgres/nodes';
import { nodes } from '#db/postgres/schema';
import { verifierQueue } from '#temporal/contract/queues';
import { openBrowser, openPage, signUp, waitForCredit } from './browser.ts';
import { faultsOf } from './looks.ts';
import { clientOf, newPerson, putDigits, stackConfig } from './platform.ts';

const graphJson = readFileSync(new URL('../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8');

describe('what a job costs elsewhere, and why it waits', () => {
  const config = stackConfig();
  const base = config.publicUrls.web;
  const person = newPerson();
  const cardId = randomUUID();
  let browser: Browser;
  let postgres: Postgres;
  let client: CyxWizClient;
  let page: Page;
  let problems: string[];
  let userId: string;
  let datasetCid: string;
  let endVerifier: () => Promise<void>;

  beforeAll(async () => {
    browser = await openBrowser();
    postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
    ({ page, problems } = await openPage(browser));
    await signUp(page, base, person);
    client = await clientOf(person);
    userId = (await client.auth.me()).id;
    datasetCid = (await putDigits(client, 1_200)).cid;
    await waitForCredit(page, base);
    await offerCard();
  });
  afterAll(async () => {
    await endVerifier();
    await postgres.db.delete(nodes).where(eq(nodes.id, cardId));
    await postgres.close();
    client.close();
    await browser.close();
  });

  /** A second kind of hardware on the market: a node of it, and somebody who polls for what is to be verified on it. */
  async function offerCard(): Promise<void> {
    const row = { ownerId: randomUUID(), machineId: `machine-${cardId.slice(0, 8)}`, ownerAddress: 'a', deviceClass: 'cuda.24g', deviceName: 'Test card', measured: measuredAs('cuda.24g'), samplesPerSecond: 50_000 };
    await upsertNode(postgres.db, { id: cardId, ...row, state: 'ACTIVE', pricePerHourBase: parseCyxwiz('600'), stakeBase: parseCyxwiz('200') });
    // The sweep does not find it silent as long as this file runs.
    await postgres.db.execute(sql`UPDATE nodes SET last_seen_at = now() + interval '1 hour' WHERE id = ${cardId}`);
    const connection = await NativeConnection.connect({ address: config.temporal.address });
    const worker = await Worker.create({ connection, namespace: config.temporal.namespace, taskQueue: verifierQueue('cuda.24g'), activities: { nothing: () => Promise.resolve() } });
    const running = worker.run();
    endVerifier = async () => {
      worker.shutdown();
      await running;
      await connection.close();
    };
  }

  const quotesByClass = async () => {
    const { rows } = await postgres.db.execute<{ device_class: string; n: number }>(sql`SELECT device_class, count(*)::int AS n FROM quotes WHERE user_id = ${userId} GROUP BY 1 ORDER BY 1`);
    return Object.fromEntries(rows.map((row) => [row.device_class, row.n]));
  };
  const inEachLook = async (name: string): Promise<void> => expect(await faultsOf(page, name)).toEqual([]);

  it('shows the price on each kind of hardware beside the plan', async () => {
    await page.goto(`${base}/jobs/new`);
    await page.getByLabel('Device class').selectOption('cpu');
    await page.getByRole('button', { name: 'Get the price' }).click();
    const own = page.getByRole('row').filter({ hasText: 'this plan' });
    await own.waitFor();
    const plan = page.getByRole('region', { name: 'Plan' });
    const fact = (name: string) => plan.locator('dl > div', { has: page.locator('dt', { hasText: name }) }).locator('dd').textContent();
    const cells = await own.getByRole('cell').allTextContents();
    expect(await own.getByRole('rowheader').textContent()).toContain('cpu');
    expect(cells[0]).toContain('50.000 CYXWIZ');
    expect(cells[0]).toContain((await fact('Price per hour')) ?? '-');
    expect(cells[1]).toBe(await fact('Should take about'));
    expect(`${cells[2]} node${cells[2] === '1' ? '' : 's'}`).toBe(await fact('Could run on'));
    const card = page.getByRole('row').filter({ hasText: 'cuda.24g' });
    expect(await card.textContent()).toContain('100.000 CYXWIZ');
    await inEachLook('new-job-prices');
    // Only what was asked for binds.
    expect(await quotesByClass()).toEqual({ cpu: 1 });
  });

  it('plans on another kind when it is chosen, with and without JavaScript', async () => {
    await page.getByLabel('Epochs').fill('4');
    expect(await page.getByRole('button', { name: 'Plan on cuda.24g' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Get the price' }).click();
    // The new plan takes the focus once, and its table can be used from then on.
    await expect.poll(() => page.getByRole('button', { name: 'Plan on cuda.24g' }).isEnabled(), { timeout: 30_000 }).toBe(true);
    await page.getByRole('button', { name: 'Plan on cuda.24g' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Approve and lock 100.000 CYXWIZ' }).waitFor();
    expect(await page.getByLabel('Device class').inputValue()).toBe('cuda.24g');
    expect(await page.getByLabel('Epochs').inputValue()).toBe('4');
    expect(await page.getByRole('row').filter({ hasText: 'this plan' }).textContent()).toContain('cuda.24g');
    expect(await quotesByClass()).toEqual({ cpu: 2, 'cuda.24g': 1 });

    const { page: plain, context } = await openPage(browser, { javaScriptEnabled: false });
    await context.addCookies(await page.context().cookies());
    await plain.goto(`${base}/jobs/new`);
    await plain.getByLabel('Device class').selectOption('cuda.24g');
    await plain.getByRole('button', { name: 'Get the price' }).click();
    await plain.getByRole('button', { name: 'Plan on cpu' }).click();
    expect(await plain.getByRole('row').filter({ hasText: 'this plan' }).textContent()).toContain('50.000 CYXWIZ');
    expect(await plain.getByLabel('Device class').inputValue()).toBe('cpu');
    await context.close();
  });

  async function submit(): Promise<string> {
    const specification = { graphJson, datasetCid, hyperParameters: { epochs: 800, batchSize: 32, learningRate: 0.001 }, deviceClass: 'cpu', deadlineMs: 600_000 };
    const { quoteId, amountBase } = await client.quote(specification);
    return (await client.submit({ requestId: randomUUID(), quoteId, specification, budgetBase: amountBase })).jobId;
  }

  it('says whom a waiting job was offered to, what they said, and when the first is free', async () => {
    const running = await submit();
    await vi.waitFor(async () => expect((await client.status(running)).state).toBe('RUNNING'), { timeout: 90_000, interval: 300 });
    const waiting = await submit();
    await vi.waitFor(async () => expect(await client.status(waiting)).toMatchObject({ state: 'ESCROWED', attempt: 1 }), { timeout: 60_000, interval: 300 });
    await page.goto(`${base}/jobs/${waiting}`);
    // The one node of the platform trains the other job, and its reports tell how far it is.
    await page.getByText(/The first to be free should finish training in about (\d+ s|\d+ min)/).waitFor({ timeout: 30_000 });
    const { nodeId } = await client.status(running);
    await recordOffer(postgres.db, { jobId: waiting, attempt: 1, nodeId: nodeId!, accepted: false, reason: 'this node is short of disk space' });
    await recordOffer(postgres.db, { jobId: waiting, attempt: 1, nodeId: cardId, accepted: false, reason: 'this node is short of disk space' });
    await recordOffer(postgres.db, { jobId: waiting, attempt: 1, nodeId: cardId, accepted: false, reason: 'my <b>own</b> words' });
    // By itself: nobody loads the page again.
    await page.getByText('Asked 2 nodes: short of disk space (2), “my <b>own</b> words” (1).').waitFor({ timeout: 30_000 });
    await page.getByText('Nothing to check yet.').waitFor();
    await inEachLook('job-waiting');
    for (const jobId of [waiting, running]) await client.cancel(jobId);
    await page.locator('li[aria-current=step]', { hasText: 'Cancelled' }).waitFor({ timeout: 60_000 });
    expect(await page.getByText('Asked 2 nodes').count()).toBe(0);
    expect(problems).toEqual([]);
  });
});
