import { CyxError } from '#core/errors/cyx-error';
import { findAttempt } from '#db/postgres/attempts';
import { appendJobEvent } from '#db/postgres/events';
import { patchJob } from '#db/postgres/jobs';
import { MAX_OPINIONS } from '#core/verification/decision';
import { commitResultInstruction, MAX_VERIFY_SECONDS } from '#programs/clients/ts/job-escrow';
import { opinionWithinMs } from '../verification/opinion-time.ts';
import { chainStep, type EscrowDeps, requireEscrow, stepKeys, subjectOf } from './deps.ts';

/** A committed result blocks the requester's own refund for this long at most, beside the time for opinions. */
const DRAW_WITHIN_SECONDS = 1_800;

/** Our clock may run ahead of the chain's. */
const CLOCK_SKEW_SECONDS = 3_600;

/** Writes the root that the node reported on chain, once. RESULT_INVALID where there is none or another one. */
export async function commitResult(deps: EscrowDeps, jobId: string, attempt: number): Promise<{ modelCid: string }> {
  const subject = await subjectOf(deps, jobId);
  const result = await findAttempt(deps.db, { jobId, attempt });
  if (result?.modelCid == null || result.commitment === null) {
    throw new CyxError('RESULT_INVALID', 'The node ended the job without reporting a result');
  }
  const root = result.commitment;
  const onChain = (await requireEscrow(deps, subject)).attempts[attempt - 1];
  if (onChain === undefined) throw new CyxError('STATE_CONFLICT', `Attempt ${attempt} of job ${jobId} is not on chain`);
  if (onChain.committedAt !== 0n && !Buffer.from(onChain.root).equals(Buffer.from(root))) {
    throw new CyxError('RESULT_INVALID', 'Another result is committed on chain');
  }
  if (onChain.committedAt === 0n) {
    const verdictSeconds = DRAW_WITHIN_SECONDS + Math.ceil((MAX_OPINIONS * opinionWithinMs(result)) / 1000);
    const longest = Number(MAX_VERIFY_SECONDS) - CLOCK_SKEW_SECONDS;
    const verifyDeadline = BigInt(Math.floor(Date.now() / 1000) + Math.min(verdictSeconds, longest));
    await chainStep(deps, {
      key: stepKeys.commit(jobId, attempt),
      jobId,
      attempt,
      build: async () => ({
        instructions: [
          commitResultInstruction({ authority: deps.chain.authority.publicKey, escrow: subject.address, attempt, root, verifyDeadline }),
        ],
      }),
    });
  }
  await appendJobEvent(deps.db, {
    jobId,
    kind: 'log',
    payload: { line: `The node's result is committed on chain; root ${Buffer.from(root).toString('hex').slice(0, 16)}…` },
    dedupeKey: `committed:${attempt}`,
  });
  await patchJob(deps.db, jobId, { waitingFor: 'The result is being verified on data that no node has seen' });
  return { modelCid: result.modelCid };
}
