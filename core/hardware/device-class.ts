import { z } from 'zod';
import { CyxError } from '../errors/cyx-error.ts';

/**
 * A device class is what a job asks for and what a node offers. Its capability queue is
 * `train.<device>.<memory class>`, e.g. `train.cuda.24g`; CPUs have one class, `train.cpu`.
 */
export const DEVICES = ['cpu', 'cuda'] as const;
export type Device = (typeof DEVICES)[number];

/** GPU memory classes in GiB, smallest first. */
export const CUDA_MEMORY_GIB = [8, 16, 24, 48, 80] as const;

export const deviceClassSchema = z
  .string()
  .regex(/^(cpu|cuda\.(8|16|24|48|80)g)$/, 'must be "cpu" or "cuda.<8|16|24|48|80>g"');
export type DeviceClass = string;

/** Every class that there is. */
export const DEVICE_CLASSES: readonly DeviceClass[] = ['cpu', ...CUDA_MEMORY_GIB.map((gib) => `cuda.${gib}g`)];

export interface MeasuredDevice {
  readonly device: Device;
  /** Memory that the device really has; ignored for CPUs. */
  readonly memoryMib: number;
}

/** The smallest class that satisfies a requirement, or NO_CAPABLE_NODE where none can. */
export function smallestClassFor(device: Device, memoryMib: number): DeviceClass {
  if (device === 'cpu') return 'cpu';
  const fit = CUDA_MEMORY_GIB.find((gib) => gib * 1024 >= memoryMib);
  if (fit === undefined) {
    throw new CyxError('NO_CAPABLE_NODE', `No device class has ${memoryMib} MiB of GPU memory; the largest has ${80 * 1024} MiB`);
  }
  return `cuda.${fit}g`;
}

/** Every class that a measured device satisfies: its own first, then each smaller one. */
export function classesServedBy(measured: MeasuredDevice): DeviceClass[] {
  if (measured.device === 'cpu') return ['cpu'];
  // Vendors count 24 GB cards as 24,564 MiB and the like, so a class is reached at 95 % of its size.
  return CUDA_MEMORY_GIB.filter((gib) => measured.memoryMib >= gib * 1024 * 0.95)
    .reverse()
    .map((gib) => `cuda.${gib}g`);
}

/** The class of one device: the largest that it satisfies, or that of the processor beside it where it satisfies none. */
export function classOfGpu(memoryMib: number): DeviceClass {
  return classesServedBy({ device: 'cuda', memoryMib })[0] ?? 'cpu';
}

/** Classes whose nodes may take a job of this class: the class itself and every larger one. */
export function classesAbleToServe(deviceClass: DeviceClass): DeviceClass[] {
  const match = /^cuda\.(\d+)g$/.exec(deviceClass);
  if (match === null) return [deviceClass];
  return CUDA_MEMORY_GIB.filter((gib) => gib >= Number(match[1])).map((gib) => `cuda.${gib}g`);
}
