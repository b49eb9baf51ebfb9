import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  executeChild,
  isCancellation,
  patched,
  proxyActivities,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { NodeActivities } from '#activities/node/contract';
import type { EscrowActivities, VerificationActivities, Verdict } from '#activities/platform/contract';
import { capabilityQueue, nodeQueue, PLATFORM_QUEUE, type Tier, verifierQueue } from '#temporal/contract/queues';
import { MAX_ATTEMPTS } from '#core/job/end-reason';
import { CHAIN, CLAIM, NODE_RUN, VERIFY } from '#temporal/contract/retry';
import type { ActivityOptions } from '@temporalio/workflow';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import type { SlashingInput } from '../slashing/messages.ts';
import { untilDone } from '../until-done.ts';
import type { VerificationInput, VerificationResult } from '../verification/messages.ts';
import type { SubmitJobInput } from './messages.ts';
import { database, type JobProcess } from './process.ts';

export const chain = proxyActivities<EscrowActivities>({ ...CHAIN, taskQueue: PLATFORM_QUEUE });

/** How long reliable nodes are asked alone before everybody is. */
const RELIABLE_TIER = '5 s';
/**
 * A node that does not take up its own work is asked this often (4 s each) before it counts as lost: some 19 s after its
 * last heartbeat, so that its job trains elsewhere within 30 s. Rounds are counted, not hours, and only those in which
 * the platform could be reached: its own downtime is never held against a node.
 */
const SILENT_ROUNDS = 2;
/** As jobs count them that met a silent node before. */
const SILENT_ROUNDS_BEFORE = 4;
/** Time for a node to connect again after the platform was away. */
const REACHABLE_FOR_MS = 20_000;
/** Priorities on a capability queue: 1 is the highest of 5, 3 what has none. */
const [GOES_ON, BEGINS] = [2, 3];
const ACKNOWLEDGE_WITHIN = '8 s';
const LONGEST_REFUSAL_WAIT_MS = 30_000;
/**
 * At the deadline the node is told to stop, which it hears with its next heartbeat. Only a node that does not is cut
 * off after this time: an attempt that simply timed out at the deadline would leave its training running.
 */
const STOP_WITHIN_MS = 20_000;
/** No verdict within this time: the job is refunded, nobody is judged. */
const VERDICT_WITHIN = '15 min';

export type AttemptResult =
  | { readonly kind: 'valid'; readonly verdict: Verdict }
  | { readonly kind: 'nodeFailed'; readonly outcome: 'timeout' | 'invalid' | 'released'; readonly reason: string }
  /** Its predecessor lied: nothing is wrong with this attempt's own work, but what it went on from. */
  | { readonly kind: 'misled'; readonly blamedAttempt: number; readonly reason: string }
  | { readonly kind: 'diverged'; readonly outcome: 'released'; readonly reason: string }
  | { readonly kind: 'noVerdict'; readonly reason: string };

/**
 * Offers the job until a node holds it on chain; null where the attempts are used up. Only the job's deadline or a
 * cancellation ends the wait.
 */
export async function assignToNode(job: JobProcess, submission: SubmitJobInput): Promise<string | null> {
  for (let refusals = 0; ; refusals++) {
    // A node that claims what the chain then refuses could do so for ever: each refusal makes the next wait longer.
    if (refusals > 0) await sleep(Math.min(LONGEST_REFUSAL_WAIT_MS, 500 * 2 ** Math.min(refusals, 10)));
    const plan = await database.planPlacement({ jobId: job.jobId, attempt: job.attempt });
    job.waitingFor = plan.waitingFor;
    if (!(await offer(job, submission, plan.askReliableFirst))) continue;
    // Compensation is registered before the step: from here on the attempt may be open on chain.
    job.openAttempt = job.attempt;
    const assigned = await chain.assignNode({ jobId: job.jobId, attempt: job.attempt });
    if (assigned.granted) {
      job.everAssigned = true;
      job.waitingFor = 'The node fetches the data and starts to train';
      return assigned.nodeId;
    }
    if (!assigned.burned) continue;
    // An earlier claimant's assignment landed although it was refused since: its attempt is given back, unjudged.
    await closeOpenAttempt(job, 'released', assigned.reason);
    if (job.attempt >= MAX_ATTEMPTS) return null;
    job.attempt += 1;
  }
}

/** True once a node took the offer. A claim that fails, however it says so, is a refusal and nothing more. */
async function offer(job: JobProcess, submission: SubmitJobInput, askReliableFirst: boolean): Promise<boolean> {
  const input = {
    jobId: job.jobId,
    attempt: job.attempt,
    deviceClass: submission.deviceClass,
    maxPricePerHourBase: submission.pricePerHourBase,
    deadlineAtMs: submission.deadlineAtMs,
  };
  const ask = async (tier: Tier, limit: ActivityOptions): Promise<boolean> => {
    const node = proxyActivities<NodeActivities>({
      ...CLAIM,
      ...limit,
      taskQueue: capabilityQueue(submission.deviceClass, tier),
      // Customers take turns: one's thousand jobs do not keep another's one waiting. A job that has lost its node goes first.
      priority: { fairnessKey: submission.userId, priorityKey: job.attempt > 1 ? GOES_ON : BEGINS },
      summary: `offer attempt ${job.attempt} to ${tier === 'open' ? 'every node' : 'reliable nodes'} of ${submission.deviceClass}`,
    });
    try {
      await node.claimJob(input);
      return true;
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      return false;
    }
  };
  if (askReliableFirst && (await ask('reliable', { scheduleToCloseTimeout: RELIABLE_TIER }))) return true;
  return ask('open', {});
}

/** Trains on the assigned node, commits the result on chain and has it verified. Cancellation passes through. */
export async function runAttempt(job: JobProcess, submission: SubmitJobInput, nodeId: string): Promise<AttemptResult> {
  const input = { jobId: job.jobId, attempt: job.attempt, deadlineAtMs: submission.deadlineAtMs };
  const node = proxyActivities<NodeActivities>({
    ...NODE_RUN,
    taskQueue: nodeQueue(nodeId),
    startToCloseTimeout: Math.max(0, submission.deadlineAtMs - Date.now()) + STOP_WITHIN_MS,
  });
  try {
    await orAbandon(job, untilNodeAnswers(() => node.startTraining(input)));
    job.waitingFor = 'The node trains; its result is verified next';
    await job.move('startTraining');
    await orAbandon(job, untilNodeAnswers(() => node.awaitTraining(input)));
  } catch (error) {
    if (isCancellation(error)) throw error;
    const failure = classify(error);
    // A node that handed in its result and then fell silent has done its work.
    if (failure.outcome !== 'timeout' || (await judgeLateness(job, job.attempt)) !== 'delivered') return failure;
    if (job.state === 'ASSIGNED') await job.move('startTraining');
  }
  job.delivered = true;
  try {
    await chain.commitResult({ jobId: job.jobId, attempt: job.attempt });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return classify(error);
  }
  return job.reexecutes ? verify(job, submission) : verifyWithoutReexecution(job, submission);
}

/**
 * A node is given a moment to acknowledge that the job was stopped, so that its training process ends. One that does
 * not answer holds nobody up: its lease ends without it.
 */
async function orAbandon<T>(job: JobProcess, work: Promise<T>): Promise<T> {
  const abandoned = CancellationScope.nonCancellable(async (): Promise<never> => {
    await condition(() => job.stopReason !== undefined);
    await sleep(ACKNOWLEDGE_WITHIN);
    throw new CancelledFailure('The node did not acknowledge the stop in time');
  });
  work.catch(() => undefined);
  abandoned.catch(() => undefined);
  return Promise.race([work, abandoned]);
}

async function verify({ jobId, attempt }: JobProcess, { deviceClass }: SubmitJobInput): Promise<AttemptResult> {
  const result = await executeChild<(input: VerificationInput) => Promise<VerificationResult>>(WORKFLOW_TYPES.verification, {
    workflowId: workflowIds.verification(jobId, attempt),
    args: [{ jobId, attempt, deviceClass }],
  });
  if (result.kind === 'none') return { kind: 'noVerdict', reason: result.reason };
  if (result.valid) return { kind: 'valid', verdict: result };
  const blamedAttempt = result.blamedAttempt ?? attempt;
  if (blamedAttempt !== attempt) return { kind: 'misled', blamedAttempt, reason: result.reason };
  return { kind: 'nodeFailed', outcome: 'invalid', reason: result.reason };
}

/** As jobs were verified that had begun before re-execution was there. */
async function verifyWithoutReexecution(job: JobProcess, submission: SubmitJobInput): Promise<AttemptResult> {
  const verifier = proxyActivities<VerificationActivities>({
    ...VERIFY,
    taskQueue: verifierQueue(submission.deviceClass),
    scheduleToCloseTimeout: VERDICT_WITHIN,
  });
  const input = { jobId: job.jobId, attempt: job.attempt };
  try {
    let verdict = await verifier.verifyResult(input);
    // Nobody is slashed on one opinion: a bad verdict has to be found twice.
    if (!verdict.valid) verdict = await verifier.verifyResult(input);
    if (verdict.valid) return { kind: 'valid', verdict };
    return { kind: 'nodeFailed', outcome: 'invalid', reason: verdict.reason };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { kind: 'noVerdict', reason: 'No verifier gave a verdict in time' };
  }
}

/**
 * Repeats a call that the node never took up; any other failure passes through. A round counts against the node only
 * where it could have reached the platform all the time.
 */
async function untilNodeAnswers<T>(call: () => Promise<T>): Promise<T> {
  for (let silent = 0; ; ) {
    try {
      return await call();
    } catch (error) {
      if (!isSilence(error)) throw error;
      const rounds = patched('lost-sooner') ? SILENT_ROUNDS : SILENT_ROUNDS_BEFORE;
      if (await database.couldProvidersReachUs({ forMs: REACHABLE_FOR_MS })) silent += 1;
      if (silent >= rounds) throw error;
    }
  }
}

function isSilence(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'SCHEDULE_TO_START'
  );
}

function classify(error: unknown): Extract<AttemptResult, { kind: 'nodeFailed' | 'diverged' }> {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    return { kind: 'nodeFailed', outcome: 'timeout', reason: 'The node fell silent and was not back before its lease ended' };
  }
  if (cause instanceof ApplicationFailure) {
    if (cause.type === 'TRAINING_DIVERGED') return { kind: 'diverged', outcome: 'released', reason: cause.message };
    // The node said itself that it can not go on: it is not paid, but honesty is not slashed.
    return { kind: 'nodeFailed', outcome: 'released', reason: cause.message };
  }
  throw error;
}

/** Closes an open attempt on chain and in the projection; runs to its end whatever happens to the job. */
export async function closeOpenAttempt(job: JobProcess, outcome: 'timeout' | 'invalid' | 'released', reason: string): Promise<void> {
  const attempt = job.openAttempt;
  if (attempt === undefined) return;
  await CancellationScope.nonCancellable(async () => {
    const isLate = outcome === 'timeout' && (await judgeLateness(job, attempt)) === 'timeout';
    const fair = outcome === 'timeout' && !isLate ? 'released' : outcome;
    if (job.reexecutes && fair !== 'released' && job.nodeId !== null) {
      await slash(job.nodeId, { jobId: job.jobId, attempt, outcome: fair, reason });
      return;
    }
    // The lease ends first, so that no key is released while the chain step runs.
    await database.closeAttempt({ jobId: job.jobId, attempt, outcome: fair, reason });
    await untilDone('close the attempt', () => chain.failAttempt({ jobId: job.jobId, attempt, outcome: fair, reason }));
  });
  job.openAttempt = undefined;
}

/** Lateness is judged by what the platform has on record, not by what the workflow happens to have heard. */
async function judgeLateness({ jobId }: JobProcess, attempt: number): Promise<'timeout' | 'released' | 'delivered'> {
  // By the clock that the deadline's timer goes by.
  return database.judgeLateness({ jobId, attempt, nowMs: Date.now() });
}

async function slash(nodeId: string, failure: Omit<SlashingInput, 'nodeId'>): Promise<void> {
  await executeChild<(input: SlashingInput) => Promise<void>>(WORKFLOW_TYPES.slashing, {
    workflowId: workflowIds.slashing(nodeId, failure.jobId),
    args: [{ ...failure, nodeId }],
  });
}
