import type { JobEndReason } from '#core/job/end-reason';
import { isTerminal, type JobState } from '#core/job/machine';
import { formatCyxwiz } from '#core/money/amount';
import { splitPayout } from '#core/money/split';
import { isReliable } from '#core/node/reputation';
import { findAttempt, openAttempt } from '#db/postgres/attempts';
import type { Database, JobRow, NodeRow } from '#db/postgres/database';
import { edgeWasUp } from '#db/postgres/beats';
import { appendJobEvent } from '#db/postgres/events';
import { applyJobTransition, findJob, patchJob, requireJob } from '#db/postgres/jobs';
import { followJobsOfNode, nodesForJob } from '#db/postgres/nodes';
import { closeWithOutcome } from '#db/postgres/outcomes';
import { CyxError } from '#core/errors/cyx-error';
import type { SubmitJobInput } from '#workflows/training-job/messages';
import type { JobActivities } from './contract.ts';
import { asActivities } from './failure.ts';
import { judgeLateness } from './fair-outcome.ts';

/** A node renews its token well before this. */
const TOKEN_LIFETIME_MS = 5 * 60_000;
const WAITING_FOR_LOCK = 'Your tokens are being locked on chain';

export interface JobActivityDeps {
  readonly db: Database;
  /** Called once for each completed job: the user's `modelsCreated` goes up. */
  readonly countModel: (userId: string, jobId: string) => Promise<void>;
}

/** The projection's side of a trainingJob: every write is idempotent, so every retry is harmless. */
export function createJobActivities({ db, countModel }: JobActivityDeps): JobActivities {
  return asActivities<JobActivities>({
    acceptSubmission: async ({ jobId, submission }) => {
      const agreed = agreedSubmission(await requireJob(db, jobId));
      const differs = (Object.keys(agreed) as (keyof SubmitJobInput)[]).filter((name) => agreed[name] !== submission[name]);
      if (differs.length > 0) {
        throw new CyxError('FORBIDDEN', `The submission of job ${jobId} is not what was agreed: ${differs.join(', ')} differ`);
      }
      await applyJobTransition(db, { jobId, event: 'submit', transitionKey: 'submit:0', patch: { waitingFor: WAITING_FOR_LOCK } });
    },

    recordTransition: async ({ jobId, event, key, patch }) => {
      const { state, endReason, modelCid, testAccuracy } = await applyJobTransition(db, { jobId, event, transitionKey: key, patch: patch ?? {} }).catch(
        (error: unknown) => endedJob(db, jobId, error),
      );
      return { state: state as JobState, endReason: endReason as JobEndReason | null, modelCid, testAccuracy };
    },

    planPlacement: async ({ jobId, attempt }) => {
      const [job] = await Promise.all([requireJob(db, jobId), openAttempt(db, { jobId, attempt })]);
      const affordable = await nodesForJob(db, job);
      const waitingFor = describeWait(job.deviceClass, affordable);
      if (waitingFor !== job.waitingFor) await patchJob(db, jobId, { waitingFor });
      return { askReliableFirst: affordable.some(asksOnReliableTier), waitingFor };
    },

    closeAttempt: async ({ jobId, attempt, outcome, reason }) => {
      const row = await findAttempt(db, { jobId, attempt });
      await closeWithOutcome(db, { jobId, attempt, outcome, reason });
      await appendJobEvent(db, {
        jobId,
        kind: 'log',
        payload: { line: `Attempt ${attempt} ended (${outcome}): ${reason}` },
        dedupeKey: `attempt-closed:${attempt}`,
      });
      if (row?.nodeId != null && row.assignedAt !== null) await followJobsOfNode(db, row.nodeId);
    },

    judgeLateness: (input) => judgeLateness(db, input),

    couldProvidersReachUs: ({ forMs }) => edgeWasUp(db, forMs),

    completeAttempt: async ({ jobId, attempt }) => {
      const row = await findAttempt(db, { jobId, attempt });
      if (row?.modelCid == null || row.nodeId === null) {
        throw new CyxError('STATE_CONFLICT', `Attempt ${attempt} of job ${jobId} has no result to complete with`);
      }
      await closeWithOutcome(db, { jobId, attempt, outcome: 'completed' });
      await patchJob(db, jobId, { modelCid: row.modelCid });
      await followJobsOfNode(db, row.nodeId);
      const job = await requireJob(db, jobId);
      await countModel(job.userId, jobId);
      const { nodeBase } = splitPayout(job.amountBase);
      await appendJobEvent(db, {
        jobId,
        kind: 'log',
        payload: { line: `Attempt ${attempt} was verified and paid: ${formatCyxwiz(nodeBase)} CYXWIZ to the node` },
        dedupeKey: `attempt-closed:${attempt}`,
      });
      return { modelCid: row.modelCid };
    },
  });
}

/** A run that begins anew (an operator reset it) finds that its job has ended: that is its answer. Else the error stands. */
async function endedJob(db: Database, jobId: string, error: unknown): Promise<JobRow> {
  const job = await findJob(db, jobId);
  if (job === null || !isTerminal(job.state as JobState)) throw error;
  return job;
}

/** Being reliable is not enough: the node must know it, from a token that is still good. */
function asksOnReliableTier(node: NodeRow): boolean {
  return node.state === 'ACTIVE' && isReliable(node) && (node.reliableTokenAt?.getTime() ?? 0) > Date.now() - TOKEN_LIFETIME_MS;
}

/** What the platform checked and stored for a job. */
function agreedSubmission(job: JobRow): SubmitJobInput {
  return {
    userId: job.userId,
    requesterAddress: job.requesterAddress,
    deviceClass: job.deviceClass,
    amountBase: job.amountBase.toString(),
    pricePerHourBase: job.pricePerHourBase.toString(),
    deadlineAtMs: job.deadlineAt.getTime(),
  };
}

/** Why a job waits, in words; every number is from the projection at this moment. */
function describeWait(deviceClass: string, affordable: readonly NodeRow[]): string {
  if (affordable.length === 0) return `No node of class ${deviceClass} at your price is online; the first that comes is asked`;
  const busy = affordable.filter((node) => node.state === 'BUSY').length;
  const plural = affordable.length === 1 ? 'node' : 'nodes';
  if (busy === affordable.length) return `${affordable.length} ${plural} of class ${deviceClass}, all busy; the next free one takes the job`;
  return `${affordable.length - busy} of ${affordable.length} ${plural} of class ${deviceClass} free; waiting for one to take the job`;
}

