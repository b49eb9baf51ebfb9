import { sizeOf } from '#core/graph/layers/layer-spec';
import type { LayerFacts } from '#core/graph/shapes';
import type { NodeOf, Shape } from '#core/graph/schema';
import type { Tensor4D } from '../backend.ts';
import type { LayerCall, RuntimeLayer, WeightSpec } from './layer-runtime.ts';

const trainable = { trainable: true } as const;

function conv2D({ params }: NodeOf<'Conv2D'>, input: Shape): RuntimeLayer {
  const { filters, strides, padding } = params;
  const [height, width] = params.kernelSize;
  const channels = input.at(-1) ?? 1;
  const area = height * width;
  return {
    weights: [
      { name: 'kernel', shape: [height, width, channels, filters], initialiser: { kind: 'glorot', fanIn: area * channels, fanOut: area * filters }, ...trainable },
      { name: 'bias', shape: [filters], initialiser: { kind: 'zeros' }, ...trainable },
    ],
    apply({ tf, x, weight }) {
      const convolved = tf.conv2d(x as Tensor4D, weight('kernel') as Tensor4D, [strides[0], strides[1]], padding);
      return tf.add(convolved, weight('bias'));
    },
  };
}

function maxPool({ params }: NodeOf<'MaxPool'>): RuntimeLayer {
  const { poolSize, strides, padding } = params;
  return {
    weights: [],
    apply: ({ tf, x }) => tf.maxPool(x as Tensor4D, [poolSize[0], poolSize[1]], [strides[0], strides[1]], padding),
  };
}

function linear({ params }: NodeOf<'Linear'>, input: Shape): RuntimeLayer {
  const features = sizeOf(input);
  const { units } = params;
  return {
    weights: [
      { name: 'kernel', shape: [features, units], initialiser: { kind: 'glorot', fanIn: features, fanOut: units }, ...trainable },
      { name: 'bias', shape: [units], initialiser: { kind: 'zeros' }, ...trainable },
    ],
    apply: ({ tf, x, weight }) => tf.add(tf.matMul(x, weight('kernel')), weight('bias')),
  };
}

function batchNorm({ params }: NodeOf<'BatchNorm'>, input: Shape): RuntimeLayer {
  const { momentum, epsilon } = params;
  const shape = [input.at(-1) ?? 1];
  const weight = (name: string, kind: 'zeros' | 'ones', isTrainable: boolean): WeightSpec => ({ name, shape, initialiser: { kind }, trainable: isTrainable });
  return {
    weights: [weight('gamma', 'ones', true), weight('beta', 'zeros', true), weight('movingMean', 'zeros', false), weight('movingVariance', 'ones', false)],
    apply(call) {
      const { tf, x } = call;
      const [gamma, beta] = [call.weight('gamma'), call.weight('beta')] as const;
      const [movingMean, movingVariance] = [call.weight('movingMean'), call.weight('movingVariance')] as const;
      if (!call.training) return normalise(call, movingMean, movingVariance);
      const axes = x.shape.map((_, axis) => axis).slice(0, -1);
      const { mean, variance } = tf.moments(x, axes);
      const moved = (old: typeof mean, now: typeof mean): typeof mean => tf.add(tf.mul(old, momentum), tf.mul(now, 1 - momentum));
      call.updateWeight('movingMean', moved(movingMean, mean));
      call.updateWeight('movingVariance', moved(movingVariance, variance));
      return normalise(call, mean, variance);

      function normalise({ tf: ops, x: value }: LayerCall, centre: typeof mean, spread: typeof mean): typeof mean {
        // Plain arithmetic, since the fused operation's gradient leaves out that mean and variance depend on x.
        const scale = ops.mul(gamma, ops.rsqrt(ops.add(spread, epsilon)));
        return ops.add(ops.mul(ops.sub(value, centre), scale), beta);
      }
    },
  };
}

function dropout({ params }: NodeOf<'Dropout'>): RuntimeLayer {
  const { rate } = params;
  return {
    weights: [],
    apply({ tf, x, training, uniform }) {
      if (!training || rate === 0) return x;
      const kept = tf.cast(tf.greaterEqual(uniform(x.shape), rate), 'float32');
      return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
    },
  };
}

const unchanged: RuntimeLayer = { weights: [], apply: ({ x }) => x };

/** The code that runs one layer. `followers` are the types of the layers that take its output. */
export function runtimeLayer({ node, input }: LayerFacts, followers: readonly string[]): RuntimeLayer {
  switch (node.type) {
    case 'Conv2D':
      return conv2D(node, input);
    case 'MaxPool':
      return maxPool(node);
    case 'Linear':
      return linear(node, input);
    case 'BatchNorm':
      return batchNorm(node, input);
    case 'Dropout':
      return dropout(node);
    case 'ReLU':
      return { weights: [], apply: ({ tf, x }) => tf.relu(x) };
    case 'Flatten':
      return { weights: [], apply: ({ tf, x }) => tf.reshape(x, [x.shape[0] ?? 0, sizeOf(input)]) };
    case 'Softmax':
      // Output works on scores and applies softmax itself: one right before it stands for that one.
      return followers.every((type) => type === 'Output') ? unchanged : { weights: [], apply: ({ tf, x }) => tf.softmax(x) };
    case 'DataInput':
    case 'Output':
      return unchanged;
  }
}
