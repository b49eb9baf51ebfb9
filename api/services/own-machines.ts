import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { allocationFields } from '#core/hardware/inventory';
import type { ComputeUnitDocument } from '#db/mongo/documents';
import { earningsByNode } from '#db/postgres/earnings';
import { listNodes, nodesOfMachine, patchNode, patchNodesOfMachine } from '#db/postgres/nodes';
import type { ServiceDeps } from './deps.ts';
import { machineStatus, machineView, unitView } from './machine-documents.ts';
import type { AllocationInput, ComputeUnitView, MachineServices } from './machine-types.ts';
import type { Actor } from './types.ts';
import { runsOn, workOfUnits, type UnitWork } from './unit-work.ts';

const allocationSchema = z.object(allocationFields);

type Deps = Pick<ServiceDeps, 'mongo' | 'postgres'>;

/** What owners see of their machines, and what they decide about them. */
export function createOwnMachines(deps: Deps): Pick<MachineServices, 'list' | 'setMaintenance' | 'setAllocation' | 'setUnitStatus'> {
  const { mongo } = deps;
  return {
    list: async (actor, ownerId) => {
      if (actor.userId !== ownerId && actor.role !== 'operator') throw new CyxError('FORBIDDEN', 'These machines belong to somebody else.');
      const machines = await mongo.machines.find({ ownerId }).sort({ createdAt: 1 }).toArray();
      const units = await mongo.computeUnits.find({ machineId: { $in: machines.map((machine) => machine._id) } }).toArray();
      const work = await workOf(deps, ownerId, units);
      const nowMs = Date.now();
      return machines.map((machine) => machineView(machine, units.filter((unit) => unit.machineId === machine._id), work, nowMs));
    },

    setMaintenance: async (actor, machineId, maintenance) => {
      const wanted = parseInput(z.boolean(), maintenance);
      const own = actor.role === 'operator' ? { _id: machineId } : { _id: machineId, ownerId: actor.userId };
      const machine = await mongo.machines.findOneAndUpdate(own, { $set: { maintenance: wanted } }, { returnDocument: 'after' });
      if (machine === null) throw new CyxError('NOT_FOUND', `You have no machine ${machineId}.`);
      // What its nodes are doing is handed back; nothing is lost and nobody is slashed for it.
      await patchNodesOfMachine(deps.postgres.db, machineId, { maintenance: wanted });
      const units = await mongo.computeUnits.find({ machineId }).toArray();
      return machineView(machine, units, await workOf(deps, machine.ownerId, units), Date.now());
    },

    setAllocation: async (actor, unitId, input) => {
      const { unit } = await requireOwnUnit(deps, actor, unitId);
      const allocation = { ...unit.allocation, ...definedOnly(parseInput(allocationSchema, input)) };
      checkAllocation(unit, allocation);
      return writeUnit(deps, unitId, { allocation });
    },

    setUnitStatus: async (actor, unitId, status) => {
      const wanted = parseInput(z.enum(['active', 'paused']), status);
      const { unit } = await requireOwnUnit(deps, actor, unitId);
      await pauseNodes(deps, unit, wanted === 'paused');
      return writeUnit(deps, unitId, { paused: wanted === 'paused' });
    },
  };
}

async function requireOwnUnit({ mongo }: Deps, actor: Actor, unitId: string): Promise<{ unit: ComputeUnitDocument }> {
  const unit = await mongo.computeUnits.findOne({ _id: unitId });
  if (unit === null || (unit.ownerId !== actor.userId && actor.role !== 'operator')) {
    throw new CyxError('NOT_FOUND', `You have no compute unit ${unitId}.`);
  }
  return { unit };
}

/** What the ledger says of these units, which are one owner's. */
export async function workOf({ postgres }: Deps, ownerId: string, units: readonly ComputeUnitDocument[]): Promise<Map<string, UnitWork>> {
  const [nodes, earnings] = await Promise.all([listNodes(postgres.db, { ownerId }), earningsByNode(postgres.db, ownerId)]);
  return workOfUnits(units, nodes, earnings);
}

/** A node whose device is paused takes no new job; what it has, it ends. */
async function pauseNodes({ postgres }: Deps, unit: ComputeUnitDocument, paused: boolean): Promise<void> {
  const nodes = (await nodesOfMachine(postgres.db, unit.machineId)).filter((node) => runsOn(node, unit));
  await Promise.all(nodes.map(({ id }) => patchNode(postgres.db, id, { paused })));
}

async function writeUnit(
  deps: Deps,
  unitId: string,
  change: Partial<Pick<ComputeUnitDocument, 'allocation' | 'paused'>>,
): Promise<ComputeUnitView> {
  const { mongo } = deps;
  const unit = await mongo.computeUnits.findOneAndUpdate({ _id: unitId }, { $set: change }, { returnDocument: 'after' });
  const machine = unit === null ? null : await mongo.machines.findOne({ _id: unit.machineId });
  if (unit === null || machine === null) throw new CyxError('NOT_FOUND', `There is no compute unit ${unitId} any more.`);
  const work = await workOf(deps, unit.ownerId, [unit]);
  return unitView(unit, machineStatus(machine, Date.now()), work.get(unitId));
}

function checkAllocation(unit: ComputeUnitDocument, allocation: ComputeUnitDocument['allocation']): void {
  const usedMb = allocation.vramAllocatedMb + allocation.vramReservedMb;
  if (unit.vramTotalMb === null ? allocation.vramAllocatedMb > 0 || allocation.vramReservedMb > 0 : usedMb > unit.vramTotalMb) {
    throw new CyxError('UNPROCESSABLE', `Allocated and reserved memory together must not be above the device's ${unit.vramTotalMb ?? 0} MB.`);
  }
  if (allocation.coresAllocated > (unit.coresTotal ?? 0)) {
    throw new CyxError('UNPROCESSABLE', `The device has ${unit.coresTotal ?? 0} cores; fewer or as many can be allocated.`);
  }
}

function definedOnly(allocation: AllocationInput): Partial<ComputeUnitDocument['allocation']> {
  return Object.fromEntries(Object.entries(allocation).filter(([, value]) => value !== undefined));
}
