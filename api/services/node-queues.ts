import { CUDA_MEMORY_GIB, classesServedBy, type DeviceClass } from '#core/hardware/device-class';
import { measuredOf, standingOf } from '#core/node/capability';
import { MIN_STAKE_BASE } from '#core/money/split';
import { isReliable } from '#core/node/reputation';
import type { NodeRow } from '#db/postgres/database';
import { capabilityQueue, nodeQueue } from '#temporal/contract/queues';
import type { Hardware } from './machine-types.ts';

/** The node's class and every smaller one. */
function classesOf(deviceClass: DeviceClass): DeviceClass[] {
  if (deviceClass === 'cpu') return ['cpu'];
  const gib = CUDA_MEMORY_GIB.find((size) => deviceClass === `cuda.${size}g`) ?? 0;
  return classesServedBy({ device: 'cuda', memoryMib: gib * 1024 });
}

/** Those whose jobs a node may get: of the class that it has shown, where it has shown one. */
export function classesOfNode(node: NodeRow): DeviceClass[] {
  return classesOf(measuredOf(node)?.deviceClass ?? node.deviceClass);
}

/**
 * Task queues that a node may poll: its own always, so that a job it holds is finished; those of its classes only
 * while it may take new jobs, and of the classes that it has shown, not of those that it says it has; the reliable
 * tier's only with the record for it.
 */
export function queuesOfNode(node: NodeRow): string[] {
  const own = nodeQueue(node.id);
  const takesJobs = node.state !== 'UNREGISTERED' && node.state !== 'SLASHED' && !node.banned && !node.unstaking && node.stakeBase >= MIN_STAKE_BASE;
  const measured = measuredOf(node);
  if (!takesJobs || measured === null || standingOf(node, Date.now()) === 'overdue') return [own];
  const classes = classesOf(measured.deviceClass);
  const reliable = isReliable(node) ? classes.map((deviceClass) => capabilityQueue(deviceClass, 'reliable')) : [];
  return [own, ...classes.map((deviceClass) => capabilityQueue(deviceClass, 'open')), ...reliable];
}

/** The device of this hardware that serves a class: its name, or null where none does. */
export function deviceForClass(hardware: Hardware, deviceClass: DeviceClass): string | null {
  if (deviceClass === 'cpu') return hardware.cpus[0]?.name ?? null;
  // A GPU without CUDA trains nothing, however large.
  const gpu = hardware.gpus.find(({ vramMb, cudaVersion }) => cudaVersion !== '' && classesServedBy({ device: 'cuda', memoryMib: vramMb }).includes(deviceClass));
  return gpu === undefined ? null : nameOfGpu(gpu);
}

/** Of two alike in a machine, too. */
export function nameOfGpu({ name, deviceId }: Pick<Hardware['gpus'][number], 'name' | 'deviceId'>): string {
  return `${name} #${deviceId}`;
}
