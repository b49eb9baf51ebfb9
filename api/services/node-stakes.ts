import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { requestIdField } from '#core/job/submission-fields';
import { baseFromString, formatCyxwiz, MAX_BASE } from '#core/money/amount';
import type { NodeRow } from '#db/postgres/database';
import { findWalletByAddress } from '#db/postgres/wallets';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { nodeAttributes } from '#temporal/contract/search-attributes';
import type { StakeTopUpInput, StakeTopUpResult } from '#workflows/stake-top-up/messages';
import { beginUnstakingUpdate, cancelUnstakingUpdate, type UnstakingInput, type UnstakingStatus } from '#workflows/unstaking/messages';
import type { ServiceDeps } from './deps.ts';
import type { OwnNodeServices, UnstakingView } from './own-node-types.ts';
import { requireOwnNode } from './own-node.ts';
import { topUpIdFor } from './specification.ts';
import { fromTemporalError } from './temporal-errors.ts';
import type { Actor } from './types.ts';

type Deps = Pick<ServiceDeps, 'postgres' | 'temporal'>;

/** A step on chain lands within seconds; a caller is told to come back rather than left waiting for ever. */
const CHAIN_WITHIN_MS = 60_000;

const topUpSchema = z.object({ requestId: requestIdField, amountBase: z.bigint().positive('must be above 0').max(MAX_BASE) });

/** What moves a node's stake. Each is a workflow, and is its owner's alone: neither the machine nor an operator may. */
export function createNodeStakes(deps: Deps): Pick<OwnNodeServices, 'beginUnstaking' | 'cancelUnstaking' | 'topUpStake'> {
  const { temporal } = deps;
  return {
    beginUnstaking: async (actor, nodeId) => {
      const node = await requireOwnStake(deps, actor, nodeId);
      return unstakingView(nodeId, await inTime(temporal, () => beginUnstaking(deps, node)));
    },
    cancelUnstaking: async (actor, nodeId) => {
      await requireOwnStake(deps, actor, nodeId);
      return unstakingView(nodeId, await inTime(temporal, () => cancelUnstaking(deps, nodeId)));
    },
    topUpStake: async (actor, nodeId, input) => {
      const { requestId, amountBase } = parseInput(topUpSchema, input);
      const node = await requireOwnStake(deps, actor, nodeId);
      const result = await inTime(temporal, () => topUp(deps, node, { requestId, amountBase: amountBase.toString() }));
      const added = { ...result, amountBase: baseFromString(result.amountBase), stakeBase: baseFromString(result.stakeBase) };
      if (added.amountBase !== amountBase) {
        throw new CyxError('ALREADY_EXISTS', `The request id "${requestId}" already belongs to another amount (${formatCyxwiz(added.amountBase)} CYXWIZ). Use a new request id to add more.`);
      }
      return added;
    },
  };
}

/** The chain wants the owner's own signature for each of these, and the platform holds the keys of managed wallets alone. */
async function requireOwnStake(deps: Deps, actor: Actor, nodeId: string): Promise<NodeRow> {
  const node = await requireOwnNode(deps, actor, nodeId);
  if (node.ownerId !== actor.userId) throw new CyxError('FORBIDDEN', 'Only the owner of a node may move its stake.');
  if (node.account === null) throw new CyxError('STATE_CONFLICT', 'This node has no stake yet: it was never registered to its end.');
  const wallet = await findWalletByAddress(deps.postgres.db, node.ownerAddress);
  if (wallet?.secretWrapped == null) {
    throw new CyxError(
      'STATE_CONFLICT',
      `The stake of this node belongs to the wallet ${node.ownerAddress}, whose key only you have: the platform can not sign for it. Sign the node-registry program's instruction with that wallet yourself.`,
    );
  }
  return node;
}

function beginUnstaking({ temporal }: Deps, { id: nodeId, ownerId, deviceClass, stakeBase }: NodeRow): Promise<UnstakingStatus> {
  const input: UnstakingInput = { nodeId, ownerId, requestId: randomUUID() };
  const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW_TYPES.unstaking, {
    workflowId: workflowIds.unstaking(nodeId),
    taskQueue: PLATFORM_QUEUE,
    args: [input],
    // Begun twice it is one unstaking; taken back or done with, it may be begun anew.
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    typedSearchAttributes: nodeAttributes(nodeId, deviceClass),
    staticSummary: `Give back the stake of ${formatCyxwiz(stakeBase)} CYXWIZ of a ${deviceClass} node after 7 days`,
  });
  return temporal.workflow.executeUpdateWithStart(beginUnstakingUpdate, { startWorkflowOperation });
}

async function cancelUnstaking({ temporal }: Deps, nodeId: string): Promise<UnstakingStatus> {
  try {
    return await temporal.workflow.getHandle(workflowIds.unstaking(nodeId)).executeUpdate(cancelUnstakingUpdate);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new CyxError('STATE_CONFLICT', 'This node is not unstaking, so there is nothing to cancel.', { cause: error });
  }
}

/** The id of node and request is that of the workflow: a repeat finds the first one, running or done. */
async function topUp({ temporal }: Deps, { id: nodeId, ownerId, deviceClass }: NodeRow, { requestId, amountBase }: { requestId: string; amountBase: string }): Promise<StakeTopUpResult> {
  const topUpId = topUpIdFor(nodeId, requestId);
  const workflowId = workflowIds.stakeTopUp(topUpId);
  const input: StakeTopUpInput = { nodeId, ownerId, requestId: topUpId, amountBase };
  try {
    const run = await temporal.workflow.start(WORKFLOW_TYPES.stakeTopUp, {
      workflowId,
      taskQueue: PLATFORM_QUEUE,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      // Refused for want of funds, say, it may be tried again under the same id.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      typedSearchAttributes: nodeAttributes(nodeId, deviceClass),
      staticSummary: `Add ${formatCyxwiz(baseFromString(amountBase))} CYXWIZ to the stake of a ${deviceClass} node`,
    });
    return (await run.result()) as StakeTopUpResult;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return (await temporal.workflow.getHandle(workflowId).result()) as StakeTopUpResult;
  }
}

async function inTime<T>(temporal: Deps['temporal'], call: () => Promise<T>): Promise<T> {
  try {
    return await temporal.withDeadline(Date.now() + CHAIN_WITHIN_MS, call);
  } catch (error) {
    throw fromTemporalError(error);
  }
}

function unstakingView(nodeId: string, { step, stakeBase, availableAtMs, openJobs }: UnstakingStatus): UnstakingView {
  if (step !== 'locked' && step !== 'waitingForJobs' && step !== 'withdrawing' && step !== 'cancelled') {
    throw new CyxError('CONFLICT', 'The last unstaking of this node is just ending. Try again in a moment.');
  }
  return { nodeId, step, stakeBase: baseFromString(stakeBase), availableAt: availableAtMs === null ? null : new Date(availableAtMs), openJobs };
}
