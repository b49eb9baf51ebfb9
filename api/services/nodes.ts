import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { idText } from '#core/input/ids';
import { findNode, listNodes, pageOfNodes } from '#db/postgres/nodes';
import type { ServiceDeps } from './deps.ts';
import { nodeView } from './market.ts';
import { createOwnNodes } from './own-nodes.ts';
import { pageByTime } from './page-token.ts';
import type { Services } from './types.ts';
import type { VerifierDirectory } from './verifiers.ts';

const nodeIdSchema = z.object({ node_id: idText('a node') });

/** Whom one could hire: everybody may see them, once they are registered on chain; and what providers do with their own. */
export function createNodes(deps: Pick<ServiceDeps, 'postgres' | 'mongo' | 'temporal'>, verifiers: VerifierDirectory): Services['nodes'] {
  const { db } = deps.postgres;
  return {
    list: async () => (await listNodes(db)).filter((node) => node.state !== 'UNREGISTERED').map(nodeView),
    page: async (page) => {
      const { items, nextPageToken } = await pageByTime(page, {
        scope: 'nodes',
        idSchema: idText('a node'),
        read: (query) => pageOfNodes(db, query),
        positionOf: ({ createdAt, id }) => ({ at: createdAt, id }),
      });
      return { items: items.map(nodeView), nextPageToken };
    },
    get: async (nodeId) => {
      parseInput(nodeIdSchema, { node_id: nodeId });
      const node = await findNode(db, nodeId);
      if (node === null || node.state === 'UNREGISTERED') throw new CyxError('NOT_FOUND', `There is no node ${nodeId}. Check the id, or list the nodes.`);
      return nodeView(node);
    },
    ...createOwnNodes(deps, verifiers),
  };
}
