import { ActivityFailure, ApplicationFailure, isCancellation, log, proxyActivities, proxyLocalActivities, sleep } from '@temporalio/workflow';
import type { DrawActivities, DrawSummary, Opinion, OpinionBookActivities, VerificationActivities } from '#activities/platform/contract';
import { decide, MAX_OPINIONS } from '#core/verification/decision';
import { DRAW_AFTER_SLOTS, SLOT_MS } from '#core/verification/draw';
import { PLATFORM_QUEUE, verifierQueue } from '#temporal/contract/queues';
import { CHAIN, DATABASE, OPINION } from '#temporal/contract/retry';
import type { VerificationInput, VerificationResult } from './messages.ts';

/** A chain that does not come to the block of the draw within this time: the job is refunded, nobody is judged. */
const DRAW_WITHIN = '30 min';

const draws = proxyActivities<DrawActivities>({ ...CHAIN, taskQueue: PLATFORM_QUEUE, scheduleToCloseTimeout: DRAW_WITHIN });
const book = proxyLocalActivities<OpinionBookActivities>(DATABASE);

/**
 * Whether an attempt's committed result is what it claims to be (DESIGN §7): draw → re-execute → verdict. A result that
 * one verifier finds wrong is looked at by another, and by a third where these two disagree. It fails closed: whatever
 * keeps it from a verdict leaves the node neither paid nor slashed.
 */
export async function verificationWorkflow({ jobId, attempt, deviceClass }: VerificationInput): Promise<VerificationResult> {
  try {
    // The block that decides is not made yet; the activity waits for what this nominal time is short of.
    await sleep(Number(DRAW_AFTER_SLOTS) * SLOT_MS);
    const draw = await draws.drawSegments({ jobId, attempt });
    const opinions: Opinion[] = [];
    while (decide(opinions) === 'open' && opinions.length < MAX_OPINIONS) {
      const opinion = await ask({ jobId, attempt, deviceClass }, draw, opinions);
      await book.recordOpinion({ jobId, attempt, opinion });
      opinions.push(opinion);
    }
    return resultOf(opinions);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const reason = error.cause instanceof ApplicationFailure ? error.cause.message : 'No verifier gave a verdict in time';
    log.warn('no verdict', { jobId, attempt, reason });
    return { kind: 'none', reason };
  }
}

/** The next verifier's opinion: never of one that gave its own already. */
async function ask({ jobId, attempt, deviceClass }: VerificationInput, draw: DrawSummary, given: readonly Opinion[]): Promise<Opinion> {
  const verifiers = proxyActivities<VerificationActivities>({
    ...OPINION,
    // A draw of before nodes told their instruction set has none: its verifier is asked where it was then.
    taskQueue: verifierQueue(deviceClass, draw.instructionSet),
    startToCloseTimeout: draw.opinionWithinMs,
    scheduleToCloseTimeout: draw.opinionWithinMs,
    summary: `opinion ${given.length + 1} on attempt ${attempt}: ${draw.drawn} of ${draw.segments} segments`,
  });
  const notBy = given.map(({ verifierId }) => verifierId);
  return verifiers.giveOpinion({ jobId, attempt, opinion: given.length + 1, notBy });
}

function resultOf(opinions: readonly Opinion[]): VerificationResult {
  const last = opinions.at(-1);
  const decision = decide(opinions);
  if (last === undefined || (decision !== 'valid' && decision !== 'invalid')) return { kind: 'none', reason: 'The verifiers do not agree' };
  const { valid, reason, blamedAttempt, testAccuracy, testLoss } = last;
  return { kind: 'verdict', valid, reason, blamedAttempt, testAccuracy, testLoss };
}
