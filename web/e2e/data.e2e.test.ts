import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe } from './axe.ts';
import { logIn, openBrowser, openPage, PHONE, screenshot, signUp } from './browser.ts';
import { faultsOf } from './looks.ts';
import { clientOf, digitsFile, newPerson, stackConfig } from './platform.ts';

const SAMPLES = 500;

describe('datasets in the browser', () => {
  const config = stackConfig();
  const base = config.publicUrls.web;
  const person = newPerson();
  let file: string;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    file = await digitsFile(SAMPLES);
    browser = await openBrowser();
    ({ page, problems } = await openPage(browser));
    await signUp(page, base, person);
  });
  afterAll(() => browser.close());

  it('says what to do first, and what is wrong with a file', async () => {
    await page.goto(`${base}/data`);
    await page.getByText('No dataset yet').waitFor();
    await page.getByRole('button', { name: 'Encrypt and store' }).click();
    expect(await page.getByRole('alert').textContent()).toMatch(/Choose a file/);
    await page.getByLabel('Dataset file').setInputFiles({ name: 'cat.safetensors', mimeType: 'application/octet-stream', buffer: Buffer.from('not data at all') });
    await page.getByRole('button', { name: 'Encrypt and store' }).click();
    await page.getByText(/can not be read as safetensors/).waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'data-not-a-dataset');
  });

  it('encrypts a file before it leaves, shows how far it is, and sets a fifth aside', async () => {
    const sent: Buffer[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PUT' && request.url() === `${config.storageUrl}/objects`) sent.push(request.postDataBuffer() ?? Buffer.alloc(0));
    });
    await page.goto(`${base}/data`);
    const shares = page.evaluate(watchProgress);
    await page.getByLabel('Dataset file').setInputFiles(file);
    await page.getByLabel('Name').fill('Digits from a browser');
    await page.getByRole('button', { name: 'Encrypt and store' }).click();
    await page.waitForURL(/\/data\/bafy[a-z2-7]+$/);
    await page.getByRole('heading', { name: 'Digits from a browser' }).waitFor();
    expect(await shares).toContain('Sending');

    // What the network saw holds no word of the format: a dataset in the clear begins with its header.
    expect(sent).toHaveLength(2);
    for (const body of sent) expect(body.includes('data_offsets')).toBe(false);

    const client = await clientOf(person);
    const [stored] = await client.data.list();
    expect(stored).toMatchObject({ name: 'Digits from a browser', samples: SAMPLES * 0.8, heldOutSamples: SAMPLES * 0.2, sampleShape: [28, 28, 1], classes: 10, inputDtype: 'uint8' });
    expect(new URL(page.url()).pathname).toBe(`/data/${stored?.cid}`);
    client.close();
  });

  it('draws a few samples that it decrypts itself, and leads to a job with them', async () => {
    await page.getByRole('button', { name: 'Show some samples' }).click();
    const pictures = page.getByRole('img', { name: /^Sample \d+, labelled \d$/ });
    await pictures.first().waitFor();
    expect(await pictures.count()).toBe(16);
    const inks = await pictures.evaluateAll((all) => all.map((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
      return data.filter((value, index) => index % 4 === 0 && value > 128).length;
    }));
    expect(Math.min(...inks)).toBeGreaterThan(20);
    expect(await faultsOf(page, 'dataset-samples')).toEqual([]);
    await page.getByRole('link', { name: 'Train a model on it' }).click();
    await page.waitForURL('**/jobs/new?dataset=*');
    expect(await page.getByLabel('Dataset').locator('option:checked').textContent()).toBe('Digits from a browser');
    await page.goto(`${base}/data`);
    await page.getByText('28 × 28 × 1').first().waitFor();
    expect(problems).toEqual([]);
  });

  it('looks like nothing to somebody else, and says without JavaScript what else there is', async () => {
    const path = await page.getByRole('main').locator('a[href^="/data/bafy"]').first().getAttribute('href');
    const stranger = newPerson();
    const other = await openPage(browser);
    await signUp(other.page, base, stranger);
    expect((await other.context.request.get(base + (path ?? ''))).status()).toBe(404);
    expect((await fetch(`${base}/access-token`, { method: 'POST', headers: { origin: base } })).status).toBe(401);
    const forged = await other.context.request.post(`${base}/access-token`, { headers: { origin: 'https://evil.example' } });
    expect(forged.status()).toBe(403);
    const plain = await openPage(browser, { javaScriptEnabled: false, viewport: PHONE });
    await logIn(plain.page, base, stranger);
    await plain.page.goto(`${base}/data`);
    // Searches by text leave <noscript> out.
    expect(await plain.page.locator('noscript p').first().textContent()).toContain('needs JavaScript');
    expect(await plain.page.locator('noscript p').first().isVisible()).toBe(true);
    expect(await plain.page.getByRole('button', { name: 'Encrypt and store' }).isVisible()).toBe(false);
  });
});

/** The words that the bar had until the page was left. */
function watchProgress(): Promise<string[]> {
  const words = new Set<string>();
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const word = document.querySelector('[role=progressbar]')?.getAttribute('aria-label');
      if (word != null) words.add(word);
      if (location.pathname === '/data') return;
      clearInterval(timer);
      resolve([...words]);
    }, 1);
  });
}
