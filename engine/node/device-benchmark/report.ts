/** What a benchmark of this machine is asked for, and what it tells. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '#core/errors/table';
import type { RuntimeProfile } from '../load-tensorflow.ts';

/** How long and how often each measurement is made: the median of the rounds counts. */
export const effortSchema = z.strictObject({
  rounds: z.int().min(5).max(100),
  /** A round takes at least so long, and at least one step. */
  roundMs: z.int().min(1).max(60_000),
});
export type Effort = z.output<typeof effortSchema>;

export const benchmarkRequestSchema = z.strictObject({
  /** `training`: speed of training alone, which takes a few seconds less. */
  what: z.enum(['everything', 'training']),
  /** A model for class labels; the reference CNN where left out. */
  graphJson: z.string().optional(),
  batchSizes: z.array(z.int().min(1).max(4096)).min(1),
  effort: effortSchema,
  /** TensorFlow's intra-op threads. Default: all CPUs. */
  threads: z.int().min(1).max(1024).optional(),
});
export type BenchmarkRequest = z.output<typeof benchmarkRequestSchema>;

const rateSchema = z.number().gt(0);

const trainingSpeedSchema = z.object({
  batchSize: z.int(),
  /** Feeding, gradient, optimizer and reading the loss included. */
  samplesPerSecond: rateSchema,
  /** samplesPerSecond · 3 · forward operations of a sample: one forward pass, and the gradient as twice that. */
  gflopPerSecond: rateSchema,
});
export type TrainingSpeed = z.output<typeof trainingSpeedSchema>;

const matMulSpeedSchema = z.object({
  /** Both matrices are side × side, float32. */
  side: z.int(),
  /** 2·side³ operations a product. */
  gflopPerSecond: rateSchema,
});
export type MatMulSpeed = z.output<typeof matMulSpeedSchema>;

const bandwidthSchema = z.object({
  /** Of each of the two arrays. */
  sizeBytes: z.int(),
  /** a ← a − s·b inside TensorFlow, in place on the device: 12 bytes move for each float32 (a and b read, a written). */
  gigabytesPerSecond: rateSchema,
});
export type Bandwidth = z.output<typeof bandwidthSchema>;

const gpuSchema = z.object({ name: z.string(), memoryBytes: z.int(), usedBytes: z.int() });
export type Gpu = z.output<typeof gpuSchema>;

const processorSchema = z.object({
  model: z.string(),
  architecture: z.string(),
  /** What TensorFlow's kernels choose by, as far as the system tells; the others decide no bits. */
  instructionSets: z.array(z.string()),
});
export type Processor = z.output<typeof processorSchema>;

/** What the process of the measurement took and the machine has. */
const memorySchema = z.object({
  totalBytes: z.int(),
  /** Largest resident size of the process after the training measurements. */
  peakResidentBytes: z.int(),
});

export const trainingBenchmarkSchema = z.object({
  /** What decides the last bits of a result on this machine, together with `processor`. */
  profile: z.custom<RuntimeProfile>((value) => typeof value === 'object' && value !== null && 'device' in value),
  processor: processorSchema,
  /** Forward operations for one sample of the model. */
  flopPerSample: z.number().min(0),
  training: z.array(trainingSpeedSchema).min(1),
  memory: memorySchema,
});
/** How fast this machine trains. */
export type TrainingBenchmark = z.output<typeof trainingBenchmarkSchema>;

export const deviceBenchmarkSchema = trainingBenchmarkSchema.extend({
  /** The largest device class of core/hardware that this machine serves. */
  deviceClass: z.string(),
  gpu: gpuSchema.optional(),
  matMul: matMulSpeedSchema,
  bandwidth: bandwidthSchema,
});
/** Everything that is measured of this machine. */
export type DeviceBenchmark = z.output<typeof deviceBenchmarkSchema>;

const errorCodeSchema = z.custom<ErrorCode>((value) => typeof value === 'string' && Object.hasOwn(ERRORS, value));

/** What the child prints, as one line of JSON. */
export const childAnswerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), benchmark: z.unknown() }),
  z.object({ ok: z.literal(false), code: errorCodeSchema, message: z.string() }),
]);
