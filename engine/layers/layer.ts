import type { Shape } from '#core/graph/schema';
import type { Ops } from '../ops/ops.ts';

/**
 * How a weight starts: `glorot` is even over ±sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010), `uniform` over ±limit.
 * `orthogonal`: rows of length 1 at right angles to each other (Saxe and others 2014). `block`: equal parts of one value
 * each.
 */
export type Initialiser =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  | { readonly kind: 'glorot'; readonly fanIn: number; readonly fanOut: number }
  | { readonly kind: 'uniform'; readonly limit: number }
  | { readonly kind: 'orthogonal' }
  | { readonly kind: 'block'; readonly blocks: readonly number[] };

/** One weight of a layer. Its full name is `<layer id>.<name>`. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly initialiser: Initialiser;
  /** Weights that are not trainable belong to the layer (moving statistics). */
  readonly trainable: boolean;
}

/** What a layer sees while it runs on one batch, whatever the backend; tensors have the batch dimension first. */
export interface LayerCall<T> {
  readonly ops: Ops<T>;
  /** What the layers before it gave, in the order of the graph's edges; DataInput gets the batch itself. */
  readonly inputs: readonly T[];
  readonly training: boolean;
  /** A weight by the name that its spec has. */
  weight(name: string): T;
  /** Replaces a weight that is not trainable, once the step is done; called at most once a weight. */
  updateWeight(name: string, value: T): void;
  /**
   * Even random numbers of [0, 1), as many as `like` has, in its shape: they belong to this layer and step alone. A layer
   * that draws twice names its draws.
   */
  uniform(like: T, draw?: string): T;
}

/** The code of one layer type. It keeps nothing between calls. */
export interface RuntimeLayer<Node> {
  /** `inputs`: shapes of one sample, without the batch dimension. */
  weights(node: Node, inputs: readonly Shape[]): readonly WeightSpec[];
  forward<T>(node: Node, call: LayerCall<T>): T;
}

/** For layers without weights. */
export const noWeights = (): readonly WeightSpec[] => [];

/** The one input of a layer that takes one. */
export function onlyInput<T>({ inputs }: Pick<LayerCall<T>, 'inputs'>): T {
  const [x] = inputs;
  if (x === undefined) throw new TypeError('a layer without its input');
  return x;
}
