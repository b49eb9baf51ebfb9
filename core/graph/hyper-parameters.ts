import { z } from 'zod';
import { OPTIMIZER_TABLE, OPTIMIZERS, type ConstantName } from './optimizers.ts';
import { scheduleSchema } from './schedule.ts';

export { OPTIMIZERS } from './optimizers.ts';

/** Largest seed: seeds are unsigned 32-bit integers. */
const MAX_SEED = 0xffff_ffff;

const decaySchema = z.number().min(0).lt(1);

const valuesSchema = z.strictObject({
  epochs: z.int().min(1).max(1000),
  batchSize: z.int().min(1).max(4096),
  /** Step size, above 0 and at most 10; with a schedule, its largest value. */
  learningRate: z.number().gt(0).max(10),
  optimizer: z.enum(OPTIMIZERS).default('adam'),
  /** Drives initial weights, shuffling and dropout. */
  seed: z.int().min(0).max(MAX_SEED).default(1),
  /** `momentum`, `nesterov`, `rmsprop`: share of the last change that goes on. */
  momentum: decaySchema.optional(),
  /** `rmsprop`: how long squared gradients are remembered. */
  rho: decaySchema.optional(),
  /** `adam`, `adamw`: how long gradients are remembered. */
  beta1: decaySchema.optional(),
  /** `adam`, `adamw`: how long squared gradients are remembered. */
  beta2: decaySchema.optional(),
  /** `rmsprop`, `adam`, `adamw`: keeps them from dividing by zero. */
  epsilon: z.number().gt(0).max(1).optional(),
  /** Decoupled: before each update every weight shrinks by learning rate · this (Loshchilov and Hutter 2019). */
  weightDecay: z.number().min(0).max(1).optional(),
  /** How the learning rate changes from step to step; constant where left out. */
  schedule: scheduleSchema.optional(),
  /** Steps at the start in which the learning rate grows from 0 evenly; the schedule begins after them. */
  warmUpSteps: z.int().min(0).max(10_000_000).optional(),
  /** Scales all gradients together so that their common norm is at most this. */
  clipNorm: z.number().gt(0).max(1e6).optional(),
  /** Cuts each value of each gradient off at ± this. */
  clipValue: z.number().gt(0).max(1e6).optional(),
  /**
   * Matrix products and convolutions in bfloat16 where the device gains by it (CUDA); a CPU computes in float32 all the same.
   * Weights and their updates stay float32.
   */
  mixedPrecision: z.boolean().optional(),
});

/**
 * What a person chooses for one training run. Together with the graph, the dataset and the device class it
 * determines every bit of the result, so it is part of what a node commits to.
 */
export const hyperParametersSchema = valuesSchema.superRefine((values, context) => {
  const known: Readonly<Partial<Record<ConstantName, number>>> = OPTIMIZER_TABLE[values.optimizer].constants;
  for (const name of ['momentum', 'rho', 'beta1', 'beta2', 'epsilon'] as const) {
    if (values[name] === undefined || known[name] !== undefined) continue;
    context.addIssue({ code: 'custom', path: [name], message: `the optimizer ${values.optimizer} has no ${name}` });
  }
  if (values.clipNorm !== undefined && values.clipValue !== undefined) {
    context.addIssue({ code: 'custom', path: ['clipValue'], message: 'choose one of clipNorm and clipValue' });
  }
  if ((values.warmUpSteps ?? 0) > 0 && values.schedule?.kind === 'oneCycle') {
    context.addIssue({ code: 'custom', path: ['warmUpSteps'], message: 'the schedule oneCycle warms up by itself' });
  }
});
export type HyperParameters = z.output<typeof hyperParametersSchema>;

/** Values that change nothing are left out, so that one run has one text whatever was spelled out. */
function plainest(values: HyperParameters): Partial<HyperParameters> {
  const defaults: Partial<HyperParameters> = {
    ...OPTIMIZER_TABLE[values.optimizer].constants,
    warmUpSteps: 0,
    mixedPrecision: false,
  };
  const isPlain = ([name, value]: [string, unknown]): boolean => value === undefined || value === defaults[name as keyof HyperParameters];
  const { schedule, ...rest } = values;
  const kept = Object.fromEntries(Object.entries(rest).filter((entry) => !isPlain(entry)));
  if (schedule === undefined || schedule.kind === 'constant') return kept;
  return { ...kept, schedule: Object.fromEntries(Object.entries(schedule).sort(byName)) as typeof schedule };
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : Number(a > b);
}

/** One text for one set of values, whatever order the keys came in: what commitments hash. */
export function canonicalHyperParametersJson(values: HyperParameters): string {
  return JSON.stringify(Object.fromEntries(Object.entries(plainest(values)).sort(byName)));
}

/** Batches in one epoch; the last one may be smaller. */
export function stepsPerEpoch(samples: number, batchSize: number): number {
  return Math.ceil(samples / batchSize);
}

export function totalSteps(samples: number, values: Pick<HyperParameters, 'epochs' | 'batchSize'>): number {
  return stepsPerEpoch(samples, values.batchSize) * values.epochs;
}
