import { inArray } from 'drizzle-orm';
import { verdicts } from '#db/postgres/schema';
import { openArena } from '../arena/arena.ts';
import { createRandom } from '../plan/random.ts';
import type { Broken } from '../report.ts';
import { checkAll, GOOD_JOBS, runPlain, shapeFor, writeInGoodJobs, type ProofOptions, type ProofReport } from './shared.ts';

const GOAL_SHARE = 0.05;

/**
 * What verification costs beside the training of a node with a hundred good jobs.
 */
export async function proveVerificationCost({ seed, runs, seconds, say }: ProofOptions): Promise<ProofReport & Readonly<Record<string, unknown>>> {
  const arena = await openArena({ users: 1, nodes: 1, random: createRandom(seed), log: say });
  try {
    const { db } = arena.postgres;
    const shape = shapeFor(arena, seconds, seed);
    const records = [];
    for (let run = 1; run <= runs; run++) {
      await writeInGoodJobs(arena);
      // The same job each time; what is drawn of it differs.
      records.push(await runPlain(arena, { number: run, shape }, say));
    }
    const { facts, broken: found } = await checkAll(arena, records);
    const broken: Broken[] = [...found];
    const found2 = await db.select().from(verdicts).where(inArray(verdicts.jobId, records.map(({ jobId }) => jobId)));
    const each = facts.map(({ record, attempts }) => {
      const opinions = found2.filter(({ jobId }) => jobId === record.jobId);
      return {
        jobId: record.jobId,
        trainingMs: attempts.at(-1)?.trainingMs ?? 0,
        verificationMs: opinions.reduce((sum, { tookMs }) => sum + tookMs, 0),
        segments: opinions.reduce((sum, one) => sum + one.segments, 0),
        steps: opinions.reduce((sum, one) => sum + one.steps, 0),
      };
    });
    const sum = (of: (one: (typeof each)[number]) => number): number => each.reduce((total, one) => total + of(one), 0);
    const share = sum(({ verificationMs }) => verificationMs) / Math.max(1, sum(({ trainingMs }) => trainingMs));
    if (share > GOAL_SHARE) broken.push({ invariant: 'cost', why: `verification took ${(100 * share).toFixed(1)} % of the training time; the goal is ${100 * GOAL_SHARE} %` });
    return { proof: 'verification-cost', seed, goodJobs: GOOD_JOBS, goodJobsWereWrittenIn: true, share, goal: GOAL_SHARE, each, ok: broken.length === 0, broken };
  } finally {
    await arena.remove();
  }
}
