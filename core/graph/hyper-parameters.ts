import { z } from 'zod';

export const OPTIMIZERS = ['sgd', 'adam'] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

/** Largest seed: seeds are unsigned 32-bit integers. */
const MAX_SEED = 0xffff_ffff;

/**
 * What a person chooses for one training run. Together with the graph, the dataset and the device class it
 * determines every bit of the result, so it is part of what a node commits to.
 */
export const hyperParametersSchema = z.strictObject({
  epochs: z.int().min(1).max(1000),
  batchSize: z.int().min(1).max(4096),
  /** Step size, above 0 and at most 10. */
  learningRate: z.number().gt(0).max(10),
  optimizer: z.enum(OPTIMIZERS).default('adam'),
  /** Drives initial weights, shuffling and dropout. */
  seed: z.int().min(0).max(MAX_SEED).default(1),
});
export type HyperParameters = z.output<typeof hyperParametersSchema>;

/** One text for one set of values, whatever order the keys came in: what commitments hash. */
export function canonicalHyperParametersJson(values: HyperParameters): string {
  const { batchSize, epochs, learningRate, optimizer, seed } = values;
  return JSON.stringify({ batchSize, epochs, learningRate, optimizer, seed });
}

/** Batches in one epoch; the last one may be smaller. */
export function stepsPerEpoch(samples: number, batchSize: number): number {
  return Math.ceil(samples / batchSize);
}

export function totalSteps(samples: number, values: Pick<HyperParameters, 'epochs' | 'batchSize'>): number {
  return stepsPerEpoch(samples, values.batchSize) * values.epochs;
}
