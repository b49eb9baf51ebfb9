import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { classOfGpu, type DeviceClass } from '#core/hardware/device-class';
import type { RuntimeProfile } from '../load-tensorflow.ts';
import type { Gpu, Processor } from './report.ts';

const MIB = 1024 * 1024;
/** Comes with NVIDIA's driver. */
const DRIVER_TOOL = 'nvidia-smi';
/** Those that Eigen and oneDNN have kernels of their own for. */
const KERNEL_SETS = ['sse4_1', 'sse4_2', 'avx', 'avx2', 'fma', 'f16c', 'avx_vnni', 'avx512f', 'avx512dq', 'avx512bw', 'avx512vl', 'avx512_vnni', 'avx512_bf16', 'amx_tile', 'amx_int8', 'amx_bf16', 'asimd', 'asimddp', 'sve', 'bf16', 'i8mm'];

/** What a Linux kernel says about its CPU; nothing elsewhere. */
export function kernelCpuFlags(): ReadonlySet<string> {
  try {
    const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    return new Set(line.split(/\s+/));
  } catch {
    return new Set();
  }
}

export function describeProcessor(): Processor {
  const flags = kernelCpuFlags();
  return { model: cpus()[0]?.model.trim() ?? 'unknown', architecture: process.arch, instructionSets: KERNEL_SETS.filter((name) => flags.has(name)) };
}

/** Largest resident size of this process so far. */
export function peakResidentBytes(): number {
  try {
    // getrusage would do, but on Linux it can begin with the peak of the process that started this one.
    const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // No Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

/** Reads what `nvidia-smi` prints for one card: name, memory in MiB, used MiB. */
export function parseGpuLine(line: string): Gpu | undefined {
  const match = /^(.+), (\d+), (\d+)$/.exec(line.trim());
  if (match === null) return undefined;
  const [, name = '', total, used] = match;
  return { name, memoryBytes: Number(total) * MIB, usedBytes: Number(used) * MIB };
}

/** The first NVIDIA card, which is the one that TensorFlow takes, where training runs on one. */
export function describeGpu({ device }: Pick<RuntimeProfile, 'device'>): Gpu | undefined {
  if (device !== 'cuda') return undefined;
  try {
    const text = execFileSync(DRIVER_TOOL, ['--query-gpu=name,memory.total,memory.used', '--format=csv,noheader,nounits'], { encoding: 'utf8', timeout: 10_000 });
    return parseGpuLine(text.split('\n')[0] ?? '');
  } catch {
    return undefined;
  }
}

/** The newest CUDA that the driver runs, e.g. `12.4`; empty where there is no driver. It stands in the head of what the tool prints. */
export function cudaVersion(): string {
  try {
    return parseCudaVersion(execFileSync(DRIVER_TOOL, [], { encoding: 'utf8', timeout: 10_000 }));
  } catch {
    return '';
  }
}

export function parseCudaVersion(text: string): string {
  return /CUDA Version:\s*(\d+(?:\.\d+)*)/.exec(text)?.[1] ?? '';
}

/** A card that is too small for every class, or does not tell its size, leaves the machine its CPU's class. */
export function deviceClassOf(gpu: Gpu | undefined): DeviceClass {
  return gpu === undefined ? 'cpu' : classOfGpu(gpu.memoryBytes / MIB);
}
