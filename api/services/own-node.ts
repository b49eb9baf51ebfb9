import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { idText } from '#core/input/ids';
import type { NodeRow } from '#db/postgres/database';
import { findNode } from '#db/postgres/nodes';
import type { ServiceDeps } from './deps.ts';
import type { MachineActor } from './machine-types.ts';
import type { Actor } from './types.ts';

const nodeIdSchema = z.object({ node_id: idText('a node') });

/**
 * A node that somebody may speak for: its owner, an operator, or the machine that runs it. For all others it is not theirs,
 * which is no secret: everybody may see which nodes there are.
 */
export async function requireOwnNode({ postgres }: Pick<ServiceDeps, 'postgres'>, actor: Actor | MachineActor, nodeId: string): Promise<NodeRow> {
  parseInput(nodeIdSchema, { node_id: nodeId });
  const node = await findNode(postgres.db, nodeId);
  if (node === null) throw new CyxError('NOT_FOUND', `There is no node ${nodeId}. Check the id, or list your nodes.`);
  const isOwn = 'userId' in actor ? node.ownerId === actor.userId || actor.role === 'operator' : node.machineId === actor.machineId && node.ownerId === actor.ownerId;
  if (!isOwn) throw new CyxError('FORBIDDEN', 'This node belongs to somebody else, or runs on another machine.');
  return node;
}
