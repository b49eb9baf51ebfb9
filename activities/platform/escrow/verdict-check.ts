import { CyxError } from '#core/errors/cyx-error';
import { blamedAttemptOf, decide } from '#core/verification/decision';
import type { AttemptKey } from '#db/postgres/attempts';
import type { Database } from '#db/postgres/database';
import { verdictsOf } from '#db/postgres/verdicts';
import type { EscrowAccount } from '#programs/clients/ts/job-escrow';

/**
 * No pay without a verdict, and no slash for a bad result either: whoever asks for the step, the opinions on record have
 * to come to it. Attempts of earlier versions of the platform have no draw on chain, and no opinions on record.
 */
export async function requireVerdict(db: Database, key: AttemptKey, onChain: EscrowAccount['attempts'][number], wanted: 'valid' | 'invalid'): Promise<void> {
  if (onChain.drawHash.every((byte) => byte === 0)) return;
  const opinions = await verdictsOf(db, key);
  const isBlamed = wanted === 'valid' || blamedAttemptOf(opinions) === key.attempt;
  if (decide(opinions) === wanted && isBlamed) return;
  throw new CyxError('STATE_CONFLICT', `Attempt ${key.attempt} of job ${key.jobId} has no verdict that finds it ${wanted}`);
}
