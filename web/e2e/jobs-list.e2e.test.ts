import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CyxWizClient } from '#api/client/node';
import { openBrowser, openPage, PHONE, signUp, waitForCredit } from './browser.ts';
import { faultsOf } from './looks.ts';
import { clientOf, newPerson, putDigits, stackConfig } from './platform.ts';

const graphJson = readFileSync(new URL('../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8');

describe('the list of jobs', () => {
  const { publicUrls } = stackConfig();
  const base = publicUrls.web;
  const person = newPerson();
  /** Two on the first dataset, then one on the second. */
  const jobIds: string[] = [];
  let browser: Browser;
  let client: CyxWizClient;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    browser = await openBrowser();
    ({ page, problems } = await openPage(browser));
    await signUp(page, base, person);
    client = await clientOf(person);
    const [monday, evening] = [await putDigits(client, 1_200, 'Digits of Monday'), await putDigits(client, 400, 'Evening digits')];
    await waitForCredit(page, base);
    for (const { cid } of [monday, monday, evening]) jobIds.push(await submit(cid));
    // Locked, and with the one node for much longer than this file takes.
    for (const jobId of jobIds) await vi.waitFor(async () => expect((await client.status(jobId)).state).toMatch(/ESCROWED|ASSIGNED|RUNNING/), { timeout: 90_000, interval: 300 });
  });
  afterAll(async () => {
    client.close();
    await browser.close();
  });

  async function submit(datasetCid: string): Promise<string> {
    const specification = { graphJson, datasetCid, hyperParameters: { epochs: 800, batchSize: 32, learningRate: 0.001 }, deviceClass: 'cpu', deadlineMs: 600_000 };
    const { quoteId, amountBase } = await client.quote(specification);
    return (await client.submit({ requestId: randomUUID(), quoteId, specification, budgetBase: amountBase })).jobId;
  }
  const short = (index: number): string => jobIds[index]!.slice(0, 8);
  /** The jobs that the list shows, as places in `jobIds`. */
  const shown = async (on = page): Promise<number[]> => {
    const links = await on.locator('li > a[href^="/jobs/"]:not([href*="new?"])').evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
    return links.map((href) => jobIds.indexOf(href.replace('/jobs/', ''))).sort();
  };
  /** The address changes at once, the list when its answer is there. */
  const shows = (jobs: readonly number[]): Promise<void> => expect.poll(() => shown(), { timeout: 30_000 }).toEqual(jobs);
  const look = async (text: string): Promise<void> => {
    const field = page.getByRole('searchbox');
    await field.fill(text);
    await field.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('q') === text);
  };
  const inEachLook = async (name: string): Promise<void> => expect(await faultsOf(page, name)).toEqual([]);

  it('finds jobs by id, dataset, CID and device class, and keeps the search in the address', async () => {
    await page.goto(`${base}/jobs`);
    await inEachLook('jobs');
    expect(await shown()).toEqual([0, 1, 2]);
    await look('EVENING');
    await shows([2]);
    await look(short(1));
    await shows([1]);
    await look('cpu');
    await shows([0, 1, 2]);
    await look((await client.status(jobIds[0]!)).specification.datasetCid.slice(0, 20));
    await shows([0, 1]);
    await look('100%_nowhere');
    await page.getByText('No job fits “100%_nowhere”').waitFor();
    await page.goBack();
    await shows([0, 1]);
    await page.getByRole('link', { name: 'Clear' }).click();
    await shows([0, 1, 2]);
  });

  it('cancels what is chosen by keyboard, after it has said what comes back', async () => {
    await page.goto(`${base}/jobs`);
    for (const index of [0, 1]) {
      await page.getByRole('checkbox', { name: short(index) }).focus();
      await page.keyboard.press('Space');
    }
    await page.getByText('2 jobs chosen.').waitFor();
    await page.getByRole('button', { name: 'Cancel chosen jobs…' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Cancel 2 jobs?' }).waitFor();
    expect(await page.getByRole('main').textContent()).toContain('100.000 CYXWIZ go from the escrows back to your wallet');
    await inEachLook('jobs-cancel');
    await page.getByRole('button', { name: 'Cancel 2 jobs' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '2 jobs of 2 cancelled' }).waitFor();
    for (const index of [0, 1]) {
      expect(await page.getByRole('listitem').filter({ hasText: short(index) }).textContent()).toContain('is cancelled. 50.000 CYXWIZ go back to your wallet.');
    }
    await inEachLook('jobs-cancelled');
  });

  it('does the same without JavaScript, and doing it again changes nothing', async () => {
    const { page: plain, context } = await openPage(browser, { javaScriptEnabled: false, viewport: PHONE });
    await context.addCookies(await page.context().cookies());
    await plain.goto(`${base}/jobs`);
    await plain.getByRole('searchbox').fill('evening');
    await plain.getByRole('button', { name: 'Search' }).click();
    expect(await shown(plain)).toEqual([2]);
    await plain.getByRole('button', { name: 'Cancel chosen jobs…' }).click();
    await plain.getByText('No job is chosen').waitFor();
    await plain.goBack();
    await plain.getByRole('checkbox', { name: short(2) }).check();
    await plain.getByRole('button', { name: 'Cancel chosen jobs…' }).click();
    const plan = plain.url();
    expect(await plain.getByRole('heading', { level: 1 }).textContent()).toBe('Cancel 1 job?');
    await plain.getByRole('button', { name: 'Cancel 1 job' }).click();
    expect(await plain.getByRole('heading', { level: 1 }).textContent()).toBe('1 job of 1 cancelled');
    // The same form once more, as from a second window: at once, and after the end.
    await context.request.post(`${base}/jobs/cancel`, { form: { job: jobIds[2]! }, headers: { origin: base } });
    await expect.poll(async () => (await client.status(jobIds[2]!)).state, { timeout: 60_000 }).toBe('CANCELLED');
    const again = await context.request.post(`${base}/jobs/cancel`, { form: { job: jobIds[2]! }, headers: { origin: base } });
    expect(await again.text()).toContain('nothing to cancel');
    await plain.goto(plan);
    await plain.getByText('These jobs have ended already').waitFor();
    await context.close();
    // All of it comes back, once.
    await expect.poll(async () => (await client.wallet())?.balanceBase, { timeout: 60_000 }).toBe(1_000_000_000_000n);
  });

  it('is no way for other websites or other people', async () => {
    const { context, page: other } = await openPage(browser);
    const foreign = await page.context().request.post(`${base}/jobs/cancel`, { form: { job: jobIds[0]! }, headers: { origin: 'https://elsewhere.example' } });
    expect(foreign.status()).toBe(403);
    await signUp(other, base, newPerson());
    expect((await other.goto(`${base}/jobs/cancel?job=${jobIds[0]}`))?.status()).toBe(404);
    const posted = await context.request.post(`${base}/jobs/cancel`, { form: { job: jobIds[0]! }, headers: { origin: base } });
    expect(await posted.text()).toContain('There is no job');
    expect((await other.goto(`${base}/jobs/cancel?job=none`))?.status()).toBe(400);
    await context.close();
  });

  it('shows one state, together with the search, and nothing else', async () => {
    await page.goto(`${base}/jobs`);
    const filter = page.getByRole('navigation', { name: 'Filter by state' });
    await filter.getByRole('link', { name: 'Training' }).click();
    await page.getByText('No job is in the state “Training”').waitFor();
    await filter.getByRole('link', { name: 'Cancelled' }).click();
    await page.waitForURL('**/jobs?state=CANCELLED');
    await shows([0, 1, 2]);
    expect(await filter.locator('[aria-current=page]').textContent()).toBe('Cancelled');
    await look('monday');
    expect(new URL(page.url()).searchParams.get('state')).toBe('CANCELLED');
    await shows([0, 1]);
    await filter.getByRole('link', { name: 'Failed' }).click();
    await page.getByText('No job in the state “Failed” fits “monday”').waitFor();
    expect(await page.getByRole('checkbox').count()).toBe(0);
  });

  it('is saved as a spreadsheet, as far as it is narrowed', async () => {
    await page.goto(`${base}/jobs?q=evening`);
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
    expect(file.suggestedFilename()).toBe('cyxwiz-jobs.csv');
    const [header, row, ...rest] = readFileSync(await file.path(), 'utf8').trimEnd().split('\r\n');
    expect(header).toContain('job,created_at,state,model,dataset');
    expect(row).toMatch(new RegExp(`^${jobIds[2]},.*,CANCELLED,.*Evening digits,.*,cpu,800,32,50\\.000,50000000000,`));
    expect(rest).toEqual([]);
  });

  it('leads from each row to the same job once more', async () => {
    await page.goto(`${base}/jobs`);
    await page.getByRole('link', { name: new RegExp(`^Run .*${short(2)} again$`) }).click();
    await page.waitForURL(`**/jobs/new?from=${jobIds[2]}`);
    expect(await page.getByLabel('Epochs').inputValue()).toBe('800');
    expect(await page.getByLabel('Dataset').locator('option:checked').textContent()).toBe('Evening digits');
  });

  it('threw nothing at any of it', () => {
    expect(problems).toEqual([]);
  });
});
