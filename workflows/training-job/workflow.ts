import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
  patched,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import type { ReceiptActivities, RecordedState } from '#activities/platform/contract';
import { type JobEnding, endingOfStop } from '#core/job/ending';
import { MAX_ATTEMPTS } from '#core/job/end-reason';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { RECEIPT } from '#temporal/contract/retry';
import { untilDone } from '../until-done.ts';
import { assignToNode, chain, closeOpenAttempt, runAttempt } from './attempt.ts';
import {
  cancelJobUpdate,
  jobStatusQuery,
  submitJobUpdate,
  type SubmitJobInput,
  type TrainingJobInput,
  type TrainingJobResult,
} from './messages.ts';
import { database, JobProcess } from './process.ts';
import { validateCancel, validateSubmission } from './validation.ts';

const receipts = proxyActivities<ReceiptActivities>({ ...RECEIPT, taskQueue: PLATFORM_QUEUE });

/** A job that was started but whose submission was not accepted ends itself after this time. */
const SUBMIT_WITHIN = '5 s';

/**
 * The paid training job: submit → lock the escrow → assign a node → train → verify → pay, with up to four attempts.
 * Whatever else happens, the escrow is refunded in full. Steps are idempotent and ask the chain first, so neither a
 * retry nor a reset of a finished job moves a token twice.
 */
export async function trainingJobWorkflow({ jobId }: TrainingJobInput): Promise<TrainingJobResult> {
  const job = new JobProcess(jobId);
  job.reexecutes = patched('re-execution');
  let result: { modelCid: string; testAccuracy: number } | null = null;
  setHandler(jobStatusQuery, () => job.status);
  setHandler(
    submitJobUpdate,
    (submission) => {
      job.submit(submission);
      return { state: job.state };
    },
    { validator: (submission: SubmitJobInput) => validateSubmission(job, submission) },
  );
  setHandler(
    cancelJobUpdate,
    ({ by }) => {
      job.stop(by === 'user' ? 'CANCELLED_BY_USER' : 'CANCELLED_BY_OPERATOR');
      return { state: job.state };
    },
    { validator: (_input) => validateCancel(job) },
  );

  if (!(await condition(() => job.submission !== undefined, SUBMIT_WITHIN))) {
    return { jobId, state: 'CREATED', endReason: 'NOT_SUBMITTED', modelCid: null, testAccuracy: null };
  }
  const submission: SubmitJobInput = job.submission!;
  if (!(await isAgreed(jobId, submission))) {
    // Not what the platform checked and stored: the job's row, whosever it is, stays untouched.
    return { jobId, state: 'FAILED', endReason: 'NOT_AUTHORISED', modelCid: null, testAccuracy: null };
  }
  let ending: JobEnding;
  try {
    ending = await job.untilStopped(submission.deadlineAtMs, async () => {
      const outcome = await lockAndTrain(job, submission);
      result = outcome.result;
      return outcome.ending;
    });
  } catch (error) {
    ending = endingOfError(job, error);
  }
  return CancellationScope.nonCancellable(async () => {
    let { endReason } = ending;
    if (job.endedBefore === undefined) {
      const settled = ending.event === 'complete' ? ending : await undo(job, ending);
      job.waitingFor = '';
      await job.move(settled.event, { endReason: settled.endReason });
      endReason = settled.endReason;
    }
    if (patched('receipt')) await issueReceipt(jobId);
    await condition(allHandlersFinished);
    return { jobId, state: job.state, endReason, modelCid: null, testAccuracy: null, ...(result ?? {}), ...endOf(job.endedBefore) };
  });
}

/**
 * The job has ended by now, in every list and on chain, and its receipt is made by whoever asks for it where it is
 * missing. So this waits for what the books are behind by, and no longer: a job never fails for its receipt.
 */
async function issueReceipt(jobId: string): Promise<void> {
  try {
    await receipts.issueReceipt({ jobId });
  } catch (error) {
    log.warn('the receipt is left to whoever asks for it', { jobId, error: String(error) });
  }
}

/** What an earlier run of this job said of its end. */
function endOf(before: RecordedState | undefined): Partial<TrainingJobResult> {
  if (before === undefined) return {};
  const { endReason, modelCid, testAccuracy } = before;
  return { modelCid, testAccuracy, ...(endReason === null ? {} : { endReason }) };
}

async function isAgreed(jobId: string, submission: SubmitJobInput): Promise<boolean> {
  try {
    await database.acceptSubmission({ jobId, submission });
    return true;
  } catch (error) {
    // A local activity's failure comes bare, without the ActivityFailure around it.
    const cause = error instanceof ActivityFailure ? error.cause : error;
    const type = cause instanceof ApplicationFailure ? cause.type : undefined;
    if (type === 'NOT_FOUND' || type === 'FORBIDDEN' || type === 'STATE_CONFLICT') return false;
    throw error;
  }
}

type Outcome = { ending: JobEnding; result: { modelCid: string; testAccuracy: number } | null };

async function lockAndTrain(job: JobProcess, submission: SubmitJobInput): Promise<Outcome> {
  const escrow = await chain.lockEscrow({ jobId: job.jobId });
  if (escrow.status !== 'locked') {
    return { ending: { event: 'fail', endReason: 'ESCROW_SETTLED_ELSEWHERE' }, result: null };
  }
  job.attempt = 1;
  await job.move('lockEscrow');
  for (;;) {
    const nodeId = await assignToNode(job, submission);
    if (nodeId === null) return failed('ATTEMPTS_EXHAUSTED');
    await job.move('assignNode', { nodeId });
    const attempt = await runAttempt(job, submission, nodeId);
    if (attempt.kind === 'valid') return settle(job, attempt.verdict.testAccuracy);
    log.warn('attempt failed', { attempt: job.attempt, kind: attempt.kind, reason: attempt.reason });
    if (attempt.kind === 'misled') await database.disownAttempt({ jobId: job.jobId, attempt: attempt.blamedAttempt, reason: attempt.reason });
    await closeOpenAttempt(job, attempt.kind === 'nodeFailed' ? attempt.outcome : 'released', attempt.reason);
    if (attempt.kind === 'diverged') return failed('TRAINING_DIVERGED');
    if (attempt.kind === 'noVerdict') return failed('INTERNAL_ERROR');
    if (job.attempt >= MAX_ATTEMPTS) return failed('ATTEMPTS_EXHAUSTED');
    job.delivered = false;
    if (Date.now() >= submission.deadlineAtMs) return failed('DEADLINE_PASSED');
    // Back to QUEUED with the escrow still locked, and straight on to ESCROWED under the next fence number.
    job.waitingFor = 'The attempt failed; another node is looked for';
    await job.move('requeue');
    job.attempt += 1;
    await job.move('lockEscrow');
  }
}

function failed(endReason: JobEnding['endReason']): Outcome {
  return { ending: { event: 'fail', endReason }, result: null };
}

async function settle(job: JobProcess, testAccuracy: number): Promise<Outcome> {
  const attempt = job.attempt;
  job.settling = true;
  const { status } = await CancellationScope.nonCancellable(() => chain.releasePayment({ jobId: job.jobId, attempt }));
  if (status !== 'released') return failed('ESCROW_SETTLED_ELSEWHERE');
  job.openAttempt = undefined;
  const { modelCid } = await CancellationScope.nonCancellable(() => database.completeAttempt({ jobId: job.jobId, attempt }));
  return { ending: { event: 'complete', endReason: 'COMPLETED' }, result: { modelCid, testAccuracy } };
}

function endingOfError(job: JobProcess, error: unknown): JobEnding {
  if (isCancellation(error) || job.stopReason !== undefined) return endingOfStop(job.stopReason ?? 'CANCELLED_BY_OPERATOR', job.everAssigned);
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  log.error('the job failed', { type, message: cause instanceof Error ? cause.message : String(cause) });
  if (job.state === 'QUEUED' && (type === 'INSUFFICIENT_FUNDS' || type === 'CHAIN_REJECTED')) {
    return { event: 'fail', endReason: 'ESCROW_NOT_FUNDED' };
  }
  return { event: 'fail', endReason: 'INTERNAL_ERROR' };
}

/** Closes what is open and gives the whole escrow back, where there is one. */
async function undo(job: JobProcess, ending: JobEnding): Promise<JobEnding> {
  // A node that let the deadline pass is a timeout; one whose job was cancelled did nothing wrong.
  const late = ending.endReason === 'DEADLINE_PASSED' && !job.settling;
  await closeOpenAttempt(job, late ? 'timeout' : 'released', late ? 'The deadline passed without a result' : 'The job was stopped');
  const { status } = await untilDone('refund the escrow', () => chain.refundEscrow({ jobId: job.jobId }));
  return status === 'released' ? { event: ending.event, endReason: 'ESCROW_SETTLED_ELSEWHERE' } : ending;
}

