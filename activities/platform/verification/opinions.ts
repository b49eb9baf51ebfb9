import type { AttemptKey } from '#db/postgres/attempts';
import type { Database } from '#db/postgres/database';
import { appendJobEvent } from '#db/postgres/events';
import { disownCheckpoints } from '#db/postgres/outcomes';
import { patchJob } from '#db/postgres/jobs';
import { keepVerdict } from '#db/postgres/verdicts';
import type { OpinionBookActivities, Verdict } from '../contract.ts';
import { asActivities } from '../failure.ts';

/** What becomes of opinions in the projection. */
export function createOpinionBook({ db }: { db: Database }): OpinionBookActivities {
  return asActivities<OpinionBookActivities>({
    recordOpinion: async ({ jobId, attempt, opinion: given }) => {
      const { opinion, testAccuracy, testLoss, ...verdict } = given;
      await keepVerdict(db, { jobId, attempt, opinion, ...verdict });
      await noteVerdict(db, { jobId, attempt, opinion }, given);
      if (given.valid) await patchJob(db, jobId, { testAccuracy, testLoss });
    },

    disownAttempt: async ({ jobId, attempt, reason }) => {
      const removed = await disownCheckpoints(db, { jobId, attempt });
      await appendJobEvent(db, {
        jobId,
        kind: 'log',
        payload: { line: `What attempt ${attempt} left is not gone on from (${removed} checkpoints): ${reason}` },
        dedupeKey: `disowned:${attempt}`,
      });
    },
  });
}

export async function noteVerdict(db: Database, { jobId, attempt, opinion }: AttemptKey & { opinion: number }, verdict: Verdict): Promise<void> {
  await appendJobEvent(db, { jobId, kind: 'log', payload: { line: describe(verdict) }, dedupeKey: `verdict:${attempt}:${opinion}` });
}

function describe({ valid, reason, testAccuracy, testLoss }: Verdict): string {
  if (!valid) return `Verification failed: ${reason}`;
  return `Verified: accuracy ${(testAccuracy * 100).toFixed(2)} %, loss ${testLoss.toFixed(4)} on the held-out data`;
}
