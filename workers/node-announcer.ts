import type { Client } from '@temporalio/client';
import type { NodeState } from '#core/node/machine';
import type { Database, NodeRow } from '#db/postgres/database';
import { markAnnounced, unannouncedNodes } from '#db/postgres/node-announcements';
import { slashesOfNode } from '#db/postgres/slashes';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { nodeAttributes } from '#temporal/contract/search-attributes';
import { nodeChangedSignal, type NodeInput, type NodeReport } from '#workflows/node/messages';

/** As many as one round of the sweep tells; the others are told in the next. */
const A_ROUND = 200;

interface AnnounceOptions {
  readonly stopped: AbortSignal;
  readonly onFailure: (nodeId: string, error: unknown) => void;
}

/**
 * Tells the workflow of every node whose state or stake is not what it was last told. Told first and marked then, so a
 * crash in between tells it twice, and nothing is left untold. A workflow that is not there (yet, or any more) is started.
 */
export async function announceNodes(db: Database, temporal: Client, { stopped, onFailure }: AnnounceOptions): Promise<void> {
  const changed = await unannouncedNodes(db, A_ROUND);
  for (const { node, announcement } of changed) {
    if (stopped.aborted) return;
    try {
      await tell(temporal, node, await reportOf(db, node));
      await markAnnounced(db, node.id, announcement);
    } catch (error) {
      // One that can not be told is told in a later round; the others do not wait for it.
      onFailure(node.id, error);
    }
  }
}

async function tell(temporal: Client, { id: nodeId, deviceClass }: NodeRow, report: NodeReport): Promise<void> {
  const input: NodeInput = { nodeId };
  await temporal.workflow.signalWithStart(WORKFLOW_TYPES.node, {
    workflowId: workflowIds.node(nodeId),
    taskQueue: PLATFORM_QUEUE,
    args: [input],
    signal: nodeChangedSignal,
    signalArgs: [report],
    // A stake that was withdrawn may be put in again: then the node has another life.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    typedSearchAttributes: nodeAttributes(nodeId, deviceClass),
    staticSummary: `A ${deviceClass} node`,
  });
}

async function reportOf(db: Database, node: NodeRow): Promise<NodeReport> {
  const [slash] = await slashesOfNode(db, node);
  const lastSlash =
    slash === undefined
      ? null
      : { atMs: slash.at.getTime(), jobId: slash.jobId, attempt: slash.attempt, reason: slash.reason, amountBase: slash.amountBase.toString() };
  const { banned, totalJobs, successful } = node;
  return { state: node.state as NodeState, atMs: Date.now(), stakeBase: node.stakeBase.toString(), banned, totalJobs, successful, lastSlash };
}
