import { createHash, randomBytes } from 'node:crypto';
import { PublicKey } from '@solana/web3.js';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditReport, auditLedger } from '#api/services/audit';
import { parseCyxwiz } from '#core/money/amount';
import { openAttempt, recordClaim, recordCompletion } from '#db/postgres/attempts';
import type { Database } from '#db/postgres/database';
import { readJobEvents } from '#db/postgres/events';
import { transfersOfJob } from '#db/postgres/ledger';
import { requireNode } from '#db/postgres/nodes';
import { chainIntents, jobAttempts, ledgerEntries } from '#db/postgres/schema';
import { keepVerdict } from '#db/postgres/verdicts';
import type { EscrowActivities } from '../contract.ts';
import { temporaryStack, type TemporaryStack } from '#scripts/test/temporary-stack';
import { createWorld, type World } from '../testing/world.ts';
import { drawHashFor } from '../verification/draw-secret.ts';
import { createEscrowActivities } from './activities.ts';
import { subjectOf } from './deps.ts';

let world: World;
let escrow: EscrowActivities;

let stack: TemporaryStack;

// A stack of its own: the audit looks at the whole ledger, which other tests fill with made-up accounts.
beforeAll(async () => {
  stack = await temporaryStack(['postgres', 'localnet']);
  world = await createWorld(stack.stack.config);
  escrow = createEscrowActivities({ db: world.postgres.db, kms: world.kms, chain: world.chain });
});
afterAll(async () => {
  await world.close();
  await stack.remove();
});

const balance = (address: string): Promise<bigint> => world.chain.balanceBase(new PublicKey(address));
const cyx = parseCyxwiz;

/** The ledger is append-only; a database administrator can still go behind its back, which the audit must see. */
async function tampering(write: (db: Database) => PromiseLike<unknown>): Promise<void> {
  await world.postgres.db.transaction(async (tx) => {
    await tx.execute(sql`SET LOCAL session_replication_role = replica`);
    await write(tx);
  });
}

async function claim(jobId: string, attempt: number, nodeId: string): Promise<void> {
  await openAttempt(world.postgres.db, { jobId, attempt });
  await recordClaim(world.postgres.db, { jobId, attempt, nodeId });
}

async function trained(jobId: string, attempt: number, nodeId: string): Promise<void> {
  await recordCompletion(
    world.postgres.db,
    { jobId, attempt, nodeId },
    { modelCid: 'bafybeimodel', modelSizeBytes: 1, commitment: new Uint8Array(randomBytes(32)), finalLoss: 0.1, finalAccuracy: 0.9, trainingMs: 1_000 },
  );
}

/** What verifiers found, in this order: true, or the attempt that they blame. */
async function opinions(jobId: string, attempt: number, ...found: (true | number)[]): Promise<void> {
  for (const [index, one] of found.entries()) {
    const facts = { valid: one === true, reason: one === true ? '' : 'other weights', blamedAttempt: one === true ? null : one };
    await keepVerdict(world.postgres.db, { jobId, attempt, opinion: index + 1, verifierId: `v${index}`, segments: 0, steps: 0, tookMs: 0, ...facts });
  }
}

/** A job that is locked, assigned, trained and committed. */
async function committed(): Promise<{ jobId: string; user: { address: string }; account: PublicKey }> {
  const user = await world.newUser();
  const node = await world.newNode();
  const jobId = await world.newJob(user);
  await escrow.lockEscrow({ jobId });
  await claim(jobId, 1, node.nodeId);
  await escrow.assignNode({ jobId, attempt: 1 });
  await trained(jobId, 1, node.nodeId);
  await escrow.commitResult({ jobId, attempt: 1 });
  return { jobId, user, account: new PublicKey(node.account) };
}

describe('welcome credit', () => {
  it('is minted once, however often it is asked for', async () => {
    const user = await world.newUser('1000');
    expect(await balance(user.address)).toBe(cyx('1000'));
  });
});

describe('a job that is paid', () => {
  it('moves 50 in, 45 and 5 out, each once, however often every step is repeated', async () => {
    const user = await world.newUser();
    const node = await world.newNode();
    const jobId = await world.newJob(user);
    const nodeBefore = await balance(node.ownerAddress);

    await escrow.lockEscrow({ jobId });
    expect(await escrow.lockEscrow({ jobId })).toMatchObject({ status: 'locked' });
    expect(await balance(user.address)).toBe(cyx('950'));

    await claim(jobId, 1, node.nodeId);
    expect(await escrow.assignNode({ jobId, attempt: 1 })).toMatchObject({ granted: true, nodeId: node.nodeId });
    expect(await escrow.assignNode({ jobId, attempt: 1 })).toMatchObject({ granted: true });
    expect((await requireNode(world.postgres.db, node.nodeId)).state).toBe('BUSY');

    await trained(jobId, 1, node.nodeId);
    await escrow.commitResult({ jobId, attempt: 1 });
    await escrow.commitResult({ jobId, attempt: 1 });
    await opinions(jobId, 1, true);
    expect(await escrow.releasePayment({ jobId, attempt: 1 })).toEqual({ status: 'released' });
    expect(await escrow.releasePayment({ jobId, attempt: 1 })).toEqual({ status: 'released' });
    expect(await escrow.refundEscrow({ jobId })).toEqual({ status: 'released' });

    expect(await balance(user.address)).toBe(cyx('950'));
    expect((await balance(node.ownerAddress)) - nodeBefore).toBe(cyx('45'));
    const transfers = await transfersOfJob(world.postgres.db, jobId);
    expect(transfers.map((row) => [row.purpose, row.amountBase])).toEqual([
      ['escrow-lock', cyx('50')],
      ['node-payout', cyx('45')],
      ['platform-fee', cyx('5')],
    ]);
    expect((await requireNode(world.postgres.db, node.nodeId)).successful).toBe(1);
  });

  it('sends nothing again when the record of a sent step was lost after it landed', async () => {
    const user = await world.newUser();
    const jobId = await world.newJob(user);
    await escrow.lockEscrow({ jobId });
    await tampering((db) => db.delete(ledgerEntries).where(eq(ledgerEntries.jobId, jobId)));
    await escrow.lockEscrow({ jobId });
    expect(await balance(user.address)).toBe(cyx('950'));
    expect((await transfersOfJob(world.postgres.db, jobId)).map((row) => row.purpose)).toEqual(['escrow-lock']);
    await escrow.refundEscrow({ jobId });
    expect(await balance(user.address)).toBe(cyx('1000'));
  });
});

describe('a job that is not paid', () => {
  it('is refunded in full, once', async () => {
    const user = await world.newUser();
    const jobId = await world.newJob(user);
    await escrow.lockEscrow({ jobId });
    expect(await escrow.refundEscrow({ jobId })).toEqual({ status: 'refunded' });
    expect(await escrow.refundEscrow({ jobId })).toEqual({ status: 'refunded' });
    expect(await balance(user.address)).toBe(cyx('1000'));
    // A reset workflow that locks again finds the tombstone instead of taking the tokens a second time.
    expect(await escrow.lockEscrow({ jobId })).toMatchObject({ status: 'refunded' });
    expect(await balance(user.address)).toBe(cyx('1000'));
  });

  it('has nothing to refund where nothing was locked', async () => {
    const jobId = await world.newJob(await world.newUser());
    expect(await escrow.refundEscrow({ jobId })).toEqual({ status: 'none' });
  });

  it('locks nothing from a wallet that holds too little, and says so for good', async () => {
    const user = await world.newUser('10');
    const jobId = await world.newJob(user);
    await expect(escrow.lockEscrow({ jobId })).rejects.toMatchObject({ type: 'INSUFFICIENT_FUNDS', nonRetryable: true });
    expect(await balance(user.address)).toBe(cyx('10'));
    expect(await world.postgres.db.select().from(chainIntents).where(eq(chainIntents.key, `${jobId}/escrow-lock/0`))).toEqual([]);
  });
});

describe('a node that fails', () => {
  it('loses 10 % once for a timeout, and the next attempt goes to another node', async () => {
    const user = await world.newUser();
    const [late, second] = [await world.newNode(), await world.newNode()];
    const jobId = await world.newJob(user);
    await escrow.lockEscrow({ jobId });
    await claim(jobId, 1, late.nodeId);
    await escrow.assignNode({ jobId, attempt: 1 });
    const failure = { jobId, attempt: 1, outcome: 'timeout' as const, reason: 'silent' };
    await escrow.failAttempt(failure);
    await escrow.failAttempt(failure);
    expect((await world.chain.node(new PublicKey(late.account)))!.stakeBase).toBe(cyx('90'));
    const row = await requireNode(world.postgres.db, late.nodeId);
    expect([row.state, row.stakeBase]).toEqual(['SLASHED', cyx('90')]);

    await claim(jobId, 2, second.nodeId);
    expect(await escrow.assignNode({ jobId, attempt: 2 })).toMatchObject({ granted: true, nodeId: second.nodeId });
    await escrow.failAttempt({ jobId, attempt: 2, outcome: 'released', reason: 'cancelled' });
    expect((await world.chain.node(new PublicKey(second.account)))!.stakeBase).toBe(cyx('100'));
    await escrow.refundEscrow({ jobId });
    expect(await balance(user.address)).toBe(cyx('1000'));
  });

  it('gets no job once it is slashed, nor one of its owner', async () => {
    const user = await world.newUser();
    const own = await world.newNode(user.userId);
    const jobId = await world.newJob(user);
    await escrow.lockEscrow({ jobId });
    await claim(jobId, 1, own.nodeId);
    expect(await escrow.assignNode({ jobId, attempt: 1 })).toMatchObject({ granted: false, reason: 'The node belongs to the requester' });
    // The claim was given back, so the same attempt may go to another node.
    const other = await world.newNode();
    await claim(jobId, 1, other.nodeId);
    expect(await escrow.assignNode({ jobId, attempt: 1 })).toMatchObject({ granted: true });
    await escrow.failAttempt({ jobId, attempt: 1, outcome: 'released', reason: 'test' });
    await escrow.refundEscrow({ jobId });
  });

  it('is never assigned on a claim that the platform did not record', async () => {
    const jobId = await world.newJob(await world.newUser());
    await escrow.lockEscrow({ jobId });
    expect(await escrow.assignNode({ jobId, attempt: 1 })).toMatchObject({ granted: false });
    await escrow.failAttempt({ jobId, attempt: 1, outcome: 'timeout', reason: 'never assigned' });
    expect(await escrow.refundEscrow({ jobId })).toEqual({ status: 'refunded' });
  });
});

describe('a result', () => {
  it.each([
    ['no opinion', []],
    ['one bad opinion', [1]],
    ['two that disagree', [1, true]],
    ['two bad opinions', [1, 1]],
  ] as [string, (true | number)[]][])('is not paid for with %s', async (_name, found) => {
    const { jobId, user } = await committed();
    await opinions(jobId, 1, ...found);
    await expect(escrow.releasePayment({ jobId, attempt: 1 })).rejects.toMatchObject({ type: 'STATE_CONFLICT', nonRetryable: true });
    await escrow.refundEscrow({ jobId });
    expect(await balance(user.address)).toBe(cyx('1000'));
  });

  it('is paid for where two of three verifiers find it good', async () => {
    const { jobId } = await committed();
    await opinions(jobId, 1, 1, true, true);
    expect(await escrow.releasePayment({ jobId, attempt: 1 })).toEqual({ status: 'released' });
  });

  it('is not paid for once its escrow went back', async () => {
    const { jobId, user } = await committed();
    await opinions(jobId, 1, true);
    await escrow.refundEscrow({ jobId });
    expect(await escrow.releasePayment({ jobId, attempt: 1 })).toEqual({ status: 'refunded' });
    expect(await balance(user.address)).toBe(cyx('1000'));
  });

  it('costs a quarter of the stake where two verifiers blame this attempt, once, and its evidence can be checked', async () => {
    const { jobId, account } = await committed();
    await opinions(jobId, 1, 1, 1);
    const failure = { jobId, attempt: 1, outcome: 'invalid' as const, reason: 'other weights' };
    await escrow.failAttempt(failure);
    await escrow.failAttempt(failure);
    expect((await world.chain.node(account))!.stakeBase).toBe(cyx('75'));
    const { address } = await subjectOf({ db: world.postgres.db }, jobId);
    const onChain = (await world.chain.escrow(address))!.attempts[0]!;
    const log = await readJobEvents(world.postgres.db, { jobId, afterId: 0n, limit: 100, kind: 'log' });
    const [text] = log.flatMap((event) => /^Evidence, whose SHA-256 is on chain: (.*)$/.exec((event.payload as { line: string }).line)?.[1] ?? []);
    expect(JSON.parse(text!)).toMatchObject({ jobId, attempt: 1, outcome: 'invalid', findings: [{ verifierId: 'v0' }, { verifierId: 'v1' }] });
    expect(createHash('sha256').update(text!).digest('hex')).toBe(Buffer.from(onChain.evidenceHash).toString('hex'));
  });

  it.each([
    ['one opinion', [1]],
    ['opinions that blame an earlier attempt', [2, 2]],
    ['opinions that disagree', [1, true]],
  ] as [string, (true | number)[]][])('slashes nobody by %s', async (_name, found) => {
    const { jobId, account } = await committed();
    await opinions(jobId, 1, ...found);
    await expect(escrow.failAttempt({ jobId, attempt: 1, outcome: 'invalid', reason: 'other weights' })).rejects.toMatchObject({ type: 'STATE_CONFLICT' });
    expect((await world.chain.node(account))!.stakeBase).toBe(cyx('100'));
    await escrow.failAttempt({ jobId, attempt: 1, outcome: 'released', reason: 'test' });
    await escrow.refundEscrow({ jobId });
  });

  it('is drawn from with the secret whose hash is on chain since the assignment', async () => {
    const { jobId } = await committed();
    const { address } = await subjectOf({ db: world.postgres.db }, jobId);
    const { drawHash } = (await world.chain.escrow(address))!.attempts[0]!;
    expect(drawHash).toEqual(await drawHashFor({ db: world.postgres.db, kms: world.kms }, { jobId, attempt: 1 }));
    await escrow.refundEscrow({ jobId });
  });
});

describe('an assignment that was sent for one node and lands late', () => {
  it('is never taken for another node’s: the attempt is used up and given back', async () => {
    const user = await world.newUser();
    const [first, second] = [await world.newNode(), await world.newNode()];
    const jobId = await world.newJob(user);
    await escrow.lockEscrow({ jobId });
    await claim(jobId, 1, first.nodeId);
    await escrow.assignNode({ jobId, attempt: 1 });
    // What a crash between the landing and its record leaves: the claim was given back, and another node claims.
    await world.postgres.db.update(jobAttempts).set({ nodeId: null, claimedAt: null, assignedAt: null }).where(eq(jobAttempts.jobId, jobId));
    await claim(jobId, 1, second.nodeId);
    expect(await escrow.assignNode({ jobId, attempt: 1 })).toMatchObject({ granted: false, burned: true });
    await escrow.failAttempt({ jobId, attempt: 1, outcome: 'released', reason: 'went to another node' });
    expect((await world.chain.node(new PublicKey(first.account)))!.exposureBase).toBe(0n);
    await claim(jobId, 2, second.nodeId);
    expect(await escrow.assignNode({ jobId, attempt: 2 })).toMatchObject({ granted: true, nodeId: second.nodeId });
    await escrow.failAttempt({ jobId, attempt: 2, outcome: 'released', reason: 'test' });
    await escrow.refundEscrow({ jobId });
  });
});

describe('a refund that found nothing to give back', () => {
  it('forbids the lock for ever, also to a worker that was still busy with it', async () => {
    const user = await world.newUser();
    const jobId = await world.newJob(user);
    expect(await escrow.refundEscrow({ jobId })).toEqual({ status: 'none' });
    await expect(escrow.lockEscrow({ jobId })).rejects.toMatchObject({ type: 'STATE_CONFLICT', nonRetryable: true });
    expect(await balance(user.address)).toBe(cyx('1000'));
    expect(await escrow.refundEscrow({ jobId })).toEqual({ status: 'none' });
  });
});

describe('a claim that is never followed by an assignment', () => {
  it('lapses, so that a dead node does not hold the job', async () => {
    const { db } = world.postgres;
    const [dead, alive] = [await world.newNode(), await world.newNode()];
    const jobId = await world.newJob(await world.newUser());
    await claim(jobId, 1, dead.nodeId);
    expect(await recordClaim(db, { jobId, attempt: 1, nodeId: alive.nodeId })).toBe(false);
    await db.update(jobAttempts).set({ claimedAt: new Date(Date.now() - 25_000) }).where(eq(jobAttempts.jobId, jobId));
    expect(await recordClaim(db, { jobId, attempt: 1, nodeId: alive.nodeId })).toBe(true);
  });
});

describe('audit', () => {
  it('finds the ledger equal to the chain, and finds every altered row', async () => {
    const { db } = world.postgres;
    // These tests drive the money alone, so the jobs' own states do not follow; only the accounts are compared.
    const accountsOnly = (report: AuditReport) => report.problems.filter(({ subject }) => !subject.startsWith('job:'));
    expect(accountsOnly(await auditLedger(db, world.chain.connection))).toEqual([]);
    const [row] = await db.select().from(ledgerEntries).where(eq(ledgerEntries.purpose, 'node-payout'));
    await tampering((tx) => tx.update(ledgerEntries).set({ amountBase: row!.amountBase - 1n }).where(eq(ledgerEntries.id, row!.id)));
    const altered = await auditLedger(db, world.chain.connection);
    expect(altered.ok).toBe(false);
    expect(altered.problems.map((problem) => problem.subject)).toContain(`transfer:${row!.transferKey}`);
    await tampering((tx) => tx.update(ledgerEntries).set({ amountBase: row!.amountBase }).where(eq(ledgerEntries.id, row!.id)));
  });
});
