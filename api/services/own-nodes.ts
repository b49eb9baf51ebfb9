import { z } from 'zod';
import { parseInput } from '#core/errors/from-zod';
import type { NodeRow } from '#db/postgres/database';
import { openAttemptsOfNode } from '#db/postgres/attempts';
import { earningsByDay, earningsByNode } from '#db/postgres/earnings';
import { listNodes, nodesOfMachine, patchNode } from '#db/postgres/nodes';
import { slashesOfNode } from '#db/postgres/slashes';
import type { ServiceDeps } from './deps.ts';
import { ownNodeView } from './market.ts';
import { createNodeStakes } from './node-stakes.ts';
import { requireOwnNode } from './own-node.ts';
import type { OwnNodeServices } from './own-node-types.ts';
import { slashView } from './slash-views.ts';
import { runsOn } from './unit-work.ts';

type Deps = Pick<ServiceDeps, 'postgres' | 'mongo' | 'temporal'>;

/** As many days as the website's page of earnings shows. */
const DAYS_SHOWN = 90;

export function createOwnNodes(deps: Deps): OwnNodeServices {
  const { db } = deps.postgres;
  return {
    listMine: async (actor) => (await listNodes(db, { ownerId: actor.userId })).map(ownNodeView),
    getMine: async (actor, nodeId) => {
      const node = await requireOwnNode(deps, actor, nodeId);
      return { ...ownNodeView(node), jobs: (await openAttemptsOfNode(db, nodeId)).map(({ jobId, attempt }) => ({ jobId, attempt })) };
    },
    setPaused: async (actor, nodeId, paused) => setPaused(deps, await requireOwnNode(deps, actor, nodeId), parseInput(z.boolean(), paused)),
    earnings: async (actor, nodeId) => {
      const { ownerId } = await requireOwnNode(deps, actor, nodeId);
      const [all, days] = await Promise.all([earningsByNode(db, ownerId), earningsByDay(db, { ownerId, days: DAYS_SHOWN })]);
      const isIts = (earned: { nodeId: string }): boolean => earned.nodeId === nodeId;
      return { ...(all.find(isIts) ?? { nodeId, paidJobs: 0, amountBase: 0n }), days: days.filter(isIts) };
    },
    slashes: async (actor, nodeId) => (await slashesOfNode(db, await requireOwnNode(deps, actor, nodeId))).map(slashView),
    ...createNodeStakes(deps),
  };
}

/** The device that the node runs on says the same, and so does every other node on it. */
async function setPaused({ postgres: { db }, mongo }: Deps, node: NodeRow, paused: boolean): Promise<void> {
  const { machineId } = node;
  const units = await mongo.computeUnits.find({ machineId }).toArray();
  const unit = units.find((candidate) => runsOn(node, candidate));
  if (unit === undefined) return patchNode(db, node.id, { paused });
  const nodes = (await nodesOfMachine(db, machineId)).filter((other) => runsOn(other, unit));
  await Promise.all(nodes.map(({ id }) => patchNode(db, id, { paused })));
  await mongo.computeUnits.updateOne({ _id: unit._id }, { $set: { paused } });
}
