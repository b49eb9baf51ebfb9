import { z } from 'zod';
import { createApiKey, hashApiKey } from '#api/auth/api-keys';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { hardwareSchema, machineFields } from '#core/hardware/inventory';
import type { ComputeUnitDocument, MachineDocument } from '#db/mongo/documents';
import type { ServiceDeps } from './deps.ts';
import { hardwareDocument, machineStatus, machineView, newMachineId, unitsOfHardware } from './machine-documents.ts';
import type { MachineServices } from './machine-types.ts';
import { createOwnMachines, workOf } from './own-machines.ts';

const registrationSchema = z.object({
  ...machineFields,
  hardware: hardwareSchema,
});

type Deps = Pick<ServiceDeps, 'mongo' | 'postgres'>;

export function createMachines(deps: Deps): MachineServices {
  const { mongo } = deps;
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
      const units = await replaceUnits(deps, found, unitsOfHardware(machineId, found.ownerId, hardware));
      return machineView(found, units, await workOf(deps, found.ownerId, units), Date.now());
    },
    ...createOwnMachines(deps),
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

function requireSame(keyMachineId: string, machineId: string): void {
  if (keyMachineId !== machineId) throw new CyxError('FORBIDDEN', 'This API key belongs to another machine.');
}

function machineNotFound(machineId: string): CyxError {
  return new CyxError('NOT_FOUND', `There is no machine ${machineId}. Register it again.`);
}
