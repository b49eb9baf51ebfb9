import type { CyxError } from '#core/errors/cyx-error';
import type { CyxCloud } from '#cyxcloud/client/types';
import type { Database } from '#db/postgres/database';
import type { Kms } from '#db/secrets/kms';
import type { DatasetCache } from './dataset-cache.ts';

export interface VerifierDeps {
  readonly db: Database;
  readonly kms: Kms;
  readonly cloud: CyxCloud;
  /** Tells verifiers apart: a second opinion is never its own. The same after a restart. */
  readonly verifierId: string;
  /** Where decrypted datasets of the jobs in work are kept. Emptied at the start. */
  readonly cacheDir: string;
}

/** With what it keeps from one opinion to the next. */
export interface Verifier extends VerifierDeps {
  readonly datasets: DatasetCache;
}

/** Files of a node from which nothing sound can be made. */
export function isNodesFault({ code }: CyxError): boolean {
  return code === 'RESULT_INVALID' || code === 'GRAPH_INVALID' || code === 'TRAINING_DIVERGED';
}
