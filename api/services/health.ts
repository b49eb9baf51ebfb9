import { CyxError } from '#core/errors/cyx-error';
import type { ServiceDeps } from './deps.ts';
import type { Services } from './types.ts';

const TIMEOUT_MS = 3_000;

type Deps = Pick<ServiceDeps, 'postgres' | 'mongo' | 'temporal' | 'chain' | 'storageUrl'>;

/** Asks every part at once. Reasons are for operators: they name the part, never an address or a secret. */
export function createHealth(deps: Deps): Services['health'] {
  return {
    check: async () => {
      const [postgres, mongo, temporal, chain, storage] = await Promise.all([
        probe(() => deps.postgres.ping()),
        probe(() => deps.mongo.ping()),
        probe(async () => void (await deps.temporal.workflowService.getSystemInfo({}))),
        probe(() => deps.chain.ping()),
        probe(() => pingStorage(deps.storageUrl)),
      ]);
      return { postgres, mongo, temporal, chain, storage };
    },
  };
}

async function probe(ask: () => Promise<void>): Promise<{ ok: boolean; reason: string }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CyxError('UNAVAILABLE', `no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    await Promise.race([ask(), late]);
    return { ok: true, reason: '' };
  } catch (error) {
    return { ok: false, reason: error instanceof CyxError ? error.message : 'does not answer' };
  } finally {
    clearTimeout(timer);
  }
}

/** @throws where the storage does not answer in time, or says that it is not well. */
export async function pingStorage(storageUrl: string): Promise<void> {
  const response = await fetch(`${storageUrl}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.body?.cancel();
  if (!response.ok) throw new CyxError('UNAVAILABLE', `answers with status ${response.status}`);
}
