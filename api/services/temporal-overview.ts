import type { Client } from '@temporalio/client';
import { capabilityQueue, PLATFORM_QUEUE, verifierQueue } from '#temporal/contract/queues';
import { describeActivityQueue } from './activity-queue.ts';
import type { FailedWorkflowView, QueueView } from './operation-types.ts';
import { fromTemporalError } from './temporal-errors.ts';

const SHOWN = 50;
const WEEK_MS = 7 * 86_400_000;

/** `ExecutionStatus` as visibility names it, and as it is called on the page. */
const FAILURES = { Failed: 'failed', TimedOut: 'timed out', Terminated: 'terminated' } as const;
const STATUS_NAMES: Readonly<Record<number, keyof typeof FAILURES>> = { 3: 'Failed', 5: 'Terminated', 7: 'TimedOut' };

/** The queues that every job goes through, and how full they are. */
export async function describeQueues(temporal: Client, kinds: readonly { deviceClass: string; instructionSet: string }[]): Promise<QueueView[]> {
  const classes = [...new Set(kinds.map(({ deviceClass }) => deviceClass))];
  const queues = [
    { name: PLATFORM_QUEUE, about: 'chain and database steps' },
    ...classes.flatMap((one) => [
      { name: capabilityQueue(one, 'reliable'), about: `offers to reliable nodes of ${one}` },
      { name: capabilityQueue(one), about: `offers to every node of ${one}` },
    ]),
    ...kinds.map(({ deviceClass, instructionSet }) => ({
      name: verifierQueue(deviceClass, instructionSet),
      about: `verification of ${deviceClass} results${instructionSet === '' ? '' : ` on ${instructionSet}`}`,
    })),
  ];
  return Promise.all(queues.map(async (queue) => ({ ...queue, ...(await fillOf(temporal, queue.name)) })));
}

async function fillOf(temporal: Client, name: string): Promise<Pick<QueueView, 'pollers' | 'backlog' | 'oldestMs'>> {
  const answer = await describeActivityQueue(temporal, name, { reportStats: true });
  const age = answer.stats?.approximateBacklogAge;
  const oldestMs = Number(age?.seconds ?? 0) * 1_000 + Math.round((age?.nanos ?? 0) / 1e6);
  return { pollers: answer.pollers?.length ?? 0, backlog: Number(answer.stats?.approximateBacklogCount ?? 0), oldestMs };
}

/** Workflows that ended by themselves in no good way. */
export async function failedWorkflows(temporal: Client): Promise<FailedWorkflowView[]> {
  const since = new Date(Date.now() - WEEK_MS).toISOString();
  const statuses = Object.keys(FAILURES).map((name) => `'${name}'`).join(', ');
  const answer = await temporal.workflowService
    .listWorkflowExecutions({ namespace: temporal.options.namespace, pageSize: SHOWN, query: `ExecutionStatus IN (${statuses}) AND CloseTime > '${since}'` })
    .catch((error: unknown) => Promise.reject(fromTemporalError(error) as Error));
  return answer.executions
    .map(({ execution, type, status, closeTime }) => ({
      workflowId: execution?.workflowId ?? '',
      runId: execution?.runId ?? '',
      type: type?.name ?? '',
      status: FAILURES[STATUS_NAMES[status ?? 0] ?? 'Failed'],
      closedAt: new Date(Number(closeTime?.seconds ?? 0) * 1_000),
    }))
    .sort((a, b) => b.closedAt.getTime() - a.closedAt.getTime());
}
