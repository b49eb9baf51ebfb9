import { CyxError } from '#core/errors/cyx-error';
import { listCompletedJobs } from '#db/postgres/jobs';
import type { ServiceDeps } from './deps.ts';
import { jobSummary } from './job-views.ts';
import { requireOwnJob } from './jobs.ts';
import type { Services } from './types.ts';

export function createModels(deps: Pick<ServiceDeps, 'postgres' | 'kms'>): Services['models'] {
  return {
    list: async (actor) =>
      (await listCompletedJobs(deps.postgres.db, actor.userId)).map((job) => ({
        jobId: job.id,
        cid: job.modelCid ?? '',
        testAccuracy: job.testAccuracy,
        testLoss: job.testLoss,
        amountBase: job.amountBase,
        specification: jobSummary(job).specification,
        createdAt: job.endedAt ?? job.createdAt,
      })),
    open: async (actor, jobId) => {
      const job = await requireOwnJob(deps, actor, jobId);
      if (job.userId !== actor.userId) throw new CyxError('FORBIDDEN', 'Only the owner of a job may open its model.');
      // The key of a job that was not paid for is never released, whatever is stored under it.
      if (job.state !== 'COMPLETED' || job.modelCid === null) {
        throw new CyxError('STATE_CONFLICT', `The job is ${job.state}; a model can be opened once it is COMPLETED.`);
      }
      return { cid: job.modelCid, key: await deps.kms.unwrap(job.modelKeyWrapped, 'model-key', job.id) };
    },
  };
}
