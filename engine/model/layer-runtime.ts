import type { Shape } from '#core/graph/schema';
import type { Tensor, Tf } from '../backend.ts';

/** How a weight starts: `glorot` is even over ±sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
export type Initialiser =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  | { readonly kind: 'glorot'; readonly fanIn: number; readonly fanOut: number };

/** One weight of a layer. Its full name is `<layer id>.<name>`. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly initialiser: Initialiser;
  /** Weights that are not trainable belong to the layer (moving statistics). */
  readonly trainable: boolean;
}

/** What a layer sees while it runs on one batch; shapes have the batch dimension first. */
export interface LayerCall {
  readonly tf: Tf;
  readonly x: Tensor;
  readonly training: boolean;
  readonly weight: (name: string) => Tensor;
  /** Replaces a weight that is not trainable, once the step is done. */
  readonly updateWeight: (name: string, value: Tensor) => void;
  /** Even random numbers of [0, 1) that belong to this layer and step alone. */
  readonly uniform: (shape: readonly number[]) => Tensor;
}

export interface RuntimeLayer {
  readonly weights: readonly WeightSpec[];
  apply(call: LayerCall): Tensor;
}
