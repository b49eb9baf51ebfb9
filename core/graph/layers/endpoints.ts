import { z } from 'zod';
import { GRAPH_LIMITS, type Shape } from '../schema.ts';
import { flatSize, formatShape, NO_WEIGHTS, ShapeProblem, type LayerSpec } from './layer-spec.ts';

export const LOSSES = ['crossEntropy'] as const;
export type LossName = (typeof LOSSES)[number];

export interface DataInputParams {
  /** Shape of one sample: [height, width, channels] for images, [features] for tables. */
  readonly shape: Shape;
}

export interface OutputParams {
  /** Number of classes; where left out, the size of the input decides. */
  readonly classes?: number | undefined;
  /** `crossEntropy`: softmax and mean cross-entropy over integer labels. */
  readonly loss: LossName;
}

export type EndpointNodes =
  | { readonly id: string; readonly type: 'DataInput'; readonly params: DataInputParams }
  | { readonly id: string; readonly type: 'Output'; readonly params: OutputParams };

export const dataInput: LayerSpec<DataInputParams> = {
  summary: 'Where samples come in',
  params: z.strictObject({ shape: z.array(z.int().min(1).max(65_536)).min(1).max(4) }),
  inputs: 0,
  outputShape: ({ shape }) => shape,
  weights: () => NO_WEIGHTS,
  flops: () => 0,
};

/** Takes one score per class and turns them into probabilities itself (softmax: 3 operations a class). */
export const output: LayerSpec<OutputParams> = {
  summary: 'Class probabilities and the loss',
  params: z.strictObject({
    classes: z.int().min(2).max(GRAPH_LIMITS.classes).optional(),
    loss: z.enum(LOSSES).default('crossEntropy'),
  }),
  inputs: 1,
  outputShape({ classes }, input) {
    const scores = flatSize(input);
    if (classes !== undefined && classes !== scores) {
      throw new ShapeProblem(`one score per class, [${classes}]`, formatShape(input));
    }
    if (scores < 2 || scores > GRAPH_LIMITS.classes) {
      throw new ShapeProblem(`2 to ${GRAPH_LIMITS.classes} classes`, formatShape(input));
    }
    return input;
  },
  weights: () => NO_WEIGHTS,
  flops: (_params, _input, output) => 3 * (output[0] ?? 0),
};
