import { randomBytes } from 'node:crypto';
import type { JobEvent } from '#core/job/machine';
import { openAttempt, recordClaim, recordCompletion } from '#db/postgres/attempts';
import { closeWithOutcome } from '#db/postgres/outcomes';
import { applyJobTransition } from '#db/postgres/jobs';
import { verdicts } from '#db/postgres/schema';
import { createEscrowActivities } from '../escrow/activities.ts';
import type { World } from './world.ts';

/** For tests: jobs that have been through real escrows, as their workflow would take them there. */
export interface SettledJobs {
  /** Trained at the first attempt, committed, paid and COMPLETED. */
  paid(): Promise<string>;
  /** One attempt that timed out and was slashed, then everything refunded; FAILED. */
  refunded(): Promise<string>;
  /** Cancelled before anything was locked. */
  neverLocked(): Promise<string>;
}

export function createSettledJobs(world: World): SettledJobs {
  const { db } = world.postgres;
  const escrow = createEscrowActivities({ db, kms: world.kms, chain: world.chain });
  const move = (jobId: string, event: JobEvent, patch = {}): Promise<unknown> => applyJobTransition(db, { jobId, event, transitionKey: event, patch });
  const assigned = async (): Promise<{ jobId: string; nodeId: string }> => {
    const [user, { nodeId }] = [await world.newUser(), await world.newNode()];
    const jobId = await world.newJob(user);
    await move(jobId, 'submit');
    await escrow.lockEscrow({ jobId });
    await move(jobId, 'lockEscrow');
    await openAttempt(db, { jobId, attempt: 1 });
    await recordClaim(db, { jobId, attempt: 1, nodeId });
    await escrow.assignNode({ jobId, attempt: 1 });
    await move(jobId, 'assignNode', { nodeId });
    return { jobId, nodeId };
  };
  return {
    paid: async () => {
      const { jobId, nodeId } = await assigned();
      const result = { modelCid: 'bafybeimodel', modelSizeBytes: 1, commitment: new Uint8Array(randomBytes(32)), finalLoss: 0.1, finalAccuracy: 0.9, trainingMs: 1_000 };
      await move(jobId, 'startTraining');
      await recordCompletion(db, { jobId, attempt: 1, nodeId }, result);
      await escrow.commitResult({ jobId, attempt: 1 });
      await db.insert(verdicts).values({ jobId, attempt: 1, opinion: 1, verifierId: 'test-verifier', valid: true });
      await escrow.releasePayment({ jobId, attempt: 1 });
      await closeWithOutcome(db, { jobId, attempt: 1, outcome: 'completed' });
      await move(jobId, 'complete', { endReason: 'COMPLETED', modelCid: result.modelCid });
      return jobId;
    },
    refunded: async () => {
      const { jobId } = await assigned();
      const reason = 'The node went silent';
      await escrow.failAttempt({ jobId, attempt: 1, outcome: 'timeout', reason });
      await closeWithOutcome(db, { jobId, attempt: 1, outcome: 'timeout', reason });
      await escrow.refundEscrow({ jobId });
      await move(jobId, 'fail', { endReason: 'DEADLINE_PASSED' });
      return jobId;
    },
    neverLocked: async () => {
      const jobId = await world.newJob(await world.newUser());
      await move(jobId, 'cancel', { endReason: 'CANCELLED_BY_USER' });
      return jobId;
    },
  };
}
