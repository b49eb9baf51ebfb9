import type { HyperParameters } from '#core/graph/hyper-parameters';
import type { Ops } from '../ops/ops.ts';

/**
 * Gradients made small enough to be followed: all scaled together so that their common norm, √Σg² over every value of every
 * weight, is at most `clipNorm`; or each value cut off at ± `clipValue`; or as they are.
 */
export function clipGradients<T>(ops: Ops<T>, gradients: readonly T[], { clipNorm, clipValue }: Pick<HyperParameters, 'clipNorm' | 'clipValue'>): readonly T[] {
  const [first, ...rest] = gradients;
  if (first === undefined) return gradients;
  if (clipNorm !== undefined) {
    const squares = (gradient: T): T => ops.sum(ops.square(gradient));
    const norm = ops.sqrt(rest.reduce((sum, gradient) => ops.add(sum, squares(gradient)), squares(first)));
    const limit = ops.constant(clipNorm);
    const factor = ops.div(limit, ops.maximum(norm, limit));
    return gradients.map((gradient) => ops.mul(gradient, factor));
  }
  if (clipValue === undefined) return gradients;
  const [low, high] = [ops.constant(-clipValue), ops.constant(clipValue)];
  return gradients.map((gradient) => ops.minimum(ops.maximum(gradient, low), high));
}
