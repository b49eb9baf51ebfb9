import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBreakableWire, type BreakableWire } from './breakable-wire.ts';
import { openBrowser, openPage, signUp, waitForCredit } from './browser.ts';
import { faultsOf } from './looks.ts';
import { submitJob } from './new-job.ts';
import { clientOf, newPerson, putDigits, stackConfig } from './platform.ts';

const JOB_TIMEOUT_MS = 120_000;

describe('a live job', () => {
  const base = stackConfig().publicUrls.web;
  const person = newPerson();
  let browser: Browser;
  let wire: BreakableWire;
  let page: Page;

  beforeAll(async () => {
    browser = await openBrowser();
    wire = await createBreakableWire(base);
    ({ page } = await openPage(browser));
    await signUp(page, wire.url, person);
    const client = await clientOf(person);
    await putDigits(client, 1_200);
    client.close();
    await waitForCredit(page, wire.url);
  });
  afterAll(async () => {
    await browser.close();
    await wire.close();
  });

  it('goes on after the connection was lost, without a gap and without a repeat', async () => {
    const seen: bigint[] = [];
    const resumedAfter: bigint[] = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (!pathname.endsWith('/events')) return;
      const after = request.headers()['last-event-id'] ?? searchParams.get('after');
      if (after !== null) resumedAfter.push(BigInt(after));
    });
    await page.exposeFunction('sawEvent', (id: string) => seen.push(BigInt(id)));
    await page.addInitScript(watchEvents);

    const jobId = await submitJob(page, wire.url, { epochs: 40, batchSize: 32 });
    await page.locator('li[aria-current=step]', { hasText: 'Training' }).waitFor({ timeout: JOB_TIMEOUT_MS });
    await page.getByRole('img', { name: /^Training loss.*now$/ }).waitFor();

    await wire.cut();
    await page.locator('[data-connection=waiting]').waitFor();
    const lastBefore = seen.at(-1) ?? 0n;
    await page.waitForTimeout(1_500);
    await wire.mend();
    await page.locator('[data-connection=live]').waitFor({ timeout: 20_000 });
    await page.locator('[data-connection=over]').waitFor({ timeout: JOB_TIMEOUT_MS });

    expect(resumedAfter).toContain(lastBefore);
    const client = await clientOf(person);
    const all: bigint[] = [];
    for await (const { eventId } of client.follow(jobId)) all.push(eventId);
    client.close();
    expect(seen).toEqual(all);
    await page.locator('li[aria-current=step]', { hasText: 'Completed' }).waitFor();
  });

  it('stops on Cancel, after saying what is refunded, and gives everything back', async () => {
    await submitJob(page, wire.url, { epochs: 200, batchSize: 32 });
    await page.locator('li[aria-current=step]', { hasText: 'Training' }).waitFor({ timeout: JOB_TIMEOUT_MS });
    await page.getByRole('button', { name: 'Cancel the job' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel this job?' });
    await dialog.getByText('50.000').waitFor();
    expect(await faultsOf(page, 'job-cancel-dialog')).toEqual([]);

    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    // The focus goes back to where it came from.
    await page.waitForFunction(() => document.activeElement?.textContent === 'Cancel the job');

    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Cancel and refund' }).click();
    await page.locator('li[aria-current=step]', { hasText: 'Cancelled' }).waitFor({ timeout: JOB_TIMEOUT_MS });
    const trail = page.getByRole('region', { name: 'Money trail' });
    await trail.getByText('refunded to your wallet').waitFor();
    await page.getByText('You cancelled the job').waitFor();

    await page.goto(`${wire.url}/wallet`);
    // 1000 at first, 50 paid for the job before this one, nothing for this one.
    await page.getByText('950.000').first().waitFor();
  });
});

/** Runs in the page, before its own code: reports the id of every message that an EventSource delivers. */
function watchEvents(): void {
  const report = (window as unknown as { sawEvent: (id: string) => void }).sawEvent;
  const Real = window.EventSource;
  window.EventSource = class extends Real {
    constructor(url: string | URL, init?: EventSourceInit) {
      super(url, init);
      this.addEventListener('message', (event) => report(event.lastEventId));
    }
  };
}
