import { createRequire } from 'node:module';
import { hostname, platform, release } from 'node:os';
import { cpu, graphics, mem } from 'systeminformation';
import { classesServedBy, type DeviceClass } from '#core/hardware/device-class';

/** What this machine has, in the shape of SPEC flow 2. */
export interface MeasuredHardware {
  readonly cpus: readonly { readonly name: string; readonly cores: number; readonly threads: number }[];
  readonly gpus: readonly { readonly deviceId: number; readonly name: string; readonly vramMb: number; readonly cudaVersion: string }[];
  readonly ramTotalMb: number;
}

const MIB = 1024 * 1024;

export async function measureHardware(): Promise<MeasuredHardware> {
  const [processor, screens, memory] = await Promise.all([cpu(), graphics(), mem()]);
  const sockets = Math.max(1, processor.processors);
  const name = `${processor.manufacturer} ${processor.brand}`.trim() || 'CPU';
  const perSocket = (count: number): number => Math.max(1, Math.round(count / sockets));
  return {
    cpus: Array.from({ length: sockets }, () => ({ name, cores: perSocket(processor.physicalCores), threads: perSocket(processor.cores) })),
    // Only what trains counts: NVIDIA cards whose memory the driver tells.
    gpus: screens.controllers
      .filter(({ vendor, memoryTotal }) => /nvidia/i.test(vendor) && (memoryTotal ?? 0) > 0)
      .map(({ model, name: given, memoryTotal }, deviceId) => ({ deviceId, name: given ?? model, vramMb: memoryTotal ?? 0, cudaVersion: '' })),
    ramTotalMb: Math.max(1, Math.floor(memory.total / MIB)),
  };
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

/** The largest class that this machine reaches with the trainer it has. */
export function ownDeviceClass({ gpus }: MeasuredHardware, gpuTrainer: boolean): DeviceClass {
  const memoryMib = gpuTrainer ? Math.max(0, ...gpus.map(({ vramMb }) => vramMb)) : 0;
  return (memoryMib > 0 ? classesServedBy({ device: 'cuda', memoryMib })[0] : undefined) ?? 'cpu';
}

/** Every class that a node of this class serves: its own and each smaller one. */
export function servedClasses(deviceClass: DeviceClass): DeviceClass[] {
  const gib = /^cuda\.(\d+)g$/.exec(deviceClass)?.[1];
  return gib === undefined ? [deviceClass] : classesServedBy({ device: 'cuda', memoryMib: Number(gib) * 1024 });
}
