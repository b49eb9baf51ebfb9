import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyReceipt } from '#core/receipt/receipt';
import { connectPostgres } from '#db/postgres/connect';
import { findDraw } from '#db/postgres/draws';
import { axe } from './axe.ts';
import { logIn, openBrowser, openPage, signUp, waitForCredit } from './browser.ts';
import { faultsOf } from './looks.ts';
import { submitJob } from './new-job.ts';
import { clientOf, makeOperator, newPerson, putDigits, stackConfig } from './platform.ts';

const JOB_TIMEOUT_MS = 120_000;

describe('a paid job in the browser', () => {
  const { publicUrls } = stackConfig();
  const base = publicUrls.web;
  const person = newPerson();
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    browser = await openBrowser();
    ({ page, problems } = await openPage(browser, { colorScheme: 'dark' }));
    await signUp(page, base, person);
    const client = await clientOf(person);
    await putDigits(client, 1_200);
    client.close();
    await waitForCredit(page, base);
  });
  afterAll(() => browser.close());

  it('shows a running job live and ends with the model checked and the money paid', async () => {
    await submitJob(page, base, { epochs: 12, batchSize: 32 });
    await page.getByRole('progressbar').waitFor();
    await page.locator('li[aria-current=step]', { hasText: 'Training' }).waitFor({ timeout: JOB_TIMEOUT_MS });
    await page.locator('[data-connection=live]').waitFor();

    // The curve grows by itself: nobody loads the page again.
    const chart = page.getByRole('img', { name: /^Training loss/ });
    const early = await waitForValues(chart);
    await page.waitForFunction((label) => document.querySelector('[aria-label^="Training loss"]')?.getAttribute('aria-label') !== label, early);
    await page.locator('figure canvas').first().waitFor();
    expect(await faultsOf(page, 'job-running')).toEqual([]);

    await page.locator('li[aria-current=step]', { hasText: 'Completed' }).waitFor({ timeout: JOB_TIMEOUT_MS });
    await page.getByText('right on held-out data').waitFor();
    expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('100');
    expect(await statesOf(page)).toEqual(['Created', 'Queued', 'Funds locked', 'Node assigned', 'Training', 'Completed']);
  });

  it('accounts for every token, each with its signature', async () => {
    const trail = page.getByRole('region', { name: 'Money trail' });
    await trail.getByText('The escrow is empty').waitFor();
    expect(await trail.getByRole('listitem').count()).toBe(3);
    const text = (await trail.textContent()) ?? '';
    for (const amount of ['50.000', '45.000', '5.000']) expect(text).toContain(amount);
    expect(text).toContain('your wallet');

    await trail.locator('a[href^="/tx/"]').last().click();
    await page.getByRole('heading', { name: 'Transaction' }).waitFor();
    expect(await page.getByText('45000000000').count()).toBe(1);
    expect(await page.getByText('5000000000', { exact: true }).count()).toBe(1);
    await page.goBack();

    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Receipt' }).click()]);
    expect(file.suggestedFilename()).toMatch(/^receipt-[0-9a-f-]{36}\.jsonl$/);
    expect(await verifyReceipt(new Uint8Array(readFileSync(await file.path())))).toMatchObject({ ok: true });

    await page.goto(`${base}/wallet`);
    await page.getByText('950.000').first().waitFor();
  });

  it('says what was run again, by whom, and what came of it', async () => {
    await page.goto(`${base}/jobs`);
    await page.locator('a[href^="/jobs/"]', { hasText: 'Completed' }).first().click();
    const panel = page.getByRole('region', { name: 'Verification' });
    await panel.getByText('Accepted: the result holds.').waitFor();
    const text = (await panel.textContent()) ?? '';
    // The node is new to nobody who ran the other files, so it may be that nothing was drawn: then that is said, and why it is safe.
    const { segments, rate } = await storedDraw(new URL(page.url()).pathname.split('/').pop()!);
    const drawn = segments === 0 ? 'No segment was drawn this time.' : `${segments} segment${segments === 1 ? '' : 's'} of the training`;
    expect(text).toContain(drawn);
    if (segments === 0) expect(text).toContain('That is still safe');
    else expect(text).toMatch(new RegExp(`It ran ${segments} segments? again, [\\d,]+ steps`));
    expect(text).toContain(`Each segment had a chance of ${rate === 1 ? '100' : (rate * 100).toFixed(1)}\u202f%.`);
    expect(text).toMatch(/Opinion 1, by verifier .*Valid\..*It took [\d.]+ m?s/);
    expect(await axe(page)).toEqual([]);
  });

  it('looks right on a desktop and on a phone, in both themes', async () => {
    await page.goto(`${base}/jobs`);
    await page.locator('a[href^="/jobs/"]', { hasText: 'Completed' }).first().click();
    await page.locator('figure canvas').nth(1).waitFor();
    await page.locator('[data-connection=over]').waitFor();
    expect(await faultsOf(page, 'job-completed')).toEqual([]);
  });

  it('shows the same job without JavaScript, and offers to run it again', async () => {
    const { page: plain, context } = await openPage(browser, { javaScriptEnabled: false });
    await context.addCookies(await page.context().cookies());
    await plain.goto(page.url());
    expect(await statesOf(plain)).toContain('Completed');
    await plain.getByRole('link', { name: 'Run it again' }).click();
    expect(await plain.getByLabel('Epochs').inputValue()).toBe('12');
    expect(await plain.getByLabel('Model graph (JSON)').inputValue()).toContain('"Conv2D"');
    await context.close();
  });

  it('leads operators into Temporal Web, and nobody else', async () => {
    expect(await page.getByRole('region', { name: 'Specification' }).count()).toBe(1);
    expect(await page.getByRole('link', { name: 'Open in Temporal Web' }).count()).toBe(0);
    const { page: other, context } = await openPage(browser);
    const operator = newPerson();
    await signUp(other, base, operator);
    await makeOperator(operator);
    await logIn(other, base, operator);
    await other.goto(page.url());
    const workflow = await other.getByRole('link', { name: 'Open in Temporal Web' }).getAttribute('href');
    expect(workflow).toMatch(new RegExp(`^${publicUrls.temporalUi}/namespaces/default/workflows/job-[0-9a-f-]{36}$`));
    await context.close();
  });

  it('hides the job from everybody else', async () => {
    const { page: other, context } = await openPage(browser);
    await signUp(other, base, newPerson());
    const answer = await other.goto(page.url());
    expect(answer?.status()).toBe(404);
    const events = await context.request.get(`${page.url()}/events`);
    expect(events.status()).toBe(404);
    await context.close();
  });

  it('threw nothing at any of it', () => {
    expect(problems).toEqual([]);
  });
});

async function waitForValues(chart: ReturnType<Page['getByRole']>): Promise<string> {
  for (;;) {
    const label = (await chart.getAttribute('aria-label')) ?? '';
    if (label.includes('now')) return label;
    await chart.page().waitForTimeout(50);
  }
}

/** What the draw of the first attempt has on record. */
async function storedDraw(jobId: string): Promise<{ segments: number; rate: number }> {
  const postgres = connectPostgres({ url: stackConfig().databaseUrl, onError: () => undefined });
  const draw = await findDraw(postgres.db, { jobId, attempt: 1 });
  await postgres.close();
  return { segments: draw!.segments.length, rate: draw!.rates['1']! };
}

/** The states that the job went through, in order. */
async function statesOf(page: Page): Promise<string[]> {
  const items = page.getByRole('region', { name: 'States' }).locator('li', { has: page.locator('time') });
  return items.locator('span.font-medium').allTextContents();
}
