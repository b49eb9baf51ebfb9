import { CyxError } from '#core/errors/cyx-error';
import { ROLES } from '#core/identity/roles';
import type { JobState } from '#core/job/machine';
import type { NodeState } from '#core/node/machine';
import { countNodes, nodeKinds, overdueJobs, recentOutages } from '#db/postgres/operations';
import { auditLedger } from './audit.ts';
import type { ServiceDeps } from './deps.ts';
import type { OperationsServices } from './operation-types.ts';
import { describeQueues, failedWorkflows } from './temporal-overview.ts';
import type { Actor, Services } from './types.ts';

/** A job may take this long to be refunded after its deadline. */
const OVERDUE_AFTER_MS = 60_000;
const DAY_MS = 86_400_000;

type Deps = Pick<ServiceDeps, 'postgres' | 'chain' | 'temporal'>;

/** What operators alone may do. */
export function createOperations({ postgres: { db }, chain, temporal }: Deps, health: Services['health']): OperationsServices {
  return {
    overview: async (actor) => {
      requireOperator(actor, 'see how the platform is');
      const [parts, queues, failed, overdue, nodes, outages] = await Promise.all([
        health.check(),
        nodeKinds(db).then((kinds) => describeQueues(temporal, kinds)).catch(nullWhereAway),
        failedWorkflows(temporal).catch(nullWhereAway),
        overdueJobs(db, OVERDUE_AFTER_MS),
        countNodes(db),
        recentOutages(db, DAY_MS),
      ]);
      return {
        parts,
        queues,
        failedWorkflows: failed,
        overdueJobs: overdue.map(({ id, state, ...rest }) => ({ jobId: id, state: state as JobState, ...rest })),
        nodes: nodes.map((row) => ({ ...row, state: row.state as NodeState })),
        outages,
      };
    },
    audit: async (actor) => {
      requireOperator(actor, 'run the audit');
      return auditLedger(db, chain.connection);
    },
  };
}

/** The rest of the page is what an operator needs just then. */
function nullWhereAway(error: unknown): null {
  if (error instanceof CyxError && error.code === 'UNAVAILABLE') return null;
  throw error;
}

function requireOperator(actor: Actor, what: string): void {
  if (!ROLES[actor.role].mayOperate) throw new CyxError('FORBIDDEN', `Only operators may ${what}.`);
}
