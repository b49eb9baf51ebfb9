import { CyxError } from '#core/errors/cyx-error';
import { ROLES } from '#core/identity/roles';
import type { OutboxServices } from './account-types.ts';
import type { ServiceDeps } from './deps.ts';

const SHOWN = 100;

/** Mail that stays on this platform, for whoever runs it. */
export function createOutboxServices({ mail }: Pick<ServiceDeps, 'mail'>): OutboxServices {
  return {
    list: async (actor) => {
      if (!ROLES[actor.role].mayOperate) throw new CyxError('FORBIDDEN', 'Only operators may read the outbox.');
      return mail.outbox === null ? null : mail.outbox.list(SHOWN);
    },
  };
}
