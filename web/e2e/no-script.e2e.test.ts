import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { findNode } from '#db/postgres/nodes';
import { openBrowser, openPage, signUp } from './browser.ts';
import { registerMachine, type RegisteredMachine } from './machine.ts';
import { mailedLink } from './mailbox.ts';
import { submitJob } from './new-job.ts';
import { clientOf, newPerson, putDigits, stackConfig } from './platform.ts';

/** One browser without JavaScript does everything that has a form, one thing after another. */
describe('without JavaScript', () => {
  const config = stackConfig();
  const base = config.publicUrls.web;
  const person = newPerson();
  let browser: Browser;
  let page: Page;
  let postgres: Postgres;

  beforeAll(async () => {
    browser = await openBrowser();
    ({ page } = await openPage(browser, { javaScriptEnabled: false }));
    postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
  });
  afterAll(async () => {
    await browser.close();
    await postgres.close();
  });

  const press = (name: string | RegExp): Promise<void> => page.getByRole('main').getByRole('button', { name }).click();
  /** Loads the page again and again: nothing here moves by itself. */
  const reloadUntil = (seen: () => Promise<boolean>): Promise<void> =>
    expect.poll(async () => {
      await page.reload();
      return seen();
    }, { timeout: 120_000, interval: 500 }).toBe(true);
  const hasState = (state: string) => async (): Promise<boolean> => (await page.locator('li[aria-current=step]', { hasText: state }).count()) > 0;

  it('signs up, once what was wrong is corrected, and verifies the e-mail', async () => {
    await page.goto(`${base}/signup`);
    await page.getByLabel('E-mail').fill(person.email);
    await page.getByLabel('Username').fill('a b');
    await page.getByLabel('Password').fill(person.password);
    await press('Create the account');
    expect(await page.getByRole('alert').first().textContent()).toMatch(/letters/);
    expect(await page.getByLabel('E-mail').inputValue()).toBe(person.email);
    await signUp(page, base, person);
    await page.goto(await mailedLink(person.email, 'verify-email'));
    await press('This address is mine');
    await page.getByText('Done: this address is yours').waitFor();
  });

  it('chooses a theme, which stays', async () => {
    await page.goto(`${base}/wallet`);
    await page.getByRole('button', { name: /^Theme: system/ }).click();
    expect(new URL(page.url()).pathname).toBe('/wallet');
    expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
    await page.getByRole('button', { name: /^Theme: light/ }).click();
    await page.goto(`${base}/data`);
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    await page.getByRole('button', { name: /^Theme: dark/ }).click();
  });

  it('describes a job, approves its plan, and sees it completed', async () => {
    const client = await clientOf(person);
    await putDigits(client, 300);
    client.close();
    await page.goto(`${base}/dashboard`);
    await reloadUntil(async () => (await page.locator('dl').first().textContent())?.includes('1000.000') === true);
    await page.goto(`${base}/jobs/new`);
    await page.getByLabel('Epochs').fill('none');
    await press('Get the price');
    expect(await page.getByLabel('Epochs').getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByLabel('Epochs').inputValue()).toBe('none');
    await submitJob(page, base, { epochs: 2, batchSize: 64 });
    await reloadUntil(hasState('Completed'));
    await page.getByText('The escrow is empty').waitFor();
  });

  it('cancels a job, after reading what that means', async () => {
    await submitJob(page, base, { epochs: 200, batchSize: 8 });
    await reloadUntil(hasState('Training'));
    await page.locator('summary', { hasText: 'Cancel the job' }).click();
    expect(await page.locator('details[open]', { hasText: 'go from the escrow back to your wallet' }).count()).toBe(1);
    await page.locator('button', { hasText: 'Cancel and refund' }).click();
    await reloadUntil(hasState('Cancelled'));
    await page.getByText('refunded to your wallet').waitFor();
  });

  it('makes and revokes an API key', async () => {
    await page.goto(`${base}/settings`);
    await page.getByLabel('What is the new key for?').fill('CI');
    await press('Make a key');
    const key = (await page.locator('[data-new-key]').textContent())!.trim();
    const logIn = () => fetch(`${base}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ api_key: key }) });
    expect((await logIn()).status).toBe(200);
    await press('Revoke the key CI');
    await page.getByText('The key opens nothing any more.').waitFor();
    expect((await logIn()).status).toBe(401);
  });

  it('ends the sessions of other browsers, one and all', async () => {
    const others = await Promise.all([1, 2, 3].map(() => openPage(browser, { javaScriptEnabled: false, userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' })));
    for (const { page: other } of others) {
      await other.goto(`${base}/login`);
      await other.getByLabel('E-mail or username').fill(person.username);
      await other.getByLabel('Password').fill(person.password);
      await other.getByRole('main').getByRole('button', { name: 'Log in' }).click();
      await other.waitForURL('**/dashboard');
    }
    const stillIn = async (): Promise<number> => {
      const paths = await Promise.all(others.map(async ({ page: other }) => {
        await other.goto(`${base}/jobs`);
        return new URL(other.url()).pathname;
      }));
      return paths.filter((path) => path === '/jobs').length;
    };
    expect(await stillIn()).toBe(3);
    await page.goto(`${base}/settings`);
    await page.getByRole('main').getByRole('button', { name: /^Log out (?!everywhere)/ }).first().click();
    await page.getByText('That browser is logged out.').waitFor();
    expect(await stillIn()).toBe(2);
    await press('Log out everywhere else');
    await page.getByText('All other browsers are logged out.').waitFor();
    expect(await stillIn()).toBe(0);
    await Promise.all(others.map(({ context }) => context.close()));
  });

  it('changes the e-mail and the password, for who knows the current one', async () => {
    await page.goto(`${base}/settings`);
    const email = newPerson().email;
    await page.getByLabel('New e-mail').fill(email);
    await page.getByLabel('Your password').fill('not it');
    await press('Change the e-mail');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('New e-mail').fill(email);
    await page.getByLabel('Your password').fill(person.password);
    await press('Change the e-mail');
    await page.getByText(`Your e-mail is ${email} now.`).waitFor();
    await page.getByText('not verified yet').waitFor();
    await press('Send the verification link');
    await page.goto(await mailedLink(email, 'verify-email'));
    await press('This address is mine');

    await page.goto(`${base}/settings`);
    await page.getByText('verified', { exact: true }).waitFor();
    await page.getByLabel('Current password').fill(person.password);
    await page.getByLabel('New password').fill('another four unrelated words');
    await press('Change the password');
    await page.getByText('All other logins have ended.').waitFor();
    await clientOf({ ...person, password: 'another four unrelated words' }).then((client) => client.close());
    await expect(clientOf(person)).rejects.toMatchObject({ code: 'BAD_CREDENTIALS' });
  });

  it('reads how to earn: prices, what is slashed, and every command', async () => {
    await page.goto(`${base}/provide`);
    const text = (await page.getByRole('main').innerText()).replaceAll(/\s+/g, ' ');
    for (const words of ['cpu', '10 %', '25 %', '100 %', 'CYXWIZ_HOME="$HOME/.cyxwiz"', 'cyxwiz node setup --price 300', 'cyxwiz node start', 'The measurement needs JavaScript']) expect(text).toContain(words);
    expect(await page.getByRole('button', { name: 'Measure this computer' }).isVisible()).toBe(false);
  });

  it('pauses a device, drains a node and puts a machine into maintenance, and back', async () => {
    const owner = newPerson();
    const own = await openPage(browser, { javaScriptEnabled: false });
    page = own.page;
    await signUp(page, base, owner);
    const machine: RegisteredMachine = await registerMachine(owner, postgres);
    const node = () => findNode(postgres.db, machine.nodeId);
    await machine.beat();
    await page.goto(`${base}/machines`);
    await press('Pause RTX 4090');
    await page.getByText('The device is paused').waitFor();
    await press('Resume RTX 4090');
    await page.getByText('The pause of the device has ended').waitFor();
    await press('Drain the cuda.24g node of garage-1');
    await page.getByText('The node is draining').waitFor();
    expect(await node()).toMatchObject({ draining: true });
    await press('Resume the cuda.24g node of garage-1');
    // It has no stake. Whether anybody verifies for its class, another test may have changed.
    await page.getByText('The draining has ended, but the node still gets no jobs: its stake is below 100 CYXWIZ').waitFor();
    expect(await node()).toMatchObject({ draining: false });
    await press('Maintenance of garage-1');
    await page.locator('[data-machine-status=maintenance]').waitFor();
    expect(await node()).toMatchObject({ maintenance: true, draining: false });
    await press('End maintenance of garage-1');
    await page.locator('[data-machine-status=online], [data-machine-status=offline]').waitFor();
    expect(await node()).toMatchObject({ maintenance: false, draining: false });
  });
});
