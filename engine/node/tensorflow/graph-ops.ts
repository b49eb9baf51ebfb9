import type { Ops } from '../../ops/ops.ts';
import type { GraphTensor } from './graph-builder.ts';
import { arithmeticOps } from './ops/arithmetic.ts';
import { choiceOps } from './ops/choice.ts';
import type { GraphContext } from './ops/context.ts';
import { inHalfPrecision } from './ops/half-precision.ts';
import { linearAlgebraOps } from './ops/linear-algebra.ts';
import { lossOps } from './ops/loss.ts';
import { normalisationOps } from './ops/normalisation.ts';
import { reductionOps } from './ops/reduction.ts';
import { shapeOps } from './ops/shape.ts';

/** The operations as nodes of a TensorFlow graph. While the context's tape records, each notes its gradient there. */
export function graphOps(context: GraphContext): Ops<GraphTensor> {
  const arithmetic = arithmeticOps(context);
  const reductions = reductionOps(context);
  const products = linearAlgebraOps(context);
  return {
    ...arithmetic,
    ...choiceOps(context),
    ...reductions,
    ...shapeOps(context),
    ...products,
    ...(context.isMixed === true ? inHalfPrecision(context, products) : {}),
    ...normalisationOps(context, { ...arithmetic, ...reductions }),
    ...lossOps(context),
  };
}
