import { CyxError } from '#core/errors/cyx-error';
import type { JobEndReason } from '#core/job/end-reason';
import { RECEIPT_FORMAT, type ReceiptEvent, type ReceiptEventOf } from '#core/receipt/events';
import { attemptsOfJob } from '#db/postgres/attempts';
import { checkpointsOfJob } from '#db/postgres/checkpoints';
import type { CheckpointRow, DrawRow, JobAttemptRow, JobRow, LedgerRow, VerdictRow } from '#db/postgres/database';
import { type ChainIntentRow, findIntents, isForbidden } from '#db/postgres/intents';
import { transfersOfJob } from '#db/postgres/ledger';
import { verificationOfJob } from '#db/postgres/receipts';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import type { EscrowAccount } from '#programs/clients/ts/job-escrow';
import { findNodePda, findStakeVaultPda } from '#programs/clients/ts/pda';
import { JOB_ESCROW_PROGRAM_ID, NODE_REGISTRY_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { readLanded } from './chain/landed.ts';
import { type EscrowDeps, stepKeys, type Subject } from './escrow/deps.ts';
import { type EscrowStep, signatureOfStep } from './escrow/history.ts';
import { chainAmong } from './verification/result-chain.ts';

type Deps = Pick<EscrowDeps, 'db' | 'chain'>;
type OnChainAttempt = EscrowAccount['attempts'][number];

/** Everything that is on record about a job. */
interface Records {
  readonly deps: Deps;
  readonly subject: Subject;
  readonly escrow: EscrowAccount | null;
  readonly attempts: readonly JobAttemptRow[];
  readonly transfers: readonly LedgerRow[];
  readonly intents: readonly ChainIntentRow[];
  readonly checkpoints: readonly CheckpointRow[];
  readonly draws: readonly DrawRow[];
  readonly verdicts: readonly VerdictRow[];
}

/**
 * The story of an ended job in the order of its receipt. Amounts and signatures come from the books, what became of
 * the escrow and its attempts from the chain. CONFLICT where the books do not say yet what the chain says.
 */
export async function receiptEvents(deps: Deps, subject: Subject, escrow: EscrowAccount | null): Promise<ReceiptEvent[]> {
  const { db } = deps;
  const { job } = subject;
  const [attempts, transfers, intents, checkpoints, { draws, verdicts }] = await Promise.all([
    attemptsOfJob(db, job.id),
    transfersOfJob(db, job.id),
    findIntents(db, `${job.id}/`),
    checkpointsOfJob(db, job.id),
    verificationOfJob(db, job.id),
  ]);
  const records: Records = { deps, subject, escrow, attempts, transfers, intents: intents.filter((intent) => !isForbidden(intent)), checkpoints, draws, verdicts };
  requireBooked(records);
  const events: ReceiptEvent[] = [await header(records), quote(records), ...transferLines(records, 'escrow-lock')];
  for (const attempt of escrow?.attempts ?? []) events.push(...(await attemptLines(records, attempt)));
  for (const purpose of ['donation', 'node-payout', 'platform-fee', 'refund']) events.push(...transferLines(records, purpose));
  events.push(ending(records));
  return events;
}

function requireBooked({ escrow, transfers, subject }: Records): void {
  const bookedBase = (...purposes: string[]): bigint =>
    transfers.filter(({ purpose }) => purposes.includes(purpose)).reduce((sum, { amountBase }) => sum + amountBase, 0n);
  const inBase = bookedBase('escrow-lock', 'donation');
  const outBase = bookedBase('node-payout', 'platform-fee', 'refund');
  if (inBase !== outBase || bookedBase('escrow-lock') !== (escrow?.amountBase ?? 0n)) {
    throw new CyxError('CONFLICT', `The books of job ${subject.job.id} do not say yet what the chain says. Try again in a moment.`);
  }
}

async function header({ deps, subject }: Records): Promise<ReceiptEvent> {
  const { job, requester, address } = subject;
  const { mint, escrow, registry } = await deps.chain.deployment();
  return {
    kind: 'header',
    at: iso(job.createdAt),
    facts: {
      format: RECEIPT_FORMAT,
      jobId: job.id,
      requester: requester.toBase58(),
      escrow: address.toBase58(),
      jobEscrowProgram: JOB_ESCROW_PROGRAM_ID.toBase58(),
      nodeRegistryProgram: NODE_REGISTRY_PROGRAM_ID.toBase58(),
      mint: mint.toBase58(),
      treasuryOwner: escrow.treasuryOwner.toBase58(),
      insuranceOwner: registry.insuranceOwner.toBase58(),
      specificationHash: job.specificationHash,
      datasetCid: job.datasetCid,
      deviceClass: job.deviceClass,
      checkpointEverySteps: job.checkpointEverySteps,
    },
  };
}

function quote({ subject: { job } }: Records): ReceiptEvent {
  const { quoteId, amountBase, pricePerHourBase, estimatedDurationMs, deadlineAt } = job;
  const facts = { quoteId, amountBase: amountBase.toString(), pricePerHourBase: pricePerHourBase.toString(), estimatedDurationMs, deadlineAt: iso(deadlineAt) };
  return { kind: 'quote', at: iso(job.createdAt), facts };
}

/** Purposes of the ledger, and the lines that they become. Slashes are told with their attempt. */
function transferLines({ transfers, escrow }: Records, purpose: string): ReceiptEvent[] {
  return transfers
    .filter((row) => row.purpose === purpose)
    .map((row): ReceiptEvent => {
      const facts = { from: row.counterAccount, to: row.account, amountBase: row.amountBase.toString() };
      const settled = { at: seconds(escrow?.settledAt) ?? iso(row.at), signature: row.signature };
      switch (purpose) {
        case 'escrow-lock':
          return { kind: 'lock', at: seconds(escrow?.createdAt) ?? iso(row.at), facts, signature: row.signature };
        case 'donation':
          return { kind: 'donation', ...settled, facts };
        case 'node-payout':
          return { kind: 'payout', ...settled, facts: { ...facts, attempt: row.attempt } };
        case 'platform-fee':
          return { kind: 'fee', ...settled, facts: { ...facts, attempt: row.attempt } };
        default:
          return { kind: 'refund', ...settled, facts };
      }
    });
}

async function attemptLines(records: Records, onChain: OnChainAttempt): Promise<ReceiptEvent[]> {
  const { attempt } = onChain;
  const draw = records.draws.find((row) => row.attempt === attempt);
  return [
    await assignment(records, onChain),
    ...(onChain.committedAt === 0n ? [] : [await commit(records, onChain)]),
    ...(draw === undefined ? [] : [await drawLine(records, draw)]),
    ...records.verdicts.filter((row) => row.attempt === attempt).map(verdictLine),
    ...(await closing(records, onChain)),
  ];
}

async function assignment(records: Records, onChain: OnChainAttempt): Promise<ReceiptEvent> {
  const { attempt } = onChain;
  const { id: jobId } = records.subject.job;
  // Whose transaction landed may differ from who holds the claim now, so the chain's node says which it was.
  const prefix = stepKeys.assign(jobId, attempt, '');
  const candidates = records.intents.filter(({ key }) => key.startsWith(prefix)).map(({ key, signature }) => ({ nodeId: key.slice(prefix.length), signature }));
  const intent = candidates.find(({ nodeId }) => findNodePda(uuidToBytes(nodeId)).address.equals(onChain.node));
  const row = records.attempts.find((entry) => entry.attempt === attempt);
  const nodeId = intent?.nodeId ?? row?.nodeId;
  if (nodeId == null) throw new CyxError('CONFLICT', `It is not on record yet which node attempt ${attempt} of job ${jobId} went to`);
  return {
    kind: 'assignment',
    at: seconds(onChain.assignedAt) ?? iso(new Date(0)),
    facts: { attempt, nodeId, nodeAccount: onChain.node.toBase58(), drawHash: hexOrNull(onChain.drawHash), resumedFromStep: row?.resumedFromStep ?? null },
    signature: intent?.signature ?? (await signatureOfStep(records.deps.chain, records.subject.address, { step: 'assignNode', attempt })),
  };
}

async function commit(records: Records, onChain: OnChainAttempt): Promise<ReceiptEvent> {
  const { attempt } = onChain;
  return {
    kind: 'commit',
    at: seconds(onChain.committedAt) ?? iso(new Date(0)),
    facts: {
      attempt,
      root: hex(onChain.root),
      slot: onChain.commitSlot.toString(),
      modelCid: records.attempts.find((row) => row.attempt === attempt)?.modelCid ?? '',
    },
    signature: await signatureOf(records, stepKeys.commit(records.subject.job.id, attempt), { step: 'commitResult', attempt }),
  };
}

/** By step; empty where they do not lead back to the start of the run any more: then the draw can be shown only in part. */
async function linksBehind(checkpoints: readonly CheckpointRow[], job: JobRow, draw: DrawRow): Promise<{ step: number; attempt: number }[]> {
  const found = await chainAmong(checkpoints, job, draw);
  return found.ok ? found.links.map(({ step, attempt }) => ({ step, attempt })) : [];
}

async function drawLine({ checkpoints, subject }: Records, draw: DrawRow): Promise<ReceiptEvent> {
  return {
    kind: 'draw',
    at: iso(draw.at),
    facts: {
      attempt: draw.attempt,
      root: hex(draw.root),
      slot: draw.slot.toString(),
      blockhash: draw.blockhash,
      secret: hex(draw.secret),
      seed: hex(draw.seed),
      rates: draw.rates,
      links: await linksBehind(checkpoints, subject.job, draw),
      segments: draw.segments.map(({ fromStep, toStep, attempt }) => ({ fromStep, toStep, attempt })),
    },
  };
}

function verdictLine({ at, attempt, opinion, verifierId, valid, reason, blamedAttempt, segments, steps }: VerdictRow): ReceiptEvent {
  return { kind: 'verdict', at: iso(at), facts: { attempt, opinion, verifierId, valid, reason, blamedAttempt, segments, steps } };
}

async function closing(records: Records, onChain: OnChainAttempt): Promise<ReceiptEvent[]> {
  const { attempt, outcome, banned } = onChain;
  const { id: jobId } = records.subject.job;
  if (outcome === 'none') throw new CyxError('CONFLICT', `Attempt ${attempt} of job ${jobId} is not closed on chain yet. Try again in a moment.`);
  const isPaid = outcome === 'completed';
  const signature = isPaid
    ? await signatureOf(records, stepKeys.release(jobId, attempt), { step: 'releasePayment', attempt })
    : await signatureOf(records, stepKeys.fail(jobId, attempt), { step: 'failAttempt', attempt });
  const row = records.attempts.find((entry) => entry.attempt === attempt);
  const closedAt = (isPaid ? seconds(records.escrow?.settledAt) : undefined) ?? iso(row?.closedAt ?? records.subject.job.endedAt ?? new Date(0));
  const closed: ReceiptEventOf<'closed'> = {
    kind: 'closed',
    at: closedAt,
    facts: { attempt, outcome, reason: row?.outcomeReason ?? '', evidenceHash: hexOrNull(onChain.evidenceHash), banned },
    signature,
  };
  return [...(await slash(records, onChain, closed)), closed];
}

async function slash({ deps, transfers, subject }: Records, onChain: OnChainAttempt, closed: ReceiptEventOf<'closed'>): Promise<ReceiptEvent[]> {
  const { attempt, outcome } = onChain;
  const booked = transfers.find((row) => row.purpose === 'slash' && row.attempt === attempt);
  if (booked !== undefined) {
    const facts = { attempt, from: booked.counterAccount, to: booked.account, amountBase: booked.amountBase.toString() };
    return [{ kind: 'slash', at: iso(booked.at), facts, signature: booked.signature }];
  }
  if (outcome !== 'timeout' && outcome !== 'invalid') return [];
  // A node without any stake left loses nothing; else the booking is still to come.
  const landed = await readLanded(deps.chain, closed.signature ?? '');
  if (landed.tokenDeltaBase(findStakeVaultPda(onChain.node).address) === 0n) return [];
  throw new CyxError('CONFLICT', `The slash of attempt ${attempt} of job ${subject.job.id} is not in the books yet. Try again in a moment.`);
}

function ending({ subject: { job } }: Records): ReceiptEvent {
  const state = job.state as ReceiptEventOf<'end'>['facts']['state'];
  return { kind: 'end', at: iso(job.endedAt ?? new Date(0)), facts: { state, reason: job.endReason as JobEndReason | null, modelCid: job.modelCid } };
}

/** The platform keeps the signatures of what it sent; what somebody else sent, the chain still knows. */
async function signatureOf({ deps, intents, subject }: Records, key: string, step: EscrowStep): Promise<string> {
  const intent = intents.find((entry) => entry.key === key);
  return intent?.signature ?? signatureOfStep(deps.chain, subject.address, step);
}

const iso = (at: Date): string => at.toISOString();

/** Unix seconds of the chain, as everything else spells an instant. */
function seconds(at: bigint | undefined): string | undefined {
  return at === undefined || at === 0n ? undefined : new Date(Number(at) * 1000).toISOString();
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function hexOrNull(bytes: Uint8Array): string | null {
  return bytes.every((byte) => byte === 0) ? null : hex(bytes);
}
