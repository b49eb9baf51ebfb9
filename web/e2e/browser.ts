import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { testBrowser } from '#scripts/test/browser';
import type { Person } from './platform.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../.cyxwiz/screenshots/', import.meta.url));

export const DESKTOP = { width: 1440, height: 900 } as const;
export const PHONE = { width: 390, height: 844 } as const;

export async function openBrowser(): Promise<Browser> {
  return chromium.launch(await testBrowser());
}

/** A page of a fresh visitor. Anything that the page's own code throws fails the test that calls `problems`. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<{ page: Page; problems: string[]; context: BrowserContext }> {
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-US', ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // A refused form is an answer with a status, which the browser logs; everything else is a fault of ours.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) problems.push(message.text());
  });
  return { page, problems, context };
}

export async function signUp(page: Page, base: string, person: Person): Promise<void> {
  await page.goto(`${base}/signup`);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Username').fill(person.username);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.waitForURL('**/dashboard');
}

export async function logIn(page: Page, base: string, person: Person): Promise<void> {
  await page.goto(`${base}/login`);
  await page.getByLabel('E-mail or username').fill(person.username);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('**/dashboard');
}

/** Waits until the wallet holds its welcome credit: only then can a job be approved. */
export async function waitForCredit(page: Page, base: string): Promise<void> {
  await page.goto(`${base}/dashboard`);
  await page.locator('dl').first().getByText('1000.000').waitFor({ timeout: 60_000 });
}

/** For people to look at, after the run. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  const viewport = page.viewportSize() ?? DESKTOP;
  // A window as tall as the page: what sticks to its edges then stands at the edges of the picture.
  await page.setViewportSize({ ...viewport, height: await page.evaluate(() => document.documentElement.scrollHeight) });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png` });
  await page.setViewportSize(viewport);
}
