import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { axe } from './axe.ts';
import { openBrowser, openPage, PHONE, screenshot, signUp } from './browser.ts';
import { clientOf, newPerson, stackConfig } from './platform.ts';

const base = stackConfig().publicUrls.web;
const person = newPerson();
let browser: Browser;
let page: Page;
let problems: string[];

beforeAll(async () => {
  browser = await openBrowser();
  ({ page, problems } = await openPage(browser));
  await signUp(page, base, person);
});
afterAll(() => browser.close());

const steps = () => page.getByRole('region', { name: 'First steps' });

it('ticks off the steps of the onboarding by itself, and offers both ways on', async () => {
  await steps().getByText('2 of 3').waitFor({ timeout: 60_000 });
  expect(await steps().getByRole('img', { name: 'Done' }).count()).toBe(2);
  expect(await steps().getByText('Receive your welcome credit').count()).toBe(1);
  expect(await steps().getByRole('link').allTextContents()).toEqual(['List a machine', 'Store data']);
  await page.getByText('No machine of yours is here').waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'dashboard-new');
  await page.setViewportSize(PHONE);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
  await screenshot(page, 'dashboard-new-phone');
});

it('is done with the steps once a machine is listed, and shows whether that is heard', async () => {
  const client = await clientOf(person);
  const { id } = await client.auth.me();
  client.close();
  const post = async (path: string, bearer: string | null, body: unknown): Promise<Record<string, string>> => {
    const headers = { 'content-type': 'application/json', ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }) };
    return (await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) })).json() as Promise<Record<string, string>>;
  };
  const { token } = await post('/api/auth/login', null, { username: person.username, password: person.password });
  const hardware = { cpus: [{ name: 'Ryzen 9 7950X', cores: 16, threads: 32 }], ram_total_mb: 65_536 };
  const machine = await post('/api/machines/register', token!, { owner_id: id, hostname: 'attic-1', os: 'Debian 12', hardware });
  // Nothing is under way, so the page need not look by itself.
  await page.reload();
  const devices = page.getByRole('region', { name: 'Devices' });
  await devices.getByText('attic-1').waitFor();
  expect(await devices.textContent()).toMatch(/Ryzen 9 7950X.*never heard.*Offline/);
  expect(await steps().count()).toBe(0);
  await post(`/api/machines/${machine['machine_id']}/heartbeat`, machine['api_key']!, {});
  await devices.getByText('Online').waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'dashboard-devices-phone');
  expect(problems).toEqual([]);
});
