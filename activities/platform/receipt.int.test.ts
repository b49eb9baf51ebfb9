import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyReceipt, type VerifiedReceipt } from '#core/receipt/receipt';
import type { Database } from '#db/postgres/database';
import { findReceipt, jobsWithoutReceipt } from '#db/postgres/receipts';
import { chainIntents, ledgerEntries, receipts } from '#db/postgres/schema';
import { temporaryStack, type TemporaryStack } from '#scripts/test/temporary-stack';
import type { ReceiptActivities } from './contract.ts';
import { createReceiptActivities, createReceiptSweep } from './receipt.ts';
import { createSettledJobs, type SettledJobs } from './testing/settled-jobs.ts';
import { createWorld, type World } from './testing/world.ts';

let stack: TemporaryStack;
let world: World;
let jobs: SettledJobs;
let activities: ReceiptActivities;

beforeAll(async () => {
  stack = await temporaryStack(['postgres', 'localnet']);
  world = await createWorld(stack.stack.config);
  jobs = createSettledJobs(world);
  activities = createReceiptActivities({ db: world.postgres.db, chain: world.chain });
});
afterAll(async () => {
  await world.close();
  await stack.remove();
});

async function receiptOf(jobId: string): Promise<Extract<VerifiedReceipt, { ok: true }>> {
  const { headHex } = await activities.issueReceipt({ jobId });
  const stored = await findReceipt(world.postgres.db, jobId);
  const verified = await verifyReceipt(stored!.body);
  expect(verified).toMatchObject({ ok: true, headHex, signerHex: Buffer.from(world.chain.authority.publicKey.toBytes()).toString('hex') });
  return verified as Extract<VerifiedReceipt, { ok: true }>;
}
const kinds = ({ lines }: Extract<VerifiedReceipt, { ok: true }>): string[] => lines.map(({ kind }) => kind);

/** Behind the back of the books, which take nothing back by themselves. */
async function tampering(write: (db: Database) => PromiseLike<unknown>): Promise<void> {
  await world.postgres.db.transaction(async (tx) => {
    await tx.execute(sql`SET LOCAL session_replication_role = replica`);
    await write(tx);
  });
}

describe('a receipt', () => {
  it('tells of a paid job where every token went, and stays byte for byte', async () => {
    const jobId = await jobs.paid();
    const receipt = await receiptOf(jobId);
    expect(kinds(receipt)).toEqual(['header', 'quote', 'lock', 'assignment', 'commit', 'verdict', 'closed', 'payout', 'fee', 'end']);
    const first = await findReceipt(world.postgres.db, jobId);
    await tampering((tx) => tx.update(ledgerEntries).set({ signature: 'another' }).where(eq(ledgerEntries.jobId, jobId)));
    expect(await activities.issueReceipt({ jobId })).toEqual({ headHex: receipt.headHex });
    expect(await findReceipt(world.postgres.db, jobId)).toEqual(first);
  });

  it('tells of a slash and a refund', async () => {
    const receipt = await receiptOf(await jobs.refunded());
    expect(kinds(receipt)).toEqual(['header', 'quote', 'lock', 'assignment', 'slash', 'closed', 'refund', 'end']);
    expect(receipt.lines.find(({ kind }) => kind === 'slash')?.facts).toMatchObject({ amountBase: '10000000000', to: 'insurance' });
  });

  it('tells of a job that was never locked', async () => {
    expect(kinds(await receiptOf(await jobs.neverLocked()))).toEqual(['header', 'quote', 'end']);
  });

  it('has the same signatures where the platform lost its own record of them', async () => {
    const jobId = await jobs.paid();
    const before = (await receiptOf(jobId)).lines.map(({ signature }) => signature);
    await world.postgres.db.delete(receipts).where(eq(receipts.jobId, jobId));
    await tampering((tx) => tx.delete(chainIntents).where(sql`key LIKE ${`${jobId}/%`}`));
    expect((await receiptOf(jobId)).lines.map(({ signature }) => signature)).toEqual(before);
  });
});

describe('no receipt', () => {
  const failure = (type: string, nonRetryable: boolean): unknown => expect.objectContaining({ type, nonRetryable });

  it('is written before the job has ended', async () => {
    const jobId = await world.newJob(await world.newUser());
    await expect(activities.issueReceipt({ jobId })).rejects.toEqual(failure('STATE_CONFLICT', true));
  });

  it.each(['node-payout', 'platform-fee'])('is written before the books say what the chain says (%s)', async (purpose) => {
    const jobId = await jobs.paid();
    const rows = await world.postgres.db.select().from(ledgerEntries).where(sql`job_id = ${jobId} AND purpose = ${purpose}`);
    await tampering((tx) => tx.delete(ledgerEntries).where(sql`job_id = ${jobId} AND purpose = ${purpose}`));
    await expect(activities.issueReceipt({ jobId })).rejects.toEqual(failure('CONFLICT', false));
    await tampering((tx) => tx.insert(ledgerEntries).values(rows));
    expect(await activities.issueReceipt({ jobId })).toHaveProperty('headHex');
  });

  it('is written before a slash is booked', async () => {
    const jobId = await jobs.refunded();
    await tampering((tx) => tx.delete(ledgerEntries).where(sql`job_id = ${jobId} AND purpose = 'slash'`));
    await expect(activities.issueReceipt({ jobId })).rejects.toEqual(failure('CONFLICT', false));
  });
});

describe('receipts that are missing', () => {
  it('are written later, without those that can not be', async () => {
    const { db } = world.postgres;
    const [jobId, contradictory, behind] = [await jobs.paid(), await jobs.paid(), await jobs.paid()];
    await tampering((tx) => tx.update(ledgerEntries).set({ attempt: 2 }).where(sql`job_id = ${contradictory} AND purpose = 'platform-fee'`));
    await tampering((tx) => tx.delete(ledgerEntries).where(sql`job_id = ${behind} AND purpose = 'platform-fee'`));
    const givenUp: [string, string][] = [];
    const sweep = createReceiptSweep({ db, chain: world.chain }, { onGivenUp: (id, error) => givenUp.push([id, String(error)]) });
    await sweep();
    await sweep();
    expect(await findReceipt(db, jobId)).not.toBeNull();
    expect(givenUp).toEqual([[contradictory, expect.stringContaining('the fee is of another attempt')]]);
    expect(await jobsWithoutReceipt(db, { except: [], limit: 10 })).toContain(behind);
  });
});
