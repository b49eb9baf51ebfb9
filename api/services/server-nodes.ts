import type { NodeIdentity } from '#api/auth/tokens';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { idText } from '#core/input/ids';
import type { NodeState } from '#core/node/machine';
import { standingOf } from '#core/node/capability';
import { isReliable } from '#core/node/reputation';
import type { Database } from '#db/postgres/database';
import { requireJob } from '#db/postgres/jobs';
import { patchNode, recordNodeHeartbeat, requireNode } from '#db/postgres/nodes';
import { createCapability } from './capability.ts';
import type { ServiceDeps } from './deps.ts';
import { queuesOfNode } from './node-queues.ts';
import { createNodeRegistration } from './node-registration.ts';
import type { ServerNodeServices } from './node-types.ts';
import type { VerifierDirectory } from './verifiers.ts';
import { createNodeWork } from './node-work.ts';
import { requireOwnNode } from './own-node.ts';

type Deps = Pick<ServiceDeps, 'postgres' | 'mongo' | 'temporal' | 'tokens' | 'kms' | 'storageUrl' | 'challengeSizes'>;

const nodeIdSchema = z.object({ nodeId: idText('a node') });

export function createServerNodes(deps: Deps, verifiers: VerifierDirectory): ServerNodeServices {
  const { db } = deps.postgres;
  const work = createNodeWork(deps);
  return {
    register: createNodeRegistration(deps, verifiers),
    issueToken: async (machine, nodeId) => {
      parseInput(nodeIdSchema, { nodeId });
      const node = await requireNode(db, nodeId);
      if (node.machineId !== machine.machineId || node.ownerId !== machine.ownerId) {
        throw new CyxError('FORBIDDEN', 'This node runs on another machine.');
      }
      if (node.banned) throw new CyxError('NODE_NOT_ELIGIBLE', 'This node is banned for good.');
      const taskQueues = queuesOfNode(node);
      const { ownerId, machineId } = node;
      if (isReliable(node)) await patchNode(db, nodeId, { reliableTokenAt: new Date() });
      return { ...(await deps.tokens.issueNodeToken({ nodeId, ownerId, machineId, queues: taskQueues })), taskQueues };
    },
    heartbeat: async (node, nodeId) => {
      requireSelf(node, nodeId);
      const { state, draining, maintenance, ...row } = await recordNodeHeartbeat(db, nodeId);
      // What a node does about draining and maintenance is the same: it hands back what it has, and takes nothing new.
      return { state: state as NodeState, draining: draining || maintenance, challengeDue: standingOf(row, Date.now()) !== 'shown' };
    },
    setDraining: async (actor, nodeId, draining) => {
      await requireOwnNode(deps, actor, nodeId);
      await patchNode(db, nodeId, { draining });
    },
    ...work,
    claim: onlyVerifiable(work.claim, db, verifiers),
    ...createCapability(deps),
  };
}

const claimedJobSchema = z.object({ jobId: idText('a job') });

/** A result that nobody could verify would never be paid: such a claim is a refusal, recorded like one. */
function onlyVerifiable(claim: ServerNodeServices['claim'], db: Database, verifiers: VerifierDirectory): ServerNodeServices['claim'] {
  return async (identity, input) => {
    if (!input.accept) return claim(identity, input);
    const { jobId } = parseInput(claimedJobSchema, input);
    const [job, node] = await Promise.all([requireJob(db, jobId), requireNode(db, identity.nodeId)]);
    if (await verifiers.isOnline(job.deviceClass, node.instructionSet)) return claim(identity, input);
    return claim(identity, { ...input, accept: false, reason: 'no verifier for results of this processor is online' });
  };
}

function requireSelf(node: NodeIdentity, nodeId: string): void {
  if (node.nodeId !== nodeId) throw new CyxError('FORBIDDEN', 'A node may only speak for itself.');
}
