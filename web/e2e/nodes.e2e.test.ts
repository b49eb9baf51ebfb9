import { randomUUID } from 'node:crypto';
import { inArray } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { upsertNode } from '#db/postgres/nodes';
import { nodes } from '#db/postgres/schema';
import { axe } from './axe.ts';
import { openBrowser, openPage } from './browser.ts';
import { faultsOf } from './looks.ts';
import { stackConfig } from './platform.ts';

describe('the nodes that one could hire', () => {
  const config = stackConfig();
  const base = config.publicUrls.web;
  const mark = randomUUID().slice(0, 8);
  const offers = [
    { name: 'Small', deviceClass: 'cuda.8g', vramMb: 8_192, price: 100n, speed: 50_000 },
    { name: 'Large', deviceClass: 'cuda.80g', vramMb: 81_920, price: 900n, speed: 900_000 },
  ].map((offer) => ({ ...offer, id: randomUUID(), deviceName: `${offer.name} ${mark} #0` }));
  const [small, large] = offers.map(({ deviceName }) => deviceName) as [string, string];
  let browser: Browser;
  let postgres: Postgres;
  let page: Page;
  let problems: string[];
  const names = async (): Promise<string[]> => (await page.getByText(mark).allTextContents()).filter((text) => text.includes('#0'));

  beforeAll(async () => {
    postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
    for (const { id, deviceName, deviceClass, vramMb, price, speed, name } of offers) {
      await upsertNode(postgres.db, {
        ...{ id, ownerId: randomUUID(), machineId: `machine-${id}`, ownerAddress: `owner-${id}`, deviceClass, deviceName, state: 'OFFLINE' },
        ...{ pricePerHourBase: price * 1_000_000_000n, samplesPerSecond: speed, hardware: { gpus: [{ device_id: 0, name: `${name} ${mark}`, vram_mb: vramMb, cuda_version: '12.4' }] } },
      });
    }
    browser = await openBrowser();
    ({ page, problems } = await openPage(browser));
  });
  afterAll(async () => {
    await browser.close();
    await postgres.db.delete(nodes).where(inArray(nodes.id, offers.map(({ id }) => id)));
    await postgres.close();
  });

  it('are listed by what they give for a token, and narrowed down as one chooses', async () => {
    await page.goto(`${base}/nodes`);
    expect(await names()).toEqual([large, small]);
    await page.getByLabel('Order').selectOption('Lowest price');
    await page.waitForURL('**/nodes?**sort=price**');
    await expect.poll(names).toEqual([small, large]);
    await page.getByLabel('Device class').selectOption('cuda.80g');
    await expect.poll(names).toEqual([large]);
    await page.getByText('80 GB').waitFor();
    await page.getByLabel('Price up to').fill('500');
    await page.getByLabel('Price up to').press('Enter');
    await page.getByText('No node is all of that').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.goBack();
    await expect.poll(names).toEqual([large]);
    expect(await page.getByLabel('Price up to').inputValue()).toBe('');
    await page.getByRole('link', { name: 'Clear' }).click();
    await expect.poll(names).toEqual([large, small]);
    expect(await page.getByLabel('Device class').inputValue()).toBe('');
  });

  it('can be searched without JavaScript, and by an address that somebody passed on', async () => {
    const { page: plain, context } = await openPage(browser, { javaScriptEnabled: false });
    await plain.goto(`${base}/nodes?memory=40`);
    expect(await plain.getByText(mark).count()).toBe(1);
    await plain.getByLabel('Memory from').fill('4');
    await plain.getByLabel('Speed from').fill('1000');
    await plain.getByRole('button', { name: 'Show' }).click();
    expect(await plain.getByText(mark).count()).toBe(2);
    await context.close();
  });

  it('look right in both themes and sizes', async () => {
    await page.goto(`${base}/nodes?memory=4`);
    expect(await faultsOf(page, 'nodes-offers')).toEqual([]);
    expect(problems).toEqual([]);
  });
});
