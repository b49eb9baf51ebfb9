import { setTimeout as delay } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import { isTerminal, type JobState } from '#core/job/machine';
import { findReceipt } from '#db/postgres/receipts';
import type { ServiceDeps } from './deps.ts';
import { requireOwnJob } from './jobs.ts';
import type { Services } from './types.ts';

/** The platform's worker looks for missing receipts every ten seconds; who asks just after a job's end is not sent away. */
const WRITTEN_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 250;

/**
 * Receipts are written by the platform's worker alone: they are signed with the key that the escrow program obeys, and the
 * edges do not have it.
 */
export function createReceipts({ postgres }: Pick<ServiceDeps, 'postgres'>): Services['receipts'] {
  return {
    get: async (actor, jobId) => {
      const job = await requireOwnJob({ postgres }, actor, jobId);
      if (!isTerminal(job.state as JobState)) {
        throw new CyxError('STATE_CONFLICT', `The job is ${job.state}; it has its receipt once it has ended.`);
      }
      const giveUpAt = Date.now() + WRITTEN_WITHIN_MS;
      for (;;) {
        const receipt = await findReceipt(postgres.db, job.id);
        if (receipt !== null) return { jobId: job.id, body: receipt.body, at: receipt.at };
        if (Date.now() >= giveUpAt) throw new CyxError('CONFLICT', 'The receipt of this job is not written yet. Ask again in a minute.');
        await delay(LOOK_EVERY_MS);
      }
    },
  };
}
