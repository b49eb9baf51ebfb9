import { randomBytes, randomInt } from 'node:crypto';
import type { ComputeUnitDocument, HardwareDocument, MachineDocument } from '#db/mongo/documents';
import type { ComputeUnitView, Hardware, MachineStatus, MachineView } from './machine-types.ts';
import type { UnitWork } from './unit-work.ts';

/** SPEC flow 2: no heartbeat for longer than this means offline. */
const MACHINE_OFFLINE_AFTER_MS = 15_000;
const DEFAULT_RESERVED_VRAM_MB = 2048;

export function newMachineId(): string {
  return `machine-${randomBytes(4).toString('hex')}`;
}

function newUnitId(deviceType: 'gpu' | 'cpu', deviceIndex: number): string {
  const suffix = Array.from({ length: 6 }, () => 'abcdefghijklmnopqrstuvwxyz0123456789'[randomInt(36)]).join('');
  return `unit-${deviceType}${deviceIndex}-${suffix}`;
}

export function hardwareDocument(hardware: Hardware): HardwareDocument {
  return {
    cpus: hardware.cpus.map(({ name, cores, threads }) => ({ name, cores, threads })),
    gpus: hardware.gpus.map((gpu) => ({ device_id: gpu.deviceId, name: gpu.name, vram_mb: gpu.vramMb, cuda_version: gpu.cudaVersion })),
    ram_total_mb: hardware.ramTotalMb,
  };
}

/** One unit for each device, nothing allocated yet. */
export function unitsOfHardware(machineId: string, ownerId: string, hardware: Hardware): ComputeUnitDocument[] {
  const common = { machineId, ownerId, paused: false };
  const gpus = hardware.gpus.map((gpu): ComputeUnitDocument => ({
    ...common,
    _id: newUnitId('gpu', gpu.deviceId),
    deviceType: 'gpu',
    deviceIndex: gpu.deviceId,
    deviceName: gpu.name,
    vramTotalMb: gpu.vramMb,
    coresTotal: null,
    allocation: { vramAllocatedMb: 0, vramReservedMb: DEFAULT_RESERVED_VRAM_MB, coresAllocated: 0 },
  }));
  const cpus = hardware.cpus.map((cpu, index): ComputeUnitDocument => ({
    ...common,
    _id: newUnitId('cpu', index),
    deviceType: 'cpu',
    deviceIndex: index,
    deviceName: cpu.name,
    vramTotalMb: null,
    coresTotal: cpu.cores,
    allocation: { vramAllocatedMb: 0, vramReservedMb: 0, coresAllocated: 0 },
  }));
  return [...gpus, ...cpus];
}

/** Computed, never stored: a machine that fell silent is offline without anybody's doing. */
export function machineStatus(machine: Pick<MachineDocument, 'maintenance' | 'lastSeenAt'>, nowMs: number): MachineStatus {
  if (machine.maintenance) return 'maintenance';
  const isFresh = machine.lastSeenAt !== null && nowMs - machine.lastSeenAt.getTime() <= MACHINE_OFFLINE_AFTER_MS;
  return isFresh ? 'online' : 'offline';
}

export function machineView(machine: MachineDocument, units: readonly ComputeUnitDocument[], work: ReadonlyMap<string, UnitWork>, nowMs: number): MachineView {
  const status = machineStatus(machine, nowMs);
  const { hardware } = machine;
  return {
    machineId: machine._id,
    ownerId: machine.ownerId,
    hostname: machine.hostname,
    os: machine.os,
    hardware: {
      cpus: hardware.cpus,
      gpus: hardware.gpus.map((gpu) => ({ deviceId: gpu.device_id, name: gpu.name, vramMb: gpu.vram_mb, cudaVersion: gpu.cuda_version })),
      ramTotalMb: hardware.ram_total_mb,
    },
    status,
    lastSeenAt: machine.lastSeenAt,
    onlineUntil: status === 'online' && machine.lastSeenAt !== null ? new Date(machine.lastSeenAt.getTime() + MACHINE_OFFLINE_AFTER_MS) : null,
    computeUnits: units.map((unit) => unitView(unit, status, work.get(unit._id))),
  };
}

export function unitView(unit: ComputeUnitDocument, status: MachineStatus, work: UnitWork = { tasksCompleted: 0, earningsBase: 0n }): ComputeUnitView {
  return {
    unitId: unit._id,
    machineId: unit.machineId,
    deviceType: unit.deviceType,
    deviceName: unit.deviceName,
    vramTotalMb: unit.vramTotalMb,
    coresTotal: unit.coresTotal,
    allocation: unit.allocation,
    status: status === 'offline' ? 'offline' : unit.paused ? 'paused' : 'active',
    paused: unit.paused,
    stats: work,
  };
}
