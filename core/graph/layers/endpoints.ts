import { z } from 'zod';
import { GRAPH_LIMITS, type Shape } from '../schema.ts';
import { flatSize, formatShape, NO_WEIGHTS, ShapeProblem, type LayerSpec } from './layer-spec.ts';
import { isClassification, LOSSES, lossSpec, type LossName } from './losses.ts';

export type { LossName } from './losses.ts';

export interface DataInputParams {
  /** Shape of one sample: [height, width, channels] for images, [steps, features] or [steps] for sequences, [features] for tables. */
  readonly shape: Shape;
  /** `int32` for indices, which an Embedding takes; where left out, numbers (float32). */
  readonly dtype?: 'int32' | undefined;
}

export interface OutputParams {
  /** Number of scores (classes, or numbers to predict); where left out, the size of the input decides. */
  readonly classes?: number | undefined;
  readonly loss: LossName;
  /** Cross-entropies only: this share of a target is spread evenly over all classes. */
  readonly labelSmoothing?: number | undefined;
  /** `huber` only: where an error begins to count linearly; 1 where left out. */
  readonly delta?: number | undefined;
}

export type EndpointNodes =
  | { readonly id: string; readonly type: 'DataInput'; readonly params: DataInputParams }
  | { readonly id: string; readonly type: 'Output'; readonly params: OutputParams };

export const dataInput: LayerSpec<DataInputParams> = {
  summary: 'Where samples come in',
  params: z
    .strictObject({
      shape: z.array(z.int().min(1).max(65_536)).min(1).max(4),
      dtype: z.enum(['float32', 'int32']).optional(),
    })
    // Said or not, float32 is the same model and has the same text.
    .transform(({ shape, dtype }): DataInputParams => (dtype === 'int32' ? { shape, dtype } : { shape })),
  inputs: 0,
  outputShape: ({ shape }) => shape,
  weights: () => NO_WEIGHTS,
  flops: () => 0,
};

const outputSchema = z
  .strictObject({
    classes: z.int().min(1).max(GRAPH_LIMITS.scores).optional(),
    loss: z.enum(LOSSES).default('crossEntropy'),
    labelSmoothing: z.number().min(0).lt(1).optional(),
    delta: z.number().gt(0).max(1e6).optional(),
  })
  .superRefine(({ loss, labelSmoothing, delta }, context) => {
    if (labelSmoothing !== undefined && !isClassification(loss)) {
      context.addIssue({ code: 'custom', path: ['labelSmoothing'], message: `the loss ${loss} has no labels to smooth` });
    }
    if (delta !== undefined && loss !== 'huber') {
      context.addIssue({ code: 'custom', path: ['delta'], message: `only the loss huber has it, not ${loss}` });
    }
  })
  .transform(({ classes, loss, labelSmoothing, delta }): OutputParams => ({
    loss,
    ...(classes === undefined ? {} : { classes }),
    // Values that change nothing leave no trace, so that one model has one text.
    ...(labelSmoothing === undefined || labelSmoothing === 0 ? {} : { labelSmoothing }),
    ...(delta === undefined || delta === 1 ? {} : { delta }),
  }));

/** Takes one score per class (or number to predict) and applies the loss's softmax or sigmoid itself: up to 3 operations a score. */
export const output: LayerSpec<OutputParams> = {
  summary: 'The prediction and the loss',
  params: outputSchema,
  inputs: 1,
  outputShape({ classes, loss }, input) {
    const scores = flatSize(input);
    const what = isClassification(loss) ? 'one score per class' : 'one number per target';
    if (classes !== undefined && classes !== scores) throw new ShapeProblem(`${what}, [${classes}]`, formatShape(input));
    const { minScores } = lossSpec(loss);
    const most = isClassification(loss) ? GRAPH_LIMITS.classes : GRAPH_LIMITS.scores;
    if (scores < minScores || scores > most) {
      throw new ShapeProblem(`${minScores} to ${most} ${isClassification(loss) ? 'classes' : 'numbers'}`, formatShape(input));
    }
    return input;
  },
  weights: () => NO_WEIGHTS,
  flops: (_params, output) => 3 * (output[0] ?? 0),
};
