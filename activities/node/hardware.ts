import { createRequire } from 'node:module';
import { hostname, platform, release } from 'node:os';
import { cpu, graphics, mem } from 'systeminformation';
import { classesServedBy, classOfGpu, type DeviceClass } from '#core/hardware/device-class';
import { cudaVersion, kernelCpuFlags } from '#engine/node/device-benchmark/machine';
import { readHardware, type DetectedHardware } from './read-hardware.ts';

export async function measureHardware(): Promise<DetectedHardware> {
  const [processor, screens, memory] = await Promise.all([cpu(), graphics(), mem()]);
  const kernelFlags = [...kernelCpuFlags()];
  return readHardware({ processor, controllers: screens.controllers, memoryBytes: memory.total, architecture: process.arch, kernelFlags, cudaVersion: cudaVersion() });
}

export function machineName(): { readonly hostname: string; readonly os: string } {
  return { hostname: hostname(), os: `${platform()} ${release()}` };
}

/** Set-up installs the GPU binding only where it can work; without it a GPU trains nothing here. */
export function hasGpuTrainer(): boolean {
  try {
    createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu');
    return true;
  } catch {
    return false;
  }
}

/** Every class that a device of this machine reaches with the trainer it has, the largest first. */
export function ownDeviceClasses({ gpus }: Pick<DetectedHardware, 'gpus'>, gpuTrainer: boolean): DeviceClass[] {
  const largest = gpuTrainer ? classOfGpu(Math.max(0, ...gpus.map(({ vramMb }) => vramMb))) : 'cpu';
  return [...new Set([...servedClasses(largest), 'cpu'])];
}

/** Every class that a node of this class serves: its own and each smaller one. */
export function servedClasses(deviceClass: DeviceClass): DeviceClass[] {
  const gib = /^cuda\.(\d+)g$/.exec(deviceClass)?.[1];
  return gib === undefined ? [deviceClass] : classesServedBy({ device: 'cuda', memoryMib: Number(gib) * 1024 });
}
