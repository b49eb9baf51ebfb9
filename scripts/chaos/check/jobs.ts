import { PublicKey } from '@solana/web3.js';
import { and, eq } from 'drizzle-orm';
import { splitPayout } from '#core/money/split';
import { attemptsOfJob } from '#db/postgres/attempts';
import { checkpointsOfJob } from '#db/postgres/checkpoints';
import type { CheckpointRow, JobAttemptRow, JobRow } from '#db/postgres/database';
import { findJob } from '#db/postgres/jobs';
import { transfersOfJob } from '#db/postgres/ledger';
import { jobs, verdicts } from '#db/postgres/schema';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { findEscrowPda } from '#programs/clients/ts/pda';
import type { Arena } from '../arena/arena.ts';
import type { Broken } from '../report.ts';
import { GRACE_MS } from '../run/job.ts';
import type { JobRecord } from '../run/record.ts';

/** What is on record of a job in the database and on the chain, after all is over. */
export interface JobFacts {
  readonly record: JobRecord;
  readonly row: JobRow | null;
  readonly attempts: readonly JobAttemptRow[];
  /** Base units by purpose, and how many transfers there were. */
  readonly moved: ReadonlyMap<string, { readonly count: number; readonly base: bigint }>;
  readonly verdicts: readonly { readonly attempt: number; readonly valid: boolean; readonly verifierId: string; readonly reason: string }[];
  readonly checkpoints: readonly CheckpointRow[];
  readonly escrowStatus: string;
}

export async function factsOf({ postgres: { db }, chain }: Arena, record: JobRecord): Promise<JobFacts> {
  const row = await findJob(db, record.jobId);
  const moved = new Map<string, { count: number; base: bigint }>();
  for (const { purpose, amountBase } of await transfersOfJob(db, record.jobId)) {
    const before = moved.get(purpose) ?? { count: 0, base: 0n };
    moved.set(purpose, { count: before.count + 1, base: before.base + amountBase });
  }
  const escrow = await chain.escrow(findEscrowPda({ requester: new PublicKey(record.user.address), jobId: uuidToBytes(record.jobId) }).address);
  return {
    record,
    row,
    attempts: row === null ? [] : await attemptsOfJob(db, record.jobId),
    moved,
    verdicts: await db.select().from(verdicts).where(eq(verdicts.jobId, record.jobId)),
    checkpoints: await checkpointsOfJob(db, record.jobId),
    escrowStatus: escrow?.status ?? 'missing',
  };
}

/** DESIGN's invariants, job by job. */
export async function checkJob(arena: Arena, facts: JobFacts): Promise<Broken[]> {
  const { record, row } = facts;
  const { jobId } = record;
  const broken: Broken[] = record.broken.map((why) => ({ invariant: why.startsWith('it is still') ? 'I5' : 'I6', jobId, why }));
  const say = (invariant: Broken['invariant'], why: string): void => void broken.push({ invariant, jobId, why });
  if (row === null) {
    if (record.acknowledgedAtMs !== undefined) say('I3', 'its submission was acknowledged, and there is no such job');
    return broken;
  }
  const same = await arena.postgres.db.select({ id: jobs.id }).from(jobs).where(and(eq(jobs.userId, row.userId), eq(jobs.requestId, record.requestId)));
  if (same.length !== 1) say('I3', `its request id is ${same.length} jobs`);
  for (const why of moneyFaults(facts, row)) say('I1', why);
  for (const why of settlementFaults(facts)) say('I2', why);
  for (const why of paymentFaults(facts, row)) say('I4', why);
  const isLate = row.endedAt !== null && row.endedAt.getTime() > row.deadlineAt.getTime() + GRACE_MS;
  if (row.endedAt === null || isLate) say('I5', row.endedAt === null ? `it is ${row.state} and has not ended` : 'it ended long after its deadline');
  return broken;
}

function moneyFaults({ moved, escrowStatus }: JobFacts, { state, amountBase }: JobRow): string[] {
  const of = (purpose: string): bigint => moved.get(purpose)?.base ?? 0n;
  const faults: string[] = [];
  const expect = (purpose: string, base: bigint): void => {
    if (of(purpose) !== base) faults.push(`${purpose} is ${of(purpose)} base units, not ${base}`);
  };
  const { nodeBase, platformBase } = splitPayout(amountBase);
  const isPaid = state === 'COMPLETED';
  const wasLocked = moved.has('escrow-lock');
  if (isPaid || wasLocked) expect('escrow-lock', amountBase);
  expect('node-payout', isPaid ? nodeBase : 0n);
  expect('platform-fee', isPaid ? platformBase : 0n);
  expect('refund', !isPaid && wasLocked ? amountBase : 0n);
  const wanted = isPaid ? ['released'] : wasLocked ? ['refunded'] : ['missing', 'refunded'];
  if (!wanted.includes(escrowStatus)) faults.push(`it is ${state}, and its escrow is ${escrowStatus}`);
  return faults;
}

const ONCE = ['escrow-lock', 'node-payout', 'platform-fee', 'refund'] as const;

/** Purposes that moved tokens more than once. */
export function movedTwice({ moved }: Pick<JobFacts, 'moved'>): string[] {
  return ONCE.filter((purpose) => (moved.get(purpose)?.count ?? 0) > 1);
}

function settlementFaults(facts: JobFacts): string[] {
  const faults = movedTwice(facts).map((purpose) => `${purpose} happened ${facts.moved.get(purpose)?.count} times`);
  if (facts.moved.has('node-payout') && facts.moved.has('refund')) faults.push('it was paid and refunded');
  return faults;
}

function paymentFaults({ attempts, verdicts: found }: JobFacts, { state }: JobRow): string[] {
  if (state !== 'COMPLETED') return [];
  const paid = attempts.filter(({ outcome }) => outcome === 'completed');
  const [first] = paid;
  if (first === undefined || paid.length !== 1) return [`${paid.length} attempts were paid`];
  const opinions = found.filter(({ attempt }) => attempt === first.attempt);
  if (!opinions.some(({ valid }) => valid)) return [`attempt ${first.attempt} was paid without a verdict that it is right`];
  const against = opinions.filter(({ valid }) => !valid);
  return against.length > 1 ? [`attempt ${first.attempt} was paid although ${against.length} verifiers found it wrong: ${against[0]!.reason}`] : [];
}
