import type { Systeminformation } from 'systeminformation';
import { instructionSetOf, type InstructionSet } from '#core/hardware/instruction-set';

/** What this machine has, in the shape of SPEC flow 2. Only GPUs that can train here are among `gpus`. */
export interface MeasuredHardware {
  readonly cpus: readonly { readonly name: string; readonly cores: number; readonly threads: number }[];
  readonly gpus: readonly { readonly deviceId: number; readonly name: string; readonly vramMb: number; readonly cudaVersion: string }[];
  readonly ramTotalMb: number;
}

/** A GPU that the trainer has no binding for: named, and not offered. */
export interface IdleGpu {
  readonly maker: 'AMD' | 'Apple';
  readonly name: string;
  /** Its own memory, or for a GPU in the processor all that it shares with it; 0 where the system does not tell. */
  readonly memoryMb: number;
  readonly unifiedMemory: boolean;
}

export interface DetectedHardware extends MeasuredHardware {
  /** Undefined where the system does not tell. */
  readonly instructionSet: InstructionSet | undefined;
  readonly idleGpus: readonly IdleGpu[];
}

/** What the system was asked for. */
export interface HardwareReadings {
  readonly processor: Pick<Systeminformation.CpuData, 'manufacturer' | 'brand' | 'processors' | 'physicalCores' | 'cores' | 'flags'>;
  readonly controllers: readonly Partial<Systeminformation.GraphicsControllerData>[];
  readonly memoryBytes: number;
  /** As Node names it. */
  readonly architecture: string;
  /** The kernel's own list, where there is one. */
  readonly kernelFlags: readonly string[];
  /** Empty where there is no NVIDIA driver. */
  readonly cudaVersion: string;
}

const MIB = 1024 * 1024;
/** A driver that tells no version still is one. */
const SOME_VERSION = 'unknown';

/** Each processor and each GPU is a unit by itself, also where they differ. */
export function readHardware(readings: HardwareReadings): DetectedHardware {
  const { processor, controllers, memoryBytes, architecture, kernelFlags, cudaVersion } = readings;
  const sockets = Math.max(1, processor.processors);
  const name = `${processor.manufacturer} ${processor.brand}`.trim() || 'CPU';
  const perSocket = (count: number): number => Math.max(1, Math.round(count / sockets));
  const flags = kernelFlags.length > 0 ? kernelFlags : processor.flags.split(/\s+/);
  const ramTotalMb = Math.max(1, Math.floor(memoryBytes / MIB));
  return {
    cpus: Array.from({ length: sockets }, () => ({ name, cores: perSocket(processor.physicalCores), threads: perSocket(processor.cores) })),
    gpus: inBusOrder(controllers.filter(isCuda)).map((card, deviceId) => ({
      deviceId,
      name: nameOf(card),
      vramMb: card.memoryTotal ?? 0,
      cudaVersion: cudaVersion === '' ? SOME_VERSION : cudaVersion,
    })),
    ramTotalMb,
    instructionSet: instructionSetOf(architecture, flags),
    idleGpus: controllers.flatMap((card) => idleGpu(card, ramTotalMb)),
  };
}

type Controller = Partial<Systeminformation.GraphicsControllerData>;

/** An NVIDIA card whose memory the driver tells: without the driver it trains nothing. */
function isCuda({ vendor = '', memoryTotal = 0 }: Controller): boolean {
  return /nvidia/i.test(vendor) && memoryTotal > 0;
}

/** As the driver numbers cards where it is told to go by the bus. */
function inBusOrder(cards: readonly Controller[]): Controller[] {
  const place = ({ pciBus, busAddress }: Controller): string => (pciBus ?? busAddress ?? '').toLowerCase();
  return [...cards].sort((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
}

function nameOf({ name, model }: Controller): string {
  return (name ?? model ?? '').trim() || 'GPU';
}

function idleGpu(card: Controller, ramTotalMb: number): IdleGpu[] {
  const { vendor = '', vram } = card;
  if (/apple/i.test(vendor)) return [{ maker: 'Apple', name: nameOf(card), memoryMb: ramTotalMb, unifiedMemory: true }];
  if (!/\bAMD\b|advanced micro devices|\bATI\b/i.test(vendor)) return [];
  return [{ maker: 'AMD', name: nameOf(card), memoryMb: vram ?? 0, unifiedMemory: card.vramDynamic === true }];
}

/** For the log: why a GPU that is there is not offered. */
export function idleGpuWords({ maker, name }: IdleGpu): string {
  const binding = maker === 'AMD' ? 'ROCm' : 'Metal';
  return `The ${maker} GPU ${name} is not offered: the trainer runs on CUDA only, it has no binding for ${binding} yet`;
}
