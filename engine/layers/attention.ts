import type { NodeOf } from '#core/graph/schema';
import type { Ops } from '../ops/ops.ts';
import { onlyInput, type LayerCall, type RuntimeLayer, type WeightSpec } from './layer.ts';
import { project } from './per-step.ts';

/** Added to the score of a step that must not be seen: its share becomes exactly 0. */
const UNSEEN = -1e9;

/** [steps, steps]: row is who looks, column is what is looked at. */
function causalMask<T>(ops: Ops<T>, steps: number): T {
  const values = Float32Array.from({ length: steps * steps }, (_, at) => (at % steps > Math.floor(at / steps) ? UNSEEN : 0));
  return ops.constant(values, [steps, steps]);
}

interface Heads {
  readonly steps: number;
  readonly features: number;
  readonly heads: number;
  readonly keyDim: number;
}

/** x·W + b, laid out [batch, heads, steps, keyDim]. */
function perHead<T>(call: LayerCall<T>, x: T, name: string, { steps, features, heads, keyDim }: Heads): T {
  const { ops } = call;
  const kernel = ops.reshape(call.weight(`${name}Kernel`), [features, heads * keyDim]);
  const bias = ops.reshape(call.weight(`${name}Bias`), [heads * keyDim]);
  return ops.transpose(ops.reshape(project(ops, x, kernel, bias), [-1, steps, heads, keyDim]), [0, 2, 1, 3]);
}

export const multiHeadAttention: RuntimeLayer<NodeOf<'MultiHeadAttention'>> = {
  weights({ params: { heads, keyDim } }, [input = []]) {
    const features = input.at(-1) ?? 1;
    const inner = heads * keyDim;
    const inward = ['query', 'key', 'value'].flatMap((name): WeightSpec[] => [
      { name: `${name}Kernel`, shape: [features, heads, keyDim], initialiser: { kind: 'glorot', fanIn: features, fanOut: inner }, trainable: true },
      { name: `${name}Bias`, shape: [heads, keyDim], initialiser: { kind: 'zeros' }, trainable: true },
    ]);
    return [
      ...inward,
      { name: 'outputKernel', shape: [heads, keyDim, features], initialiser: { kind: 'glorot', fanIn: inner, fanOut: features }, trainable: true },
      { name: 'outputBias', shape: [features], initialiser: { kind: 'zeros' }, trainable: true },
    ];
  },
  forward({ params: { heads, keyDim, causal } }, call) {
    const { ops } = call;
    const x = onlyInput(call);
    const [, steps = 1, features = 1] = ops.sidesOf(x);
    const sizes = { steps, features, heads, keyDim };
    const query = ops.scale(perHead(call, x, 'query', sizes), 1 / Math.sqrt(keyDim));
    const scores = ops.matMul(query, perHead(call, x, 'key', sizes), { transposeB: true });
    const shares = ops.softmax(causal ? ops.add(scores, causalMask(ops, steps)) : scores);
    const mixed = ops.transpose(ops.matMul(shares, perHead(call, x, 'value', sizes)), [0, 2, 1, 3]);
    const kernel = ops.reshape(call.weight('outputKernel'), [heads * keyDim, features]);
    return project(ops, ops.reshape(mixed, [-1, steps, heads * keyDim]), kernel, call.weight('outputBias'));
  },
};
