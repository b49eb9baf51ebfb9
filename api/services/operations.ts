import { CyxError } from '#core/errors/cyx-error';
import { auditLedger } from './audit.ts';
import type { ServiceDeps } from './deps.ts';
import type { Services } from './types.ts';

/** What operators alone may do. */
export function createOperations({ postgres, chain }: Pick<ServiceDeps, 'postgres' | 'chain'>): Services['operations'] {
  return {
    audit: async (actor) => {
      if (actor.role !== 'operator') throw new CyxError('FORBIDDEN', 'Only operators may run the audit.');
      return auditLedger(postgres.db, chain.connection);
    },
  };
}
