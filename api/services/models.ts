import { CyxError } from '#core/errors/cyx-error';
import { idText } from '#core/input/ids';
import { countDownload } from '#db/mongo/users';
import type { JobRow } from '#db/postgres/database';
import { listCompletedJobs, pageOfCompletedJobs } from '#db/postgres/jobs';
import type { ServiceDeps } from './deps.ts';
import { jobSummary } from './job-views.ts';
import { requireOwnJob } from './jobs.ts';
import { pageByTime } from './page-token.ts';
import type { ModelView, Services } from './types.ts';

export function createModels(deps: Pick<ServiceDeps, 'postgres' | 'mongo' | 'kms'>): Services['models'] {
  return {
    list: async (actor) => (await listCompletedJobs(deps.postgres.db, actor.userId)).map(modelView),
    page: async ({ userId }, page) => {
      const { items, nextPageToken } = await pageByTime(page, {
        scope: `models/${userId}`,
        idSchema: idText('a job'),
        read: (query) => pageOfCompletedJobs(deps.postgres.db, { ...query, userId }),
        positionOf: (job) => ({ at: endOf(job), id: job.id }),
      });
      return { items: items.map(modelView), nextPageToken };
    },
    get: async (actor, jobId) => {
      const job = await requireOwnJob(deps, actor, jobId);
      if (job.userId !== actor.userId) throw new CyxError('NOT_FOUND', `You have no model of the job ${jobId}. Check the id, or list your models.`);
      if (job.state !== 'COMPLETED') throw new CyxError('NOT_FOUND', `The job ${jobId} is ${job.state}; there is a model of it once it is COMPLETED.`);
      return modelView(job);
    },
    open: async (actor, jobId) => {
      const job = await requireOwnJob(deps, actor, jobId);
      if (job.userId !== actor.userId) throw new CyxError('FORBIDDEN', 'Only the owner of a job may open its model.');
      // The key of a job that was not paid for is never released, whatever is stored under it.
      if (job.state !== 'COMPLETED' || job.modelCid === null) {
        throw new CyxError('STATE_CONFLICT', `The job is ${job.state}; a model can be opened once it is COMPLETED.`);
      }
      const key = await deps.kms.unwrap(job.modelKeyWrapped, 'model-key', job.id);
      await countDownload(deps.mongo, actor.userId, job.id);
      return { cid: job.modelCid, key };
    },
  };
}

/** A completed job has ended. */
const endOf = ({ endedAt, createdAt }: JobRow): Date => endedAt ?? createdAt;

function modelView(job: JobRow): ModelView {
  const { id: jobId, modelCid, testAccuracy, testLoss, amountBase } = job;
  return { jobId, cid: modelCid ?? '', testAccuracy, testLoss, amountBase, specification: jobSummary(job).specification, createdAt: endOf(job) };
}
