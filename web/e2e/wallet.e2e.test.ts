import { randomUUID } from 'node:crypto';
import { Keypair, PublicKey } from '@solana/web3.js';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFaucet } from '#api/testing/faucet';
import type { JobEvent } from '#core/job/machine';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { applyJobTransition, insertJob } from '#db/postgres/jobs';
import { recordTransfers } from '#db/postgres/ledger';
import { patchNode, upsertNode } from '#db/postgres/nodes';
import { axe } from './axe.ts';
import { openBrowser, openPage, screenshot, signUp, waitForCredit } from './browser.ts';
import { faultsOf } from './looks.ts';
import { clientOf, newPerson, stackConfig } from './platform.ts';
import { installTestWallet } from './test-wallet.ts';

const GRAPH = JSON.stringify({ nodes: [{ type: 'DataInput' }, { type: 'Conv2D' }, { type: 'Linear' }, { type: 'Output' }] });
const HYPER_PARAMETERS = { epochs: 3, batchSize: 32, learningRate: 0.01, optimizer: 'adam', seed: 1 };

describe('the wallet', () => {
  const config = stackConfig();
  const base = config.publicUrls.web;
  const { fund } = createTestFaucet(config);
  const person = newPerson();
  const nodeId = randomUUID();
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];
  let postgres: Postgres;
  let userId: string;
  let address: string;

  beforeAll(async () => {
    browser = await openBrowser();
    postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
    ({ page, problems, context } = await openPage(browser));
    await installTestWallet(context);
    await signUp(page, base, person);
    await waitForCredit(page, base);
    const client = await clientOf(person);
    ({ id: userId } = await client.auth.me());
    ({ address } = (await client.wallet())!);
    client.close();
  });
  afterAll(async () => {
    await browser.close();
    await postgres.close();
  });

  const region = (name: string) => page.getByRole('region', { name, exact: true });

  /** A job of this person that came as far as these events, by the database. */
  async function jobAfter(events: readonly JobEvent[]): Promise<{ jobId: string; escrowAddress: string }> {
    const [jobId, escrowAddress] = [randomUUID(), Keypair.generate().publicKey.toBase58()];
    await insertJob(postgres.db, {
      ...{ id: jobId, userId, requestId: jobId, workflowId: `job-${jobId}`, graphJson: GRAPH, datasetCid: 'bafy', hyperParameters: HYPER_PARAMETERS, deviceClass: 'cpu' },
      ...{ deadlineMs: 7_200_000, deadlineAt: new Date(Date.now() + 7_200_000), quoteId: randomUUID(), specificationHash: 'h', modelKeyWrapped: 'v1.x' },
      ...{ amountBase: 50_000_000_000n, pricePerHourBase: 1n, requesterAddress: Keypair.generate().publicKey.toBase58() },
    });
    for (const [at, event] of events.entries()) {
      await applyJobTransition(postgres.db, { jobId, event, transitionKey: `${event}:${at}`, patch: event === 'assignNode' ? { escrowAddress, attempt: 1 } : {} });
    }
    return { jobId, escrowAddress };
  }

  /** Older than all other jobs of this person: a job whose first attempt failed, so that it is in the queue again with its escrow locked. */
  async function retryInQueue(): Promise<string> {
    const { jobId, escrowAddress } = await jobAfter(['submit', 'lockEscrow', 'assignNode', 'requeue']);
    // Booked from another wallet: nothing left this one on the chain.
    const lock = { from: `wallet:${escrowAddress}`, to: `escrow:${escrowAddress}`, currency: 'CYXWIZ', purpose: 'escrow-lock', signature: `lock${jobId.slice(0, 8)}` } as const;
    await recordTransfers(postgres.db, [{ ...lock, transferKey: `${jobId}/escrow-lock/0`, jobId, amountBase: 50_000_000_000n }]);
    return jobId;
  }

  it('says what to do next to somebody new', async () => {
    // The credit is on the chain a moment before it is in the books.
    const booked = async (): Promise<number> => {
      await page.goto(`${base}/wallet`);
      return region('Transfers').getByRole('listitem').filter({ hasText: 'Welcome credit' }).count();
    };
    await expect.poll(booked, { timeout: 30_000 }).toBe(1);
    await page.reload();
    for (const [name, action, to] of [
      ['Locked in escrow', 'Start a job', '/jobs/new'],
      ['Staked with your nodes', 'Get the Server Node', '/downloads'],
      ['Wallets that log you in', 'Link a wallet', '/settings'],
    ] as const) {
      expect(await region(name).getByRole('link', { name: action }).getAttribute('href')).toBe(to);
    }
    expect(await region('Locked in escrow').textContent()).toContain('0.000');
    expect(await page.getByText('From outside of CyxWiz').count()).toBe(0);
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'wallet-new');
  });

  it('counts a retry’s escrow as locked, on the dashboard too, however many jobs came after it', async () => {
    const jobId = await retryInQueue();
    for (let more = 0; more < 8; more++) await jobAfter(['cancel']);
    await page.goto(`${base}/dashboard`);
    const reading = (name: string) => page.locator('dl').first().locator('div', { hasText: name });
    expect(await reading('Locked in escrow').textContent()).toContain('50.000');
    expect(await reading('Jobs under way').textContent()).toBe('Jobs under way1');
    expect(await region('Under way').textContent()).toContain('1 older job is under way.');
    expect(await axe(page)).toEqual([]);

    await page.goto(`${base}/wallet`);
    const escrow = region('Locked in escrow').getByRole('listitem');
    expect(await escrow.count()).toBe(1);
    const text = (await escrow.textContent()) ?? '';
    for (const part of ['50.000', 'Queued', 'Attempt 1 did not work out', 'stay locked', '45.000', '5.000', 'all of it back to you']) expect(text).toContain(part);
    expect(text).toMatch(/locked (just now|\d+ s ago)deadline in 1 h/);
    expect(await escrow.getByRole('link').getAttribute('href')).toBe(`/jobs/${jobId}`);
    await escrow.getByRole('link').click();
    await page.waitForURL(`**/jobs/${jobId}`);
  });

  it('shows on a job what a stranger had sent to its escrow', async () => {
    const { jobId, escrowAddress } = await jobAfter(['submit', 'lockEscrow', 'assignNode', 'cancel']);
    const common = { currency: 'CYXWIZ', jobId, signature: `gift${jobId.slice(0, 8)}`, amountBase: 1_250_000_000n } as const;
    await recordTransfers(postgres.db, [
      { ...common, transferKey: `${jobId}/donation/0`, purpose: 'donation', from: 'outside', to: `escrow:${escrowAddress}` },
      { ...common, transferKey: `${jobId}/refund/0`, purpose: 'refund', from: `escrow:${escrowAddress}`, to: `wallet:${escrowAddress}` },
    ]);
    await page.goto(`${base}/jobs/${jobId}`);
    const trail = region('Money trail');
    await trail.getByText('The escrow is empty').waitFor();
    expect(await trail.textContent()).toMatch(/1\.250.*Sent by somebody outside of CyxWiz/);
    await trail.locator('a[href^="/tx/"]').first().click();
    await page.getByRole('heading', { name: 'Transaction' }).waitFor();
    expect(await page.getByText('1250000000', { exact: true }).count()).toBe(2);
  });

  it('shows the stake of each node, and what is to be done about it', async () => {
    const row = { id: nodeId, ownerId: userId, machineId: `machine-${nodeId}`, ownerAddress: address };
    await upsertNode(postgres.db, { ...row, deviceClass: 'cpu', deviceName: 'EPYC 7543', state: 'SLASHED', pricePerHourBase: 1n });
    await patchNode(postgres.db, nodeId, { account: Keypair.generate().publicKey.toBase58(), stakeBase: 90_000_000_000n });
    await page.goto(`${base}/wallet`);
    const text = (await region('Staked with your nodes').textContent()) ?? '';
    for (const part of ['90.000', 'EPYC 7543', 'Slashed', 'until the stake is topped up']) expect(text).toContain(part);
  });

  it('tells what came from outside from what is in the list', async () => {
    await fund(new PublicKey(address), 12_500_000_000n);
    await page.goto(`${base}/wallet`);
    expect(await region('Balance').textContent()).toMatch(/1012\.500.*From outside of CyxWiz: 12\.500\sCYXWIZ \(not in the list below\)/);
    expect(await region('Transfers').getByRole('listitem').count()).toBe(1);
  });

  it('lists the wallets that log one in, with what they hold on chain', async () => {
    await page.goto(`${base}/settings`);
    await page.getByRole('button', { name: 'Test Wallet' }).click();
    await page.getByRole('button', { name: /^Remove Wallet/ }).waitFor();
    await page.goto(`${base}/wallet`);
    const wallet = region('Wallets that log you in').getByRole('listitem');
    expect(await wallet.textContent()).toContain('0.000');
    const linked = await wallet.locator('.figure').first().getAttribute('title');
    await fund(new PublicKey(linked ?? ''), 3_250_000_000n);
    await page.reload();
    expect(await wallet.textContent()).toContain('3.250');
  });

  it('is all there without JavaScript', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
    const still = await plain.newPage();
    await still.goto(`${base}/wallet`);
    const text = (await still.locator('main').textContent()) ?? '';
    for (const part of ['1012.500', '12.500', '50.000', '90.000', '3.250', 'Welcome credit']) expect(text).toContain(part);
    await plain.close();
  });

  it('looks right on a desktop and on a phone, in both themes', async () => {
    for (const path of ['wallet', 'dashboard']) {
      await page.goto(`${base}/${path}`);
      expect(await faultsOf(page, `${path}-provider`)).toEqual([]);
    }
    expect(problems).toEqual([]);
  });
});
