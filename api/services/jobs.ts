import { z } from 'zod';
import { WorkflowNotFoundError } from '@temporalio/client';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { isTerminal, JOB_STATES, type JobState } from '#core/job/machine';
import { idText } from '#core/input/ids';
import { MAX_ROW_ID, searchText } from '#core/input/text';
import { attemptsOfJob } from '#db/postgres/attempts';
import type { JobRow } from '#db/postgres/database';
import { readJobEvents, type JobEventPayloads } from '#db/postgres/events';
import { listJobs, requireJob } from '#db/postgres/jobs';
import { transfersOfJob } from '#db/postgres/ledger';
import { findNode } from '#db/postgres/nodes';
import { cancelJobUpdate } from '#workflows/training-job/messages';
import type { ServiceDeps } from './deps.ts';
import { followJob } from './follow-job.ts';
import { checksOfJob } from './job-checks.ts';
import { explainWait } from './job-wait.ts';
import { attemptView, jobSummary } from './job-views.ts';
import { pageByTime } from './page-token.ts';
import { prepareJob, submitJob } from './submit-job.ts';
import { fromTemporalError } from './temporal-errors.ts';
import type { Actor, JobView, Services } from './types.ts';
import { transferView } from './wallet.ts';

type Deps = Pick<ServiceDeps, 'postgres' | 'mongo' | 'chain' | 'kms' | 'temporal' | 'jobEvents'>;

const filterSchema = z.object({
  state: z.enum(JOB_STATES).optional(),
  q: searchText.trim().default(''),
});
const jobIdSchema = z.object({ job_id: idText('a job') });
const eventIdSchema = z.bigint().min(0n).max(MAX_ROW_ID, 'must be an event id');

export function createJobs(deps: Deps): Services['jobs'] {
  const { db } = deps.postgres;
  return {
    submit: (actor, input) => submitJob(deps, actor, input),
    prepare: (actor, input) => prepareJob(deps, actor, input),
    get: async (actor, jobId) => readJob(deps, await requireOwnJob(deps, actor, jobId)),
    list: async (actor, page) => {
      const { state, q } = parseInput(filterSchema, { state: page.state, q: page.q });
      const { items, nextPageToken } = await pageByTime(page, {
        scope: `jobs/${actor.userId}/${state ?? ''}${q === '' ? '' : `/${q}`}`,
        idSchema: idText('a job'),
        read: (query) => listJobs(db, { ...query, userId: actor.userId, state, search: q }),
        positionOf: ({ createdAt, id }) => ({ at: createdAt, id }),
      });
      return { items: items.map(jobSummary), nextPageToken };
    },
    explainWait: async (actor, jobId) => explainWait(db, await requireOwnJob(deps, actor, jobId)),
    checks: async (actor, jobId) => checksOfJob(db, (await requireOwnJob(deps, actor, jobId)).id),
    cancel: async (actor, jobId) => {
      const job = await requireOwnJob(deps, actor, jobId);
      if (isTerminal(job.state as JobState)) {
        throw new CyxError('STATE_CONFLICT', `The job is ${job.state} already, so there is nothing to cancel.`);
      }
      try {
        const handle = deps.temporal.workflow.getHandle(job.workflowId);
        return await handle.executeUpdate(cancelJobUpdate, { args: [{ by: job.userId === actor.userId ? 'user' : 'operator' }] });
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) {
          throw new CyxError('STATE_CONFLICT', 'The job is not running any more, so there is nothing to cancel.', { cause: error });
        }
        throw fromTemporalError(error);
      }
    },
    follow: async function* (actor, jobId, afterEventId, signal) {
      const afterId = parseInput(eventIdSchema, afterEventId);
      await requireOwnJob(deps, actor, jobId);
      yield* followJob(deps, jobId, afterId, signal);
    },
  };
}

/** Somebody else's job looks like no job: its existence is nobody's business. */
export async function requireOwnJob({ postgres }: Pick<ServiceDeps, 'postgres'>, actor: Actor, jobId: string): Promise<JobRow> {
  parseInput(jobIdSchema, { job_id: jobId });
  const job = await requireJob(postgres.db, jobId);
  if (job.userId !== actor.userId && actor.role !== 'operator') {
    throw new CyxError('NOT_FOUND', `There is no job ${jobId}. Check the id, or list your jobs.`);
  }
  return job;
}

async function readJob({ postgres: { db } }: Pick<ServiceDeps, 'postgres'>, job: JobRow): Promise<JobView> {
  const [states, attempts, transfers, node] = await Promise.all([
    readJobEvents(db, { jobId: job.id, afterId: 0n, limit: 100, kind: 'state' }),
    attemptsOfJob(db, job.id),
    transfersOfJob(db, job.id),
    job.nodeId === null ? null : findNode(db, job.nodeId),
  ]);
  return {
    ...jobSummary(job),
    states: states.map((event) => ({ state: (event.payload as JobEventPayloads['state']).state, at: event.at })),
    attempts: attempts.map(attemptView),
    transfers: transfers.map(transferView),
    nodeAccount: node?.account ?? null,
    escrowAddress: job.escrowAddress,
  };
}
