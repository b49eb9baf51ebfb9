import { z } from 'zod';
import { deviceClassSchema, type DeviceClass } from '../device-class.ts';

const MIB = 1024 * 1024;
const BYTES_PER_VALUE = 4;

/** A number of 16 bytes as hexadecimal digits: everything that is random in a challenge comes from such seeds. */
export const seedSchema = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits');

/**
 * What a machine is asked to compute: `blocks` matrices of side × side float32 values, each the end of a chain of `depth`
 * matrix products (see `maths.ts`), all of them in the device's memory at the same time.
 */
export const challengeTaskSchema = z.strictObject({
  seed: seedSchema,
  side: z.int().min(16).max(4096).multipleOf(4),
  depth: z.int().min(2).max(64),
  blocks: z.int().min(1).max(65_536),
  /** So many rows of a block are summed into one value of the answer. Divides `side`. */
  rowsPerGroup: z.int().min(1).max(4096),
});
export type ChallengeTask = z.output<typeof challengeTaskSchema>;
export type ChallengeSize = Omit<ChallengeTask, 'seed'>;

/** What a passed challenge showed, by the platform's clock. */
export const measuredCapabilitySchema = z.object({
  /** The class whose challenge was passed; the node's queues come from it. */
  deviceClass: deviceClassSchema,
  /** Memory that was full of products at the same time. */
  memoryMib: z.number().min(0),
  /** Operations of the products by the time in which the memory was filled. */
  gflops: z.number().min(0),
  /** Bytes of products by the time of the answer, which takes all of them once. */
  bandwidthGBs: z.number().min(0),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
});
export type MeasuredCapability = z.output<typeof measuredCapabilitySchema>;

export interface ClassLimits {
  readonly minGflops: number;
  readonly minBandwidthGBs: number;
}

/**
 * The least that a device of a class shows. About a third of what the slowest card sold with so much memory reaches
 * by its data sheet; for CPUs, below which there is no class to pretend to be of, what any machine takes.
 */
export const CLASS_LIMITS: Readonly<Record<DeviceClass, ClassLimits>> = {
  cpu: { minGflops: 0.2, minBandwidthGBs: 0.1 },
  'cuda.8g': { minGflops: 1_500, minBandwidthGBs: 40 },
  'cuda.16g': { minGflops: 2_000, minBandwidthGBs: 60 },
  'cuda.24g': { minGflops: 4_000, minBandwidthGBs: 60 },
  'cuda.48g': { minGflops: 6_000, minBandwidthGBs: 100 },
  'cuda.80g': { minGflops: 6_000, minBandwidthGBs: 200 },
};

export interface ChallengeSizes {
  /** A CPU shares its memory with everything else on the machine, so its challenge is a fixed amount. */
  readonly cpuMib: number;
  /** Of a CUDA class's memory; the rest is for the driver, the library and whatever draws the screen. */
  readonly cudaShare: number;
}
export const CHALLENGE_SIZES: ChallengeSizes = { cpuMib: 256, cudaShare: 0.9 };

/**
 * The longer the chain and the side, the more a value that was not kept costs to get again, against reading it:
 * depth · 2 · side operations. GPUs compute so much faster than they read that they need the longer one.
 */
const SHAPES = { cpu: { side: 512, depth: 2, rowsPerGroup: 16 }, cuda: { side: 2048, depth: 8, rowsPerGroup: 8 } } as const;
/** An answer has to fit into one message. */
const MAX_ANSWER_BYTES = 3 * MIB;

export function challengeSize(deviceClass: DeviceClass, sizes: ChallengeSizes = CHALLENGE_SIZES): ChallengeSize {
  const gib = /^cuda\.(\d+)g$/.exec(deviceClass)?.[1];
  const { side, depth, rowsPerGroup: fewest } = SHAPES[gib === undefined ? 'cpu' : 'cuda'];
  const bytes = gib === undefined ? sizes.cpuMib * MIB : Number(gib) * 1024 * MIB * sizes.cudaShare;
  const blocks = Math.max(1, Math.floor(bytes / (side * side * BYTES_PER_VALUE)));
  let rowsPerGroup: number = fewest;
  while (((blocks * side) / rowsPerGroup) * BYTES_PER_VALUE > MAX_ANSWER_BYTES) rowsPerGroup *= 2;
  return { side, depth, blocks, rowsPerGroup };
}

/** Values of a whole answer. */
export function answerLength({ side, blocks, rowsPerGroup }: ChallengeSize): number {
  return blocks * (side / rowsPerGroup);
}

function filledBytes({ side, blocks }: ChallengeSize): number {
  return blocks * side * side * BYTES_PER_VALUE;
}

export interface ChallengeTimes {
  /** From the task's being given to "filled". */
  readonly fillMs: number;
  /** From the nonce's being given to the commitment. */
  readonly answerMs: number;
}

/** The way to the machine and back, and the start of each step: no measure of the device. */
const ON_THE_WAY_MS = 250;
/**
 * Who keeps all products answers in a small part of the time that making them took; who kept only some makes the others
 * again. Above this share it is not told apart any more.
 */
const ANSWER_SHARE = 0.25;

/** What the times show, and why they are not enough for the class; null where they are. */
export function judgeTimes(deviceClass: DeviceClass, size: ChallengeSize, { fillMs, answerMs }: ChallengeTimes, at: Date): { measured: MeasuredCapability; refusal: string | null } {
  const limits = CLASS_LIMITS[deviceClass]!;
  const seconds = (ms: number): number => Math.max(ms, 1) / 1_000;
  const gflops = (size.blocks * size.depth * 2 * size.side ** 3) / seconds(fillMs) / 1e9;
  const bandwidthGBs = filledBytes(size) / seconds(answerMs) / 1e9;
  const measured = { deviceClass, memoryMib: filledBytes(size) / MIB, gflops, bandwidthGBs, at: at.toISOString() };
  const longestMs = ON_THE_WAY_MS + Math.min(ANSWER_SHARE * fillMs, (filledBytes(size) / limits.minBandwidthGBs / 1e9) * 1_000);
  const round = (value: number): string => String(Number(value.toPrecision(3)));
  if (gflops < limits.minGflops) {
    return { measured, refusal: `too slow for ${deviceClass}: it computed ${round(gflops)} GFLOP/s, and at least ${limits.minGflops} are needed` };
  }
  if (answerMs > longestMs) {
    return { measured, refusal: `the answer took ${Math.round(answerMs)} ms where ${Math.round(longestMs)} are enough for a device that has all of ${measured.memoryMib} MiB in its memory` };
  }
  return { measured, refusal: null };
}
