import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { findNode } from '#db/postgres/nodes';
import { axe } from './axe.ts';
import { openBrowser, openPage, PHONE, signUp } from './browser.ts';
import { faultsOf } from './looks.ts';
import { registerMachine, type RegisteredMachine } from './machine.ts';
import { newPerson, stackConfig } from './platform.ts';

describe('my devices', () => {
  const config = stackConfig();
  const base = config.publicUrls.web;
  const person = newPerson();
  let browser: Browser;
  let postgres: Postgres;
  let page: Page;
  let problems: string[];
  let token: string;
  let machine: RegisteredMachine;

  const rest = async (method: string, path: string, bearer: string, body?: unknown): Promise<{ status: number; json: unknown }> => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json() };
  };
  const nodeNow = () => findNode(postgres.db, machine.nodeId);

  beforeAll(async () => {
    browser = await openBrowser();
    postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
    ({ page, problems } = await openPage(browser));
    await signUp(page, base, person);
  });
  afterAll(async () => {
    await browser.close();
    await postgres.close();
  });

  it('says how to begin, and shows a machine by itself once it has registered', async () => {
    await page.goto(`${base}/machines`);
    await page.getByText('No machine yet').waitFor();
    expect(await axe(page)).toEqual([]);
    token = ((await (await fetch(`${base}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ login: person.username, password: person.password }) })).json()) as { token: string }).token;
    machine = await registerMachine(person, postgres);
    await page.getByRole('region', { name: 'garage-1' }).waitFor();
    const text = (await page.getByRole('region', { name: 'garage-1' }).textContent()) ?? '';
    for (const part of ['Offline', 'never heard', 'Debian 12', 'EPYC 7543', 'RTX 4090', '24,564 MB', '2,048 MB kept back', 'cuda.24g', 'earned nothing yet']) expect(text).toContain(part);
  });

  it('comes online with a heartbeat and is offline within 16 s of the last one, without a reload', async () => {
    await machine.beat();
    const beatAtMs = Date.now();
    await page.locator('[data-machine-status=online]').waitFor({ timeout: 5_000 });
    await page.locator('[data-machine-status=offline]').waitFor({ timeout: 20_000 });
    const silentMs = Date.now() - beatAtMs;
    expect(silentMs).toBeGreaterThan(14_500);
    expect(silentMs).toBeLessThan(16_000);
  });

  it('pauses a device, drains a node and puts a machine into maintenance, and back', async () => {
    await machine.beat();
    await page.getByRole('button', { name: 'Pause RTX 4090' }).click();
    await page.getByText('The device is paused').waitFor();
    expect(await nodeNow()).toMatchObject({ paused: true });
    await page.getByRole('button', { name: 'Resume RTX 4090' }).click();
    await page.getByText('The pause of the device has ended').waitFor();
    expect(await nodeNow()).toMatchObject({ paused: false });

    await page.getByRole('button', { name: 'Drain the cuda.24g node of garage-1' }).click();
    await page.getByText('The node is draining').waitFor();
    expect(await nodeNow()).toMatchObject({ draining: true });
    await page.getByRole('button', { name: 'Resume the cuda.24g node of garage-1' }).click();
    // It has no stake. Whether anybody verifies for its class, another test may have changed.
    await page.getByText('The draining has ended, but the node still gets no jobs: its stake is below 100 CYXWIZ').waitFor();
    expect(await nodeNow()).toMatchObject({ draining: false });

    await page.getByRole('button', { name: 'Maintenance of garage-1' }).click();
    await page.locator('[data-machine-status=maintenance]').waitFor();
    expect(await nodeNow()).toMatchObject({ maintenance: true, draining: false });
    // A heartbeat does not end what the owner asked for.
    expect(await machine.beat()).toBe('maintenance');
    await page.getByRole('button', { name: 'End maintenance of garage-1' }).click();
    await page.locator('[data-machine-status=online]').waitFor();
    expect(await nodeNow()).toMatchObject({ maintenance: false, draining: false });
  });

  it('sets an allocation and refuses more than there is, also without JavaScript', async () => {
    const { page: plain, context } = await openPage(browser, { javaScriptEnabled: false, viewport: PHONE });
    await context.addCookies(await page.context().cookies());
    await plain.goto(`${base}/machines`);
    await plain.getByText('Change what is allocated of RTX 4090').click();
    await plain.getByLabel('Allocated, MB').fill('20000');
    await plain.getByRole('button', { name: 'Set', exact: true }).first().click();
    await plain.getByText('20,000 MB').waitFor();
    await plain.getByText('Change what is allocated of RTX 4090').click();
    await plain.getByLabel('Kept back, MB').fill('9000');
    await plain.getByRole('button', { name: 'Set', exact: true }).first().click();
    expect(await plain.getByRole('alert').textContent()).toMatch(/must not be above the device's 24564 MB/);
    await context.close();
  });

  it('offers the same over REST, to the owner alone', async () => {
    const drain = (bearer: string, id: string, draining: unknown = true) => rest('PUT', `/api/nodes/${id}/draining`, bearer, { draining });
    expect(await drain(token, machine.nodeId)).toEqual({ status: 200, json: { node_id: machine.nodeId, draining: true } });
    expect(await drain(token, machine.nodeId, false)).toMatchObject({ status: 200 });
    expect(await nodeNow()).toMatchObject({ draining: false });
    expect((await drain(token, machine.nodeId, 'yes')).status).toBe(400);
    expect((await drain(token, 'no-id')).status).toBe(400);
    const stranger = newPerson();
    const other = await openPage(browser);
    await signUp(other.page, base, stranger);
    const login = await fetch(`${base}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ login: stranger.username, password: stranger.password }) });
    const { token: theirs } = (await login.json()) as { token: string };
    expect((await drain(theirs, machine.nodeId)).status).toBe(403);
    const maintain = (bearer: string) => rest('PUT', `/api/machines/${machine.machineId}/maintenance`, bearer, { maintenance: true });
    expect((await maintain(theirs)).status).toBe(404);
    expect(await maintain(token)).toMatchObject({ status: 200, json: { status: 'maintenance' } });
    await rest('PUT', `/api/machines/${machine.machineId}/maintenance`, token, { maintenance: false });
  });

  it('looks right on a desktop and on a phone, in both themes', async () => {
    const online = async (): Promise<void> => {
      await machine.beat();
      await page.locator('[data-machine-status=online]').waitFor();
    };
    await page.goto(`${base}/machines`);
    expect(await faultsOf(page, 'machines-online', { before: online })).toEqual([]);
    expect(problems).toEqual([]);
  });
});
