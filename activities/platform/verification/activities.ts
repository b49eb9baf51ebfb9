import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { CyxError } from '#core/errors/cyx-error';
import { findAttempt } from '#db/postgres/attempts';
import { requireJob } from '#db/postgres/jobs';
import { keepVerdict, verdictsOf } from '#db/postgres/verdicts';
import { ANOTHER_VERIFIER, type Opinion, type Verdict, type VerificationActivities } from '../contract.ts';
import { asActivities } from '../failure.ts';
import { createDatasetCache } from './dataset-cache.ts';
import type { Verifier, VerifierDeps } from './deps.ts';
import { evaluateHeldOut, fetchModel } from './held-out.ts';
import { examine } from './opinion.ts';
import { noteVerdict } from './opinions.ts';
import { WrongResult } from './wrong-result.ts';

export type { VerifierDeps } from './deps.ts';

const HEARTBEAT_MS = 5_000;

export function createVerificationActivities(deps: VerifierDeps): VerificationActivities {
  const verifier: Verifier = { ...deps, datasets: createDatasetCache(deps.cacheDir) };
  return asActivities<VerificationActivities>({
    giveOpinion: async ({ jobId, attempt, opinion, notBy }) => {
      if (notBy.includes(verifier.verifierId)) throw refuseAsAnother(verifier.verifierId);
      const startedMs = performance.now();
      const found = await inFolder((folder, signal, onProgress) => examine(verifier, { jobId, attempt, folder, signal, onProgress }));
      return { opinion, verifierId: verifier.verifierId, tookMs: Math.round(performance.now() - startedMs), ...opinionOf(found) };
    },

    verifyResult: async ({ jobId, attempt }) => {
      const job = await requireJob(verifier.db, jobId);
      const result = await findAttempt(verifier.db, { jobId, attempt });
      const cid = result?.modelCid;
      if (cid == null) throw new CyxError('STATE_CONFLICT', `Attempt ${attempt} of job ${jobId} has no result`);
      const found = await inFolder(async (folder, signal) => {
        const { file } = await fetchModel(verifier, job, { attempt, cid, folder });
        return { ...(await evaluateHeldOut(verifier, job, { attempt, modelFile: file, folder, signal })), segments: 0, steps: 0 };
      });
      const { segments, steps, ...verdict } = opinionOf(found);
      const opinion = (await verdictsOf(verifier.db, { jobId, attempt })).length + 1;
      await keepVerdict(verifier.db, { jobId, attempt, opinion, verifierId: verifier.verifierId, ...verdict, segments, steps, tookMs: 0 });
      await noteVerdict(verifier.db, { jobId, attempt, opinion }, verdict);
      return verdict;
    },
  });
}

/** Retryably, so that the task goes to whoever polls next; soon that is another one. */
function refuseAsAnother(verifierId: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: ANOTHER_VERIFIER,
    message: `The verifier ${verifierId} gave its opinion on this result already: another one is needed`,
    nextRetryDelay: '500 ms',
  });
}

type Found = { readonly testAccuracy: number; readonly testLoss: number; readonly segments: number; readonly steps: number } | WrongResult;

function opinionOf(found: Found): Verdict & Pick<Opinion, 'segments' | 'steps'> {
  if (!(found instanceof WrongResult)) return { valid: true, reason: '', blamedAttempt: null, ...found };
  return { valid: false, reason: found.message, blamedAttempt: found.blamedAttempt, testAccuracy: 0, testLoss: 0, segments: 0, steps: 0 };
}

/** Runs a check that tells Temporal how far it is, in a folder of its own; what the node is to blame for is an answer. */
async function inFolder<T>(check: (folder: string, signal: AbortSignal, onProgress: (phase: string, steps: number) => void) => Promise<T>): Promise<T | WrongResult> {
  const context = Context.current();
  let progress = { phase: 'start', steps: 0 };
  const beat = setInterval(() => context.heartbeat(progress), HEARTBEAT_MS);
  const folder = await mkdtemp(join(tmpdir(), 'cyxwiz-verify-'));
  try {
    return await check(folder, context.cancellationSignal, (phase, steps) => {
      progress = { phase, steps };
      context.heartbeat(progress);
    });
  } catch (error) {
    if (error instanceof WrongResult) return error;
    throw error;
  } finally {
    clearInterval(beat);
    await rm(folder, { recursive: true, force: true });
  }
}
