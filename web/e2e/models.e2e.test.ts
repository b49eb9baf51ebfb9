import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeModel } from '#engine/formats/model-file';
import { axe } from './axe.ts';
import { openBrowser, openPage, signUp, waitForCredit } from './browser.ts';
import { submitJob } from './new-job.ts';
import { clientOf, newPerson, putDigits, stackConfig } from './platform.ts';
import { saveModel } from './saved-model.ts';

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
    const fromJob = await saveModel(page, 150_000);
    expect(fromJob.name).toBe(`model-${jobId.slice(0, 8)}.safetensors`);
    const model = decodeModel(fromJob.bytes);
    expect(model).toMatchObject({ datasetCid, hyperParameters: { epochs: 2, batchSize: 32 } });
    expect(model.weights.size).toBeGreaterThan(3);

    await page.goto(`${base}/models`);
    await page.getByRole('link', { name: /^2 Conv2D/ }).click();
    await page.waitForURL(`**/models/${jobId}`);
    expect(Buffer.from((await saveModel(page)).bytes).equals(Buffer.from(fromJob.bytes))).toBe(true);
  });

  it('shows what the platform measured, where the model comes from, and what it cost', async () => {
    await page.goto(`${base}/models/${jobId}`);
    const client = await clientOf(person);
    const { testAccuracy } = await client.status(jobId);
    client.close();
    expect(await page.locator('dl').first().textContent()).toContain(`${((testAccuracy ?? 0) * 100).toFixed(2)}`);
    await page.getByText('50.000').waitFor();
    expect(await page.getByRole('link', { name: 'Handwritten digits' }).getAttribute('href')).toBe(`/data/${datasetCid}`);
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
