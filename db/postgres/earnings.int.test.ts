import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { openAttempt, recordClaim } from './attempts.ts';
import { connectPostgres, migrate, type Postgres } from './connect.ts';
import type { Database } from './database.ts';
import { earningsByClass, earningsByDay, earningsByNode, nodeEntries } from './earnings.ts';
import { recordTransfers } from './ledger.ts';
import { patchNode, upsertNode } from './nodes.ts';
import { jobAttempts, ledgerEntries, nodes } from './schema.ts';

let postgres: Postgres;
let db: Database;
const ownerId = randomUUID();
const address = `addr-${ownerId}`;
let first: string;
let second: string;
let other: string;

beforeAll(async () => {
  postgres = connectPostgres({ url: parseConfig(inject('stackEnv')).databaseUrl, onError: () => undefined });
  db = postgres.db;
  await migrate(postgres);
  [first, second, other] = [await newNode(ownerId, address), await newNode(ownerId, address), await newNode(randomUUID(), `addr-${randomUUID()}`)];
});
afterAll(() => postgres.close());

async function newNode(owner: string, ownerAddress: string): Promise<string> {
  const id = randomUUID();
  await upsertNode(db, { id, ownerId: owner, machineId: `machine-${id}`, ownerAddress, deviceClass: 'cpu', deviceName: 'CPU', state: 'ACTIVE', pricePerHourBase: 1n });
  await patchNode(db, id, { account: `node-${id}` });
  return id;
}

/** A job of which attempt 1 was another node's, and attempt 2 this node's. */
async function jobOf(nodeId: string): Promise<string> {
  const jobId = randomUUID();
  await openAttempt(db, { jobId, attempt: 1 });
  await recordClaim(db, { jobId, attempt: 1, nodeId: other });
  await openAttempt(db, { jobId, attempt: 2 });
  await recordClaim(db, { jobId, attempt: 2, nodeId });
  return jobId;
}

async function pay(nodeId: string, amountBase: bigint, wallet = address): Promise<void> {
  const jobId = await jobOf(nodeId);
  const common = { currency: 'CYXWIZ', signature: `s-${jobId}`, jobId, attempt: 2, from: `escrow:${jobId}` } as const;
  await recordTransfers(db, [
    { ...common, transferKey: `${jobId}/node-payout/2`, purpose: 'node-payout', to: `wallet:${wallet}`, amountBase },
    { ...common, transferKey: `${jobId}/platform-fee/2`, purpose: 'platform-fee', to: 'platform', amountBase: 5n },
  ]);
}

/** Three days ago: the books are append-only, so the rows are written with their time. */
async function payLongAgo(nodeId: string, amountBase: bigint, owner = address): Promise<void> {
  const jobId = await jobOf(nodeId);
  const common = { transferKey: `${jobId}/node-payout/2`, currency: 'CYXWIZ', purpose: 'node-payout', signature: 's', jobId, attempt: 2, at: new Date(Date.now() - 3 * 86_400_000) };
  const [escrow, wallet] = [`escrow:${jobId}`, `wallet:${owner}`];
  await db.insert(ledgerEntries).values([
    { ...common, account: escrow, counterAccount: wallet, amountBase: -amountBase },
    { ...common, account: wallet, counterAccount: escrow, amountBase },
  ]);
}

describe('earnings', () => {
  it('go to the node whose attempt was paid, whole, by node and by day', async () => {
    await pay(first, 2n ** 63n);
    await pay(first, 1n);
    await payLongAgo(second, 45n);
    await pay(other, 7n, 'somebody else');
    const sorted = [...(await earningsByNode(db, ownerId))].sort((a, b) => a.paidJobs - b.paidJobs);
    expect(sorted).toEqual([
      { nodeId: second, paidJobs: 1, amountBase: 45n },
      { nodeId: first, paidJobs: 2, amountBase: 2n ** 63n + 1n },
    ]);
    const day = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
    expect(await earningsByDay(db, { ownerId, days: 30 })).toEqual([
      { day: day(0), nodeId: first, paidJobs: 2, amountBase: 2n ** 63n + 1n },
      { day: day(3), nodeId: second, paidJobs: 1, amountBase: 45n },
    ]);
    expect(await earningsByDay(db, { ownerId, days: 2 })).toHaveLength(1);
  });

  it('are told by class for everybody, with how long the work took, as far back as asked', async () => {
    const deviceClass = `test.${randomUUID().slice(0, 8)}`;
    const [one, two] = [await newNode(randomUUID(), 'one'), await newNode(randomUUID(), 'two')];
    for (const id of [one, two]) await db.update(nodes).set({ deviceClass }).where(eq(nodes.id, id));
    await pay(one, 40n, 'one');
    await pay(one, 2n, 'one');
    await pay(two, 3n, 'two');
    await payLongAgo(two, 500n, 'two');
    await db.update(jobAttempts).set({ assignedAt: new Date(0), completedAt: new Date(60_000) }).where(eq(jobAttempts.nodeId, one));
    const ofClass = async (hours: number) => (await earningsByClass(db, { hours })).find((row) => row.deviceClass === deviceClass);
    expect(await ofClass(24)).toEqual({ deviceClass, paidNodes: 2, paidJobs: 3, amountBase: 45n, workMs: 120_000 });
    expect(await ofClass(24 * 7)).toMatchObject({ paidJobs: 4, amountBase: 545n });
  });

  it('list what was paid and what moved in the stakes, and nothing else of the wallet', async () => {
    const common = { currency: 'CYXWIZ', signature: 's', attempt: 0 } as const;
    await recordTransfers(db, [
      { ...common, transferKey: `${first}/stake-deposit/0`, purpose: 'stake-deposit', from: `wallet:${address}`, to: `stake:node-${first}`, amountBase: 100n },
      { ...common, transferKey: `${first}/slash/1`, purpose: 'slash', from: `stake:node-${first}`, to: 'insurance', amountBase: 10n },
      { ...common, transferKey: `${address}/welcome-credit/0`, purpose: 'welcome-credit', from: 'mint', to: `wallet:${address}`, amountBase: 1_000n },
    ]);
    const all = await nodeEntries(db, { ownerId, limit: 100 });
    expect(all.map(({ nodeId, entry }) => [nodeId, entry.purpose, entry.amountBase])).toEqual([
      [first, 'slash', -10n],
      [first, 'stake-deposit', 100n],
      [second, 'node-payout', 45n],
      [first, 'node-payout', 1n],
      [first, 'node-payout', 2n ** 63n],
    ]);
    const page = await nodeEntries(db, { ownerId, limit: 2, beforeId: all[1]!.entry.id });
    expect(page.map(({ entry }) => entry.id)).toEqual(all.slice(2, 4).map(({ entry }) => entry.id));
    expect(await nodeEntries(db, { ownerId: randomUUID(), limit: 5 })).toEqual([]);
  });
});
