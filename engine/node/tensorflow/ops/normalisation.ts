import type { ArithmeticOps, BatchNormWeights, NormalisationOps, ReductionOps, Sides } from '../../../ops/ops.ts';
import { attr, type GraphTensor } from '../graph-builder.ts';
import { binary, reshapeTo, scalar, type GraphContext } from './context.ts';

/** Below this the fused operation is refused on NVIDIA devices, so such layers take the long way everywhere. */
const LEAST_FUSED_EPSILON = 1.001e-5;

type Arithmetic = ArithmeticOps<GraphTensor> & ReductionOps<GraphTensor>;

const leadingAxes = (sides: Sides): number[] => sides.map((_, axis) => axis).slice(0, -1);

/** The fused operation wants images; other shapes are laid out as images of one point. */
function asImages(context: GraphContext, x: GraphTensor): GraphTensor {
  if (x.sides.length === 4) return x;
  const leading = x.sides.slice(0, -1);
  const count = leading.includes(-1) ? -1 : leading.reduce((size, side) => size * side, 1);
  return reshapeTo(context, x, [count, 1, 1, x.sides.at(-1) as number]);
}

/** (n − 1)/n for n values a channel: the fused operation gives the variance divided by n − 1. */
function populationFactor(context: GraphContext, x: GraphTensor): GraphTensor {
  const { builder } = context;
  const total = builder.one('Size', [x], { sides: [], dtype: 'int32' }, { T: attr.type(x.dtype), out_type: attr.type('int32') });
  const values = builder.one('Cast', [total], { sides: [], dtype: x.dtype }, { SrcT: attr.type('int32'), DstT: attr.type(x.dtype) });
  const count = binary(context, 'RealDiv', values, scalar(context, x.sides.at(-1) as number, x.dtype));
  const less = binary(context, 'Sub', count, scalar(context, 1, x.dtype));
  return binary(context, 'RealDiv', less, count);
}

/** One node forward, one backward. */
function fusedTraining(context: GraphContext, x: GraphTensor, { gamma, beta }: BatchNormWeights<GraphTensor>, epsilon: number) {
  const { builder, tape } = context;
  const images = asImages(context, x);
  const channels = { sides: gamma.sides, dtype: x.dtype };
  const attrs = { T: attr.type(x.dtype), U: attr.type(x.dtype), epsilon: attr.float(epsilon), is_training: attr.bool(true) };
  const none = builder.constant([], [0], x.dtype);
  const outputs = [{ sides: images.sides, dtype: x.dtype }, channels, channels, channels, channels, channels];
  const [y, mean, variance, ...reserved] = builder.add({ op: 'FusedBatchNormV3', inputs: [images, gamma, beta, none, none], attrs, outputs }) as [GraphTensor, GraphTensor, GraphTensor, ...GraphTensor[]];
  const result = reshapeTo(context, y, x.sides);
  let gradients: GraphTensor[] | undefined;
  const gradient = (dy: GraphTensor, at: number): GraphTensor => {
    gradients ??= builder.add({
      op: 'FusedBatchNormGradV3',
      inputs: [reshapeTo(context, dy, images.sides), images, gamma, ...reserved],
      attrs,
      outputs: [{ sides: images.sides, dtype: x.dtype }, channels, channels, channels, channels],
    });
    return gradients[at] as GraphTensor;
  };
  tape.record([x, gamma, beta], result, [(dy) => reshapeTo(context, gradient(dy, 0), x.sides), (dy) => gradient(dy, 1), (dy) => gradient(dy, 2)]);
  return { y: result, mean, variance: binary(context, 'Mul', variance, populationFactor(context, images)) };
}

function fusedInference(context: GraphContext, x: GraphTensor, weights: BatchNormWeights<GraphTensor> & { mean: GraphTensor; variance: GraphTensor }, epsilon: number): GraphTensor {
  const images = asImages(context, x);
  const channels = { sides: weights.gamma.sides, dtype: x.dtype };
  const attrs = { T: attr.type(x.dtype), U: attr.type(x.dtype), epsilon: attr.float(epsilon), is_training: attr.bool(false) };
  const inputs = [images, weights.gamma, weights.beta, weights.mean, weights.variance];
  const outputs = [{ sides: images.sides, dtype: x.dtype }, channels, channels, channels, channels, channels];
  const [y] = context.builder.add({ op: 'FusedBatchNormV3', inputs, attrs, outputs });
  return reshapeTo(context, y as GraphTensor, x.sides);
}

export function normalisationOps(context: GraphContext, ops: Arithmetic): NormalisationOps<GraphTensor> {
  const canFuse = (epsilon: number): boolean => context.float === 'float32' && epsilon >= LEAST_FUSED_EPSILON;
  const composed: NormalisationOps<GraphTensor>['batchNormInference'] = (x, { gamma, beta, mean, variance }, epsilon) => {
    const factor = ops.mul(gamma, ops.rsqrt(ops.shift(variance, epsilon)));
    return ops.add(ops.mul(ops.sub(x, mean), factor), beta);
  };
  return {
    batchNormTraining(x, weights, epsilon) {
      if (canFuse(epsilon)) return fusedTraining(context, x, weights, epsilon);
      const mean = ops.mean(x, leadingAxes(x.sides));
      const variance = ops.mean(ops.square(ops.sub(x, mean)), leadingAxes(x.sides));
      return { y: composed(x, { ...weights, mean, variance }, epsilon), mean, variance };
    },
    batchNormInference: (x, weights, epsilon) =>
      canFuse(epsilon) && !context.tape.isRecording ? fusedInference(context, x, weights, epsilon) : composed(x, weights, epsilon),
  };
}
