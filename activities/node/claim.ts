import { statfs } from 'node:fs/promises';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { baseFromString } from '#core/money/amount';
import { CLAIM_REFUSED, type ClaimJobInput, type ClaimJobResult } from './contract.ts';
import type { NodeActivityDeps } from './ports.ts';
import { parseRunKey, runName } from './run-key.ts';

/** Another node is asked soon; this one not again at once. */
const ASK_AGAIN_MS = 1_000;
/** Less time than this is not worth a start. */
const MIN_TIME_LEFT_MS = 5_000;

/** An everyday answer, so it is benign: no alarm and no stack in anybody's log. */
function refused(reason: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: CLAIM_REFUSED,
    message: reason,
    nonRetryable: false,
    nextRetryDelay: ASK_AGAIN_MS,
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** Why this machine can not take the offer; undefined where it can. */
async function localRefusal({ settings, slot }: NodeActivityDeps, input: ClaimJobInput): Promise<string | undefined> {
  if (slot.draining()) return 'this node is draining';
  if (!settings.deviceClasses.includes(input.deviceClass)) return `this node does not serve ${input.deviceClass}`;
  if (settings.pricePerHourBase > baseFromString(input.maxPricePerHourBase)) return 'this node asks for more than the quote allows';
  if (input.deadlineAtMs - Date.now() < MIN_TIME_LEFT_MS) return 'the deadline is too close';
  const { bavail, bsize } = await statfs(settings.workDir);
  if (bavail * bsize < settings.minFreeDiskBytes) return 'this node is short of disk space';
  return undefined;
}

/**
 * Takes the node's slot before it asks the platform, so of two offers in one moment only one is claimed. A refusal is
 * recorded there with its reason; that it could not be recorded is no reason to take the job.
 */
export async function claimJob(deps: NodeActivityDeps, input: ClaimJobInput): Promise<ClaimJobResult> {
  const key = parseRunKey(input);
  const { slot, platform, log } = deps;
  // The same offer again, because its first answer was lost: what goes wrong now must not take the slot from its run.
  const hadIt = slot.holder() !== undefined;
  const taken = slot.claim(key);
  try {
    const refusal = taken ? await localRefusal(deps, input) : 'this node is busy';
    if (refusal !== undefined) {
      await platform.claimJob(key.jobId, key.attempt, refusal).catch((error: unknown) => log.warn({ ...key, err: error }, 'A refusal could not be recorded'));
      throw refused(refusal);
    }
    const { granted, reason } = await platform.claimJob(key.jobId, key.attempt);
    if (!granted) throw refused(reason);
  } catch (error) {
    if (taken && !hadIt) slot.release(key);
    throw error;
  }
  log.info({ run: runName(key) }, 'Claimed a job');
  return { nodeId: deps.settings.nodeId };
}
