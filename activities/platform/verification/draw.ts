import { setTimeout as delay } from 'node:timers/promises';
import bs58 from 'bs58';
import { CyxError } from '#core/errors/cyx-error';
import { slashAmount } from '#core/money/split';
import { auditRate } from '#core/verification/audit-rate';
import { segmentsOf } from '#core/verification/chain-of-links';
import { DRAW_AFTER_SLOTS, drawSeed, drawSegments, type Segment } from '#core/verification/draw';
import { attemptsOfJob, findAttempt } from '#db/postgres/attempts';
import type { Database, DrawRow, JobAttemptRow } from '#db/postgres/database';
import { findDraw, keepDraw } from '#db/postgres/draws';
import { requireNode } from '#db/postgres/nodes';
import type { Kms } from '#db/secrets/kms';
import type { EscrowAccount } from '#programs/clients/ts/job-escrow';
import { type Chain, reachable } from '../chain/chain.ts';
import type { DrawActivities } from '../contract.ts';
import { requireEscrow, type Subject, subjectOf } from '../escrow/deps.ts';
import { asActivities } from '../failure.ts';
import { openDrawSecret } from './draw-secret.ts';
import { opinionWithinMs } from './opinion-time.ts';
import { chainOfResult } from './result-chain.ts';

export interface DrawDeps {
  readonly db: Database;
  readonly kms: Kms;
  readonly chain: Chain;
}

/** Slots without a block are few in a row; this many at once are a chain that stands still. */
const SLOTS_LOOKED_AT = 512n;
const POLL_MS = 200;
/** Short enough to end before the activity's own time does; the next try goes on waiting. */
const WAIT_FOR_BLOCK_MS = 60_000;

export function createDrawActivities(deps: DrawDeps): DrawActivities {
  return asActivities<DrawActivities>({
    drawSegments: async ({ jobId, attempt }) => {
      const subject = await subjectOf(deps, jobId);
      const result = await findAttempt(deps.db, { jobId, attempt });
      if (result?.commitment == null) throw new CyxError('STATE_CONFLICT', `Attempt ${attempt} of job ${jobId} has no result to draw from`);
      const links = await chainOfResult(deps.db, subject.job, { attempt, root: result.commitment });
      // A chain that does not hold is found so by every verifier: there is nothing to draw from.
      const segments = links.ok ? segmentsOf(links.links) : [];
      const draw = (await findDraw(deps.db, { jobId, attempt })) ?? (await makeDraw(deps, { subject, result, segments }));
      // Only on the same one do the segments come out bit for bit.
      const { instructionSet } = result;
      return { drawn: draw.segments.length, segments: segments.length, opinionWithinMs: opinionWithinMs(result), ...(instructionSet === '' ? {} : { instructionSet }) };
    },
  });
}

interface Drawing {
  readonly subject: Subject;
  readonly result: JobAttemptRow;
  readonly segments: readonly Segment[];
}

async function makeDraw(deps: DrawDeps, drawing: Drawing): Promise<DrawRow> {
  const { jobId, attempt, drawSecretWrapped } = drawing.result;
  const escrow = await requireEscrow(deps, drawing.subject);
  const onChain = escrow.attempts[attempt - 1];
  if (onChain === undefined || onChain.committedAt === 0n) throw new CyxError('STATE_CONFLICT', `Attempt ${attempt} of job ${jobId} is not committed on chain`);
  if (drawSecretWrapped === null) throw new CyxError('STATE_CONFLICT', `The secret of the draw for attempt ${attempt} of job ${jobId} is missing`);
  const secret = await openDrawSecret(deps, drawing.result, drawSecretWrapped);
  const block = await blockAfter(deps.chain, onChain.commitSlot + DRAW_AFTER_SLOTS);
  const seed = await drawSeed({ root: onChain.root, blockhash: bs58.decode(block.blockhash), secret, drawHash: onChain.drawHash });
  const rates = await ratesOf(deps, drawing, onChain);
  const segments = await drawSegments(seed, drawing.segments, rates);
  return keepDraw(deps.db, { jobId, attempt, root: onChain.root, ...block, secret, seed, rates, segments });
}

/** The first block at or after a slot. It is waited for, and only one that is final counts. */
async function blockAfter({ connection }: Chain, firstSlot: bigint): Promise<{ slot: bigint; blockhash: string }> {
  for (const giveUpAt = Date.now() + WAIT_FOR_BLOCK_MS; Date.now() < giveUpAt; await delay(POLL_MS)) {
    const now = BigInt(await reachable(() => connection.getSlot('finalized')));
    if (now < firstSlot) continue;
    const last = firstSlot + SLOTS_LOOKED_AT < now ? firstSlot + SLOTS_LOOKED_AT : now;
    const [slot] = await reachable(() => connection.getBlocks(Number(firstSlot), Number(last), 'finalized'));
    if (slot === undefined) continue;
    const block = await reachable(() =>
      connection.getBlock(slot, { commitment: 'finalized', transactionDetails: 'none', rewards: false, maxSupportedTransactionVersion: 0 }),
    );
    if (block !== null) return { slot: BigInt(slot), blockhash: block.blockhash };
  }
  throw new CyxError('CHAIN_UNAVAILABLE', `The chain has no block at or after slot ${firstSlot} yet`);
}

/** By attempt. Only the attempt that is judged can still be slashed. */
async function ratesOf({ db, chain }: DrawDeps, { subject, result, segments }: Drawing, onChain: EscrowAccount['attempts'][number]): Promise<Record<string, number>> {
  const { jobId, attempt } = result;
  const stakeBase = (await chain.node(onChain.node))?.stakeBase ?? 0n;
  const rates: Record<string, number> = {};
  for (const row of await attemptsOfJob(db, jobId)) {
    const own = segments.filter((segment) => segment.attempt === row.attempt).length;
    if (own === 0 || row.nodeId === null) continue;
    const { goodStreak } = await requireNode(db, row.nodeId);
    const slashBase = row.attempt === attempt ? slashAmount(stakeBase, 'invalid') : 0n;
    rates[row.attempt] = auditRate({ goodStreak, segments: own, slashBase, amountBase: subject.job.amountBase });
  }
  return rates;
}
