import { z } from 'zod';
import type { Actor, JobView, Services } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { isTerminal, type JobState } from '#core/job/machine';
import { isCyxError } from './errors.server.ts';
import { escrowBalance } from './escrow-balance.ts';
import { toWire } from './wire.ts';

type Jobs = Pick<Services['jobs'], 'get' | 'cancel'>;

const MAX_JOBS = 100;
const idsSchema = z.array(z.uuid()).max(MAX_JOBS);

/** What would become of one job. */
export interface PlannedCancel {
  readonly jobId: string;
  readonly graphJson: string;
  readonly state: JobState;
  readonly canBeCancelled: boolean;
  /** In its escrow now: what comes back. */
  readonly refundBase: bigint;
}

/** What became of one job. */
export interface CancelResult {
  readonly jobId: string;
  readonly outcome: 'cancelled' | 'too-late' | 'refused';
  /** In its escrow when it was cancelled. */
  readonly refundBase: bigint;
  /** Why it was not cancelled; '' where it was. */
  readonly message: string;
}

/** The jobs that an address or a form names, each once. Throws INVALID_INPUT for what is no id. */
export function readJobIds(values: readonly unknown[]): string[] {
  const parsed = idsSchema.safeParse([...new Set(values)]);
  if (parsed.success) return parsed.data;
  throw new CyxError('INVALID_INPUT', `Choose at most ${MAX_JOBS} jobs from the list of your jobs, and try again.`);
}

export async function planCancels(jobs: Jobs, actor: Actor, jobIds: readonly string[]): Promise<PlannedCancel[]> {
  return (await Promise.all(jobIds.map((jobId) => jobs.get(actor, jobId)))).map(planOf);
}

function planOf(job: JobView): PlannedCancel {
  return { jobId: job.jobId, graphJson: job.specification.graphJson, state: job.state, canBeCancelled: !isTerminal(job.state), refundBase: refundOf(job) };
}

function refundOf(job: JobView): bigint {
  return escrowBalance(toWire(job.transfers));
}

/** Each job by itself: one that has ended, or can not be cancelled, holds up no other. Doing it again changes nothing more. */
export async function cancelJobs(jobs: Jobs, actor: Actor, jobIds: readonly string[]): Promise<CancelResult[]> {
  return Promise.all(jobIds.map((jobId) => cancelOne(jobs, actor, jobId)));
}

async function cancelOne(jobs: Jobs, actor: Actor, jobId: string): Promise<CancelResult> {
  try {
    const before = await jobs.get(actor, jobId);
    await jobs.cancel(actor, jobId);
    return { jobId, outcome: 'cancelled', refundBase: refundOf(before), message: '' };
  } catch (error) {
    if (!isCyxError(error)) throw error;
    return { jobId, outcome: error.code === 'STATE_CONFLICT' ? 'too-late' : 'refused', refundBase: 0n, message: error.message };
  }
}
