import { decide, type Decision } from '#core/verification/decision';
import { attemptsOfJob } from '#db/postgres/attempts';
import type { Database, DrawRow, VerdictRow } from '#db/postgres/database';
import { drawsOfJob } from '#db/postgres/draws';
import { verdictsOfJob } from '#db/postgres/verdicts';

export interface DrawView {
  readonly at: Date;
  /** Slot of the block that decided it. */
  readonly slot: bigint;
  /** Steps that were chosen to be run again, and the attempt that had made them. */
  readonly segments: readonly { readonly fromStep: number; readonly toStep: number; readonly attempt: number }[];
  /** Chance of each segment, 0 to 1, by the attempt that made it; empty where there was nothing to draw from. */
  readonly rates: Readonly<Record<string, number>>;
}

export interface VerdictView {
  readonly verifierId: string;
  readonly valid: boolean;
  readonly reason: string;
  readonly blamedAttempt: number | null;
  /** Run again by this verifier; 0 where it did not come to that. */
  readonly segments: number;
  readonly steps: number;
  readonly tookMs: number;
  readonly at: Date;
}

/** How the result of one attempt was checked, as far as that has come. */
export interface CheckView {
  readonly attempt: number;
  readonly deliveredAt: Date;
  readonly draw: DrawView | null;
  readonly verdicts: readonly VerdictView[];
  readonly decision: Decision;
}

/** Of each attempt that delivered a result. */
export async function checksOfJob(db: Database, jobId: string): Promise<CheckView[]> {
  const [attempts, draws, verdicts] = await Promise.all([attemptsOfJob(db, jobId), drawsOfJob(db, jobId), verdictsOfJob(db, jobId)]);
  return attempts.flatMap(({ attempt, completedAt }) => {
    if (completedAt === null) return [];
    const draw = draws.find((row) => row.attempt === attempt);
    const opinions = verdicts.filter((row) => row.attempt === attempt);
    return [{ attempt, deliveredAt: completedAt, draw: draw === undefined ? null : drawView(draw), verdicts: opinions.map(verdictView), decision: decide(opinions) }];
  });
}

/** The secret and the seed stay where they are: the receipt shows them to whoever draws again. */
function drawView({ at, slot, segments, rates }: DrawRow): DrawView {
  return { at, slot, segments, rates };
}

function verdictView({ verifierId, valid, reason, blamedAttempt, segments, steps, tookMs, at }: VerdictRow): VerdictView {
  return { verifierId, valid, reason, blamedAttempt, segments, steps, tookMs, at };
}
