import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { applyJobTransition, insertJob } from '#db/postgres/jobs';
import { platformOutages } from '#db/postgres/schema';
import { createTemporalClient } from '#temporal/client/connect';
import { logIn, openBrowser, openPage, signUp } from './browser.ts';
import { faultsOf } from './looks.ts';
import { makeOperator, newPerson, stackConfig } from './platform.ts';

describe('the operators’ pages', () => {
  const config = stackConfig();
  const base = config.publicUrls.web;
  const person = newPerson();
  const [jobId, workflowId, component] = [randomUUID(), `abandoned-${randomUUID()}`, `part-${randomUUID().slice(0, 8)}`];
  let browser: Browser;
  let postgres: Postgres;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
    browser = await openBrowser();
    ({ page, problems } = await openPage(browser));
    await signUp(page, base, person);
    await leaveTrouble();
  });
  afterAll(async () => {
    await browser.close();
    await postgres.db.execute(sql`DELETE FROM jobs WHERE id = ${jobId}`);
    await postgres.close();
  });

  /** A job that nobody moves on, a workflow that somebody ended by hand, and an outage. */
  async function leaveTrouble(): Promise<void> {
    const { db } = postgres;
    const row = { userId: 'nobody', requestId: jobId, workflowId: `job-${jobId}`, graphJson: '{}', datasetCid: 'bafy', hyperParameters: {}, deviceClass: 'cpu', deadlineMs: 60_000, quoteId: randomUUID() };
    const money = { specificationHash: 'h', amountBase: 1n, pricePerHourBase: 1n, requesterAddress: 'nobody', modelKeyWrapped: 'v1.x' };
    await insertJob(db, { id: jobId, ...row, ...money, deadlineAt: new Date(Date.now() - 5 * 60_000) });
    // The sweep ends jobs that were never submitted.
    await applyJobTransition(db, { jobId, event: 'submit', transitionKey: 'submit:0', patch: { waitingFor: 'Nobody moves this job' } });
    await db.insert(platformOutages).values({ component, fromAt: new Date(Date.now() - 100_000), toAt: new Date(Date.now() - 40_000) });
    const temporal = await createTemporalClient(config.temporal);
    const handle = await temporal.workflow.start('noSuchWorkflow', { workflowId, taskQueue: `nobody-${workflowId}`, args: [] });
    await handle.terminate('abandoned');
    await temporal.connection.close();
  }

  it('are nobody else’s, and nobody else is shown the way', async () => {
    for (const path of ['/ops', '/ops/audit']) expect((await page.goto(base + path))?.status(), path).toBe(403);
    await page.goto(`${base}/dashboard`);
    await page.getByLabel(`Account of ${person.username}`).click();
    expect(await page.getByRole('link', { name: 'Operations' }).count()).toBe(0);
    await makeOperator(person);
    await logIn(page, base, person);
    await page.getByLabel(`Account of ${person.username}`).click();
    await page.getByRole('link', { name: 'Operations' }).click();
    await page.waitForURL('**/ops');
  });

  it('show what needs attention, with the way into Temporal Web, and how full the queues are', async () => {
    await page.goto(`${base}/ops`);
    const attention = page.getByRole('region', { name: 'Needs attention' });
    await attention.getByText('Nobody moves this job').waitFor();
    // Visibility is written a moment after the workflow's end.
    await page.getByText(workflowId).waitFor({ timeout: 30_000 });
    const failed = attention.getByRole('listitem').filter({ hasText: workflowId });
    expect(await failed.textContent()).toContain('noSuchWorkflow terminated');
    expect(await failed.getByRole('link', { name: 'Temporal Web' }).getAttribute('href')).toMatch(new RegExp(`^${config.publicUrls.temporalUi}/namespaces/default/workflows/${workflowId}/[0-9a-f-]{36}$`));
    const parts = (await page.getByRole('region', { name: 'Parts' }).textContent()) ?? '';
    for (const name of ['PostgreSQL', 'MongoDB', 'Temporal', 'Solana RPC', 'CyxCloud']) expect(parts).toContain(`${name} answers`);
    const verifiers = page.getByRole('row').filter({ hasText: 'verify.cpu' }).first();
    expect(Number(await verifiers.getByRole('cell').nth(1).textContent())).toBeGreaterThanOrEqual(1);
    expect(await page.getByRole('region', { name: 'Outages of the last day' }).textContent()).toContain('1 min');
  });

  it('hold the books against the chain', async () => {
    await page.goto(`${base}/ops/audit`);
    await page.getByText('The books and the chain do not agree').waitFor();
    const problem = page.getByRole('region', { name: 'Problems' }).getByRole('listitem').filter({ hasText: jobId });
    expect(await problem.textContent()).toContain('its requester "nobody" is no address');
    await page.getByRole('button', { name: 'Compare again' }).click();
    await page.getByRole('button', { name: 'Compare again' }).waitFor();
  });

  it('look right in both themes and sizes', async () => {
    for (const [path, name] of [['/ops', 'ops'], ['/ops/audit', 'ops-audit'], ['/ops/outbox', 'ops-outbox']] as const) {
      await page.goto(base + path);
      expect(await faultsOf(page, `${name}-trouble`)).toEqual([]);
    }
    expect(problems).toEqual([]);
  });
});
