import { z } from 'zod';
import { createApiKey, hashApiKey } from '#api/auth/api-keys';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import type { ComputeUnitDocument, MachineDocument } from '#db/mongo/documents';
import type { ServiceDeps } from './deps.ts';
import { hardwareSchema } from './hardware-schema.ts';
import { hardwareDocument, machineStatus, machineView, newMachineId, unitsOfHardware, unitView } from './machine-documents.ts';
import type { AllocationInput, ComputeUnitView, MachineServices } from './machine-types.ts';
import { nameText } from './text.ts';
import type { Actor } from './types.ts';

const registrationSchema = z.object({
  ownerId: z.string().min(1),
  hostname: nameText(253),
  os: nameText(100),
  hardware: hardwareSchema,
});
const allocationSchema = z.object({
  vramAllocatedMb: z.int().min(0).optional(),
  vramReservedMb: z.int().min(0).optional(),
  coresAllocated: z.int().min(0).optional(),
});

type Deps = Pick<ServiceDeps, 'mongo'>;

export function createMachines({ mongo }: Deps): MachineServices {
  return {
    register: async (actor, input) => {
      const { ownerId, hostname, os, hardware } = parseInput(registrationSchema, input);
      if (ownerId !== actor.userId) {
        throw new CyxError('FORBIDDEN', 'A machine can only be registered for your own account: owner_id must be your user id.');
      }
      const machineId = newMachineId();
      const apiKey = createApiKey();
      // The machine itself comes last: what a crash leaves behind before it is seen by nobody.
      await mongo.computeUnits.insertMany(unitsOfHardware(machineId, ownerId, hardware));
      await mongo.apiKeys.insertOne({ _id: hashApiKey(apiKey), kind: 'machine', machineId, ownerId, createdAt: new Date() });
      const facts = { hostname, os, hardware: hardwareDocument(hardware), lastSeenAt: null, maintenance: false };
      await mongo.machines.insertOne({ _id: machineId, ownerId, ...facts, createdAt: new Date() });
      await mongo.users.updateOne({ _id: ownerId, role: 'user' }, { $set: { role: 'provider' } });
      return { machineId, apiKey };
    },

    authenticate: async (apiKey) => {
      const key = await mongo.apiKeys.findOne({ _id: hashApiKey(apiKey) });
      if (key?.kind !== 'machine') throw new CyxError('UNAUTHENTICATED', 'This API key is not valid. Register the machine again to get one.');
      return { machineId: key.machineId, ownerId: key.ownerId };
    },

    heartbeat: async (machine, machineId) => {
      requireSame(machine.machineId, machineId);
      const lastSeenAt = new Date();
      const found = await mongo.machines.findOneAndUpdate({ _id: machineId }, { $set: { lastSeenAt } }, { returnDocument: 'after' });
      if (found === null) throw machineNotFound(machineId);
      return { status: machineStatus(found, lastSeenAt.getTime()), lastSeenAt };
    },

    updateHardware: async (machine, machineId, input) => {
      requireSame(machine.machineId, machineId);
      const hardware = parseInput(hardwareSchema, input);
      const found = await mongo.machines.findOneAndUpdate(
        { _id: machineId },
        { $set: { hardware: hardwareDocument(hardware) } },
        { returnDocument: 'after' },
      );
      if (found === null) throw machineNotFound(machineId);
      const units = await replaceUnits({ mongo }, found, unitsOfHardware(machineId, found.ownerId, hardware));
      return machineView(found, units, Date.now());
    },

    list: async (actor, ownerId) => {
      if (actor.userId !== ownerId && actor.role !== 'operator') throw new CyxError('FORBIDDEN', 'These machines belong to somebody else.');
      const machines = await mongo.machines.find({ ownerId }).sort({ createdAt: 1 }).toArray();
      const units = await mongo.computeUnits.find({ machineId: { $in: machines.map((machine) => machine._id) } }).toArray();
      const nowMs = Date.now();
      return machines.map((machine) => machineView(machine, units.filter((unit) => unit.machineId === machine._id), nowMs));
    },

    setAllocation: async (actor, unitId, input) => {
      const { unit } = await requireOwnUnit({ mongo }, actor, unitId);
      const allocation = { ...unit.allocation, ...definedOnly(parseInput(allocationSchema, input)) };
      checkAllocation(unit, allocation);
      return writeUnit({ mongo }, unitId, { allocation });
    },

    setUnitStatus: async (actor, unitId, status) => {
      const wanted = parseInput(z.enum(['active', 'paused']), status);
      await requireOwnUnit({ mongo }, actor, unitId);
      return writeUnit({ mongo }, unitId, { paused: wanted === 'paused' });
    },
  };
}

/** Keeps what the owner set on devices that are still there, adds new ones and drops those that are gone. */
async function replaceUnits({ mongo }: Deps, machine: MachineDocument, wanted: ComputeUnitDocument[]): Promise<ComputeUnitDocument[]> {
  const machineId = machine._id;
  const device = (unit: ComputeUnitDocument): string => `${unit.deviceType}/${unit.deviceIndex}`;
  const old = new Map((await mongo.computeUnits.find({ machineId }).toArray()).map((unit) => [device(unit), unit]));
  for (const unit of wanted) {
    const existing = old.get(device(unit));
    if (existing === undefined) await mongo.computeUnits.insertOne(unit);
    else {
      const { deviceName, vramTotalMb, coresTotal } = unit;
      await mongo.computeUnits.updateOne({ _id: existing._id }, { $set: { deviceName, vramTotalMb, coresTotal } });
    }
    old.delete(device(unit));
  }
  await mongo.computeUnits.deleteMany({ _id: { $in: [...old.values()].map((unit) => unit._id) } });
  return mongo.computeUnits.find({ machineId }).toArray();
}

async function requireOwnUnit({ mongo }: Deps, actor: Actor, unitId: string): Promise<{ unit: ComputeUnitDocument }> {
  const unit = await mongo.computeUnits.findOne({ _id: unitId });
  if (unit === null || (unit.ownerId !== actor.userId && actor.role !== 'operator')) {
    throw new CyxError('NOT_FOUND', `You have no compute unit ${unitId}.`);
  }
  return { unit };
}

async function writeUnit(
  { mongo }: Deps,
  unitId: string,
  change: Partial<Pick<ComputeUnitDocument, 'allocation' | 'paused'>>,
): Promise<ComputeUnitView> {
  const unit = await mongo.computeUnits.findOneAndUpdate({ _id: unitId }, { $set: change }, { returnDocument: 'after' });
  const machine = unit === null ? null : await mongo.machines.findOne({ _id: unit.machineId });
  if (unit === null || machine === null) throw new CyxError('NOT_FOUND', `There is no compute unit ${unitId} any more.`);
  return unitView(unit, machineStatus(machine, Date.now()));
}

function checkAllocation(unit: ComputeUnitDocument, allocation: ComputeUnitDocument['allocation']): void {
  const usedMb = allocation.vramAllocatedMb + allocation.vramReservedMb;
  if (unit.vramTotalMb === null ? allocation.vramAllocatedMb > 0 || allocation.vramReservedMb > 0 : usedMb > unit.vramTotalMb) {
    throw new CyxError('INVALID_INPUT', `Allocated and reserved memory together must not be above the device's ${unit.vramTotalMb ?? 0} MB.`);
  }
  if (allocation.coresAllocated > (unit.coresTotal ?? 0)) {
    throw new CyxError('INVALID_INPUT', `The device has ${unit.coresTotal ?? 0} cores; fewer or as many can be allocated.`);
  }
}

function definedOnly(allocation: AllocationInput): Partial<ComputeUnitDocument['allocation']> {
  return Object.fromEntries(Object.entries(allocation).filter(([, value]) => value !== undefined));
}

function requireSame(keyMachineId: string, machineId: string): void {
  if (keyMachineId !== machineId) throw new CyxError('FORBIDDEN', 'This API key belongs to another machine.');
}

function machineNotFound(machineId: string): CyxError {
  return new CyxError('NOT_FOUND', `There is no machine ${machineId}. Register it again.`);
}
