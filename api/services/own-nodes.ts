import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import type { NodeRow } from '#db/postgres/database';
import { openAttemptsOfNode } from '#db/postgres/attempts';
import { earningsByDay, earningsByNode } from '#db/postgres/earnings';
import { listNodes, nodesOfMachine, patchNode } from '#db/postgres/nodes';
import { slashesOfNode } from '#db/postgres/slashes';
import type { ServiceDeps } from './deps.ts';
import type { OwnNodeView } from './machine-types.ts';
import { ownNodeView } from './market.ts';
import { classesOfNode } from './node-queues.ts';
import { createNodeStakes } from './node-stakes.ts';
import { requireOwnNode } from './own-node.ts';
import type { OwnNodeServices } from './own-node-types.ts';
import { slashView } from './slash-views.ts';
import { runsOn } from './unit-work.ts';
import type { VerifierDirectory } from './verifiers.ts';

type Deps = Pick<ServiceDeps, 'postgres' | 'mongo' | 'temporal'>;

/** As many days as the website's page of earnings shows. */
const DAYS_SHOWN = 90;
/** Pages about nodes do not wait longer to hear who verifies. */
const VERIFIERS_WITHIN_MS = 2_000;

export function createOwnNodes(deps: Deps, verifiers: VerifierDirectory): OwnNodeServices {
  const { db } = deps.postgres;
  const viewsOf = async (nodes: readonly NodeRow[]): Promise<OwnNodeView[]> => {
    const verifiable = await verifiableOf(deps, verifiers, nodes);
    return nodes.map((node) => ownNodeView(node, { isVerifiable: verifiable.has(node.id) }));
  };
  return {
    listMine: async (actor) => viewsOf(await listNodes(db, { ownerId: actor.userId })),
    getMine: async (actor, nodeId) => {
      const node = await requireOwnNode(deps, actor, nodeId);
      const [[view], open] = await Promise.all([viewsOf([node]), openAttemptsOfNode(db, nodeId)]);
      return { ...view!, jobs: open.map(({ jobId, attempt }) => ({ jobId, attempt })) };
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

/**
 * The ids of those whose results somebody online would verify, in one of the classes that a node serves. Where Temporal
 * does not say so in time, nothing is held against a node.
 */
async function verifiableOf({ temporal }: Deps, verifiers: VerifierDirectory, nodes: readonly NodeRow[]): Promise<ReadonlySet<string>> {
  const answers = new Map<string, Promise<boolean>>();
  const isOnline = (deviceClass: string, instructionSet: string): Promise<boolean> => {
    const key = `${deviceClass}/${instructionSet}`;
    const answer = answers.get(key) ?? temporal.withDeadline(Date.now() + VERIFIERS_WITHIN_MS, () => verifiers.isOnline(deviceClass, instructionSet)).catch(trueWhereAway);
    answers.set(key, answer);
    return answer;
  };
  const told = await Promise.all(nodes.map((node) => Promise.all(classesOfNode(node).map((deviceClass) => isOnline(deviceClass, node.instructionSet)))));
  return new Set(nodes.filter((_node, index) => told[index]!.includes(true)).map(({ id }) => id));
}

function trueWhereAway(error: unknown): true {
  if (error instanceof CyxError && error.code === 'UNAVAILABLE') return true;
  throw error;
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
