import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { NodeActivities } from '#activities/node/contract';
import type { EscrowActivities, VerificationActivities, Verdict } from '#activities/platform/contract';
import { capabilityQueue, nodeQueue, PLATFORM_QUEUE, type Tier, verifierQueue } from '#temporal/contract/queues';
import { CHAIN, CLAIM, NODE_RUN, VERIFY } from '#temporal/contract/retry';
import type { SubmitJobInput } from './messages.ts';
import { database, type JobProcess } from './process.ts';

export const chain = proxyActivities<EscrowActivities>({ ...CHAIN, taskQueue: PLATFORM_QUEUE });

/** How long reliable nodes are asked alone before everybody is. */
const RELIABLE_TIER = '5 s';
/**
 * A node that does not take up its own work is asked this often (8 s each) before it counts as lost. Rounds are
 * counted, not hours: while the platform itself is down no round passes, so its downtime is never held against a node.
 */
const SILENT_ROUNDS = 4;
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
  | { readonly kind: 'diverged'; readonly reason: string }
  | { readonly kind: 'noVerdict'; readonly reason: string };

/** Offers the job until a node holds it on chain. Only the job's deadline or a cancellation ends the wait. */
export async function assignToNode(job: JobProcess, submission: SubmitJobInput): Promise<string> {
  for (let refusals = 0; ; refusals++) {
    // A node that claims what the chain then refuses could do so for ever: each refusal makes the next wait longer.
    if (refusals > 0) await sleep(Math.min(LONGEST_REFUSAL_WAIT_MS, 500 * 2 ** refusals));
    const plan = await database.planPlacement({ jobId: job.jobId, attempt: job.attempt });
    job.waitingFor = plan.waitingFor;
    await offer(job, submission, plan.askReliableFirst);
    // Compensation is registered before the step: from here on the attempt may be open on chain.
    job.openAttempt = job.attempt;
    const assigned = await chain.assignNode({ jobId: job.jobId, attempt: job.attempt });
    if (assigned.granted) {
      job.everAssigned = true;
      job.waitingFor = 'The node fetches the data and starts to train';
      return assigned.nodeId;
    }
    job.openAttempt = undefined;
  }
}

async function offer(job: JobProcess, submission: SubmitJobInput, askReliableFirst: boolean): Promise<void> {
  const claim = (tier: Tier) => ({
    ...CLAIM,
    taskQueue: capabilityQueue(submission.deviceClass, tier),
    summary: `offer attempt ${job.attempt} to ${tier === 'open' ? 'every node' : 'reliable nodes'} of ${submission.deviceClass}`,
  });
  const input = {
    jobId: job.jobId,
    attempt: job.attempt,
    deviceClass: submission.deviceClass,
    maxPricePerHourBase: submission.pricePerHourBase,
    deadlineAtMs: submission.deadlineAtMs,
  };
  if (askReliableFirst) {
    try {
      const reliable = proxyActivities<NodeActivities>({ ...claim('reliable'), scheduleToCloseTimeout: RELIABLE_TIER });
      await reliable.claimJob(input);
      return;
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    }
  }
  await proxyActivities<NodeActivities>(claim('open')).claimJob(input);
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
    await untilNodeAnswers(() => node.startTraining(input));
    job.waitingFor = 'The node trains; its result is verified next';
    await job.move('startTraining');
    await untilNodeAnswers(() => node.awaitTraining(input));
    job.delivered = true;
    await chain.commitResult({ jobId: job.jobId, attempt: job.attempt });
  } catch (error) {
    // Once the job is stopped it no longer matters what the node said.
    if (isCancellation(error) || job.stopReason !== undefined) throw error;
    return classify(error);
  }
  return verify(job, submission);
}

async function verify(job: JobProcess, submission: SubmitJobInput): Promise<AttemptResult> {
  const verifier = proxyActivities<VerificationActivities>({
    ...VERIFY,
    taskQueue: verifierQueue(submission.deviceClass),
    scheduleToCloseTimeout: VERDICT_WITHIN,
  });
  try {
    const verdict = await verifier.verifyResult({ jobId: job.jobId, attempt: job.attempt });
    if (verdict.valid) return { kind: 'valid', verdict };
    return { kind: 'nodeFailed', outcome: 'invalid', reason: verdict.reason };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { kind: 'noVerdict', reason: 'No verifier gave a verdict in time' };
  }
}

/** Repeats a call that the node never took up; any other failure passes through. */
async function untilNodeAnswers<T>(call: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await call();
    } catch (error) {
      if (!isSilence(error) || round >= SILENT_ROUNDS) throw error;
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

function classify(error: unknown): AttemptResult {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    return { kind: 'nodeFailed', outcome: 'timeout', reason: 'The node fell silent and was not back before its lease ended' };
  }
  if (cause instanceof ApplicationFailure) {
    if (cause.type === 'TRAINING_DIVERGED') return { kind: 'diverged', reason: cause.message };
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
    // The lease ends first, so that no key is released while the chain step runs.
    await database.closeAttempt({ jobId: job.jobId, attempt, outcome, reason });
    await chain.failAttempt({ jobId: job.jobId, attempt, outcome, reason });
  });
  job.openAttempt = undefined;
}
