import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeModel } from '#engine/formats/model-file';
import { axe } from './axe.ts';
import { DESKTOP, openBrowser, openPage, PHONE, screenshot, signUp, waitForCredit } from './browser.ts';
import { submitJob } from './new-job.ts';
import { clientOf, newPerson, putDigits, stackConfig } from './platform.ts';

describe('models in the browser', () => {
  const base = stackConfig().publicUrls.web;
  const person = newPerson();
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let jobId: string;
  let datasetCid: string;

  beforeAll(async () => {
    browser = await openBrowser();
    ({ page, problems } = await openPage(browser));
    await signUp(page, base, person);
    const client = await clientOf(person);
    datasetCid = (await putDigits(client, 600)).cid;
    client.close();
  });
  afterAll(() => browser.close());

  it('leads to a first job while there is no model', async () => {
    await page.goto(`${base}/models`);
    await page.getByText('No model yet').waitFor();
    expect(await page.getByRole('link', { name: 'Train your first model' }).getAttribute('href')).toBe('/jobs/new');
    expect(await axe(page)).toEqual([]);
  });

  it('opens the model in the browser that its job has left', async () => {
    await waitForCredit(page, base);
    jobId = await submitJob(page, base, { epochs: 2, batchSize: 32 });
    const fromJob = await saved(page, 150_000);
    expect(fromJob.name).toBe(`model-${jobId.slice(0, 8)}.safetensors`);
    const model = decodeModel(fromJob.bytes);
    expect(model).toMatchObject({ datasetCid, hyperParameters: { epochs: 2, batchSize: 32 } });
    expect(model.weights.size).toBeGreaterThan(3);

    await page.goto(`${base}/models`);
    await page.getByRole('link', { name: /^2 Conv2D/ }).click();
    await page.waitForURL(`**/models/${jobId}`);
    expect(Buffer.from((await saved(page)).bytes).equals(Buffer.from(fromJob.bytes))).toBe(true);
  });

  it('shows what the platform measured, where the model comes from, and what it cost', async () => {
    await page.goto(`${base}/models/${jobId}`);
    const client = await clientOf(person);
    const { testAccuracy } = await client.status(jobId);
    client.close();
    expect(await page.locator('dl').first().textContent()).toContain(`${((testAccuracy ?? 0) * 100).toFixed(2)}`);
    await page.getByText('50.000').waitFor();
    expect(await page.getByRole('link', { name: 'Handwritten digits' }).getAttribute('href')).toBe(`/data/${datasetCid}`);
    for (const path of [`/models/${jobId}`, '/models']) {
      await page.goto(base + path);
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const viewport of [DESKTOP, PHONE]) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          await page.setViewportSize(viewport);
          expect(await axe(page)).toEqual([]);
          expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
          await screenshot(page, `${path === '/models' ? 'models' : 'model'}-${viewport.width}-${colorScheme}`);
        }
      }
    }
    await page.setViewportSize(DESKTOP);
    expect(problems).toEqual([]);
  });

  it('is filtered by data in the address, without JavaScript', async () => {
    const { page: plain, context } = await openPage(browser, { javaScriptEnabled: false });
    await context.addCookies(await page.context().cookies());
    await plain.goto(`${base}/models`);
    await plain.getByLabel('Trained on').selectOption('Handwritten digits');
    await plain.getByLabel('Order').selectOption('Best first');
    await plain.getByRole('button', { name: 'Show' }).click();
    expect(new URL(plain.url()).search).toBe(`?data=${datasetCid}&sort=best`);
    expect(await plain.getByRole('main').locator('a[href^="/models/"]').count()).toBe(1);
    await plain.goto(`${base}/models?data=another`);
    await plain.getByText('No model was trained on this data').waitFor();
  });

  it('is nobody else’s', async () => {
    const other = await openPage(browser);
    await signUp(other.page, base, newPerson());
    expect((await other.context.request.get(`${base}/models/${jobId}`)).status()).toBe(404);
  });
});

/** Presses the button, once it is there, and reads what the browser saved. */
async function saved(page: Page, timeoutMs = 30_000): Promise<{ name: string; bytes: Uint8Array }> {
  const button = page.getByRole('button', { name: 'Download the model' });
  await button.waitFor({ timeout: timeoutMs });
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return { name: file.suggestedFilename(), bytes: new Uint8Array(await readFile(await file.path())) };
}
