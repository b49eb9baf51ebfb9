/**
 * Random acyclic models over all layers, by seed: they branch, skip and merge, and each begins with an image, a sequence,
 * a row of features or a row of indices.
 */
import { sizeOf } from '#core/graph/layers/layer-spec';
import type { LayerType, Shape } from '#core/graph/schema';
import { randomStream, type RandomStream } from '#engine/data/random';

interface RawNode {
  readonly id: string;
  readonly type: LayerType;
  readonly params: Record<string, unknown>;
}

export interface RandomGraph {
  readonly version: 1;
  readonly nodes: RawNode[];
  readonly edges: { readonly from: string; readonly to: string; readonly order?: number }[];
}

interface Place {
  readonly id: string;
  readonly shape: Shape;
}

interface Grown {
  readonly type: LayerType;
  readonly params?: Record<string, unknown>;
  readonly shape: Shape;
  /** Further inputs of a layer that merges. */
  readonly also?: readonly Place[];
}

/** Bounds a model to what is computed within milliseconds. */
const MAX_VALUES = 600;
/** Indices are below this. */
const VOCABULARY = 11;
const SAME_SHAPE: readonly Grown['type'][] = ['ReLU', 'GELU', 'Sigmoid', 'Tanh', 'Softmax', 'BatchNorm', 'LayerNorm', 'Dropout'];

class Builder {
  readonly #nodes: RawNode[] = [];
  readonly #edges: RandomGraph['edges'] = [];
  readonly #places: Place[] = [];
  /** Places that nothing follows yet. */
  readonly #tips = new Set<Place>();
  readonly #random: RandomStream;

  constructor(random: RandomStream) {
    this.#random = random;
  }

  build(): RandomGraph {
    this.#begin();
    const layers = this.#between(4, 12);
    for (let layer = 0; layer < layers; layer++) this.#grow(this.#from());
    this.#finish();
    return { version: 1, nodes: this.#nodes, edges: this.#edges };
  }

  #between(low: number, high: number): number {
    return low + this.#random.nextBelow(high - low + 1);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.nextBelow(items.length)] as T;
  }

  /** Mostly where nothing follows yet; now and then a branch from somewhere before. */
  #from(): Place {
    const isBranch = this.#tips.size < 3 && this.#random.nextBelow(4) === 0;
    return this.#pick(isBranch ? this.#places : [...this.#tips]);
  }

  #put(from: readonly Place[], { type, params = {}, shape }: Grown): Place {
    const place = { id: `${type.toLowerCase()}${this.#nodes.length}`, shape };
    this.#nodes.push({ id: place.id, type, params });
    for (const [order, { id }] of from.entries()) this.#edges.push({ from: id, to: place.id, ...(from.length > 1 ? { order } : {}) });
    for (const fed of from) this.#tips.delete(fed);
    this.#tips.add(place);
    this.#places.push(place);
    return place;
  }

  #begin(): void {
    const side = (): number => this.#between(4, 8);
    const shape = this.#pick<Shape>([[side(), side(), this.#between(1, 3)], [side(), this.#between(2, 5)], [side() * 2], [side()]]);
    const isOfIndices = shape.length === 1 && this.#random.nextBelow(2) === 0;
    const input = this.#put([], { type: 'DataInput', params: isOfIndices ? { shape, dtype: 'int32' } : { shape }, shape });
    if (!isOfIndices) return;
    const units = this.#between(2, 5);
    this.#put([input], { type: 'Embedding', params: { vocabulary: VOCABULARY, units }, shape: [...shape, units] });
    // Nothing else may read indices.
    this.#places.shift();
  }

  #grow(from: Place): void {
    const choices: (() => Grown | undefined)[] = [() => ({ type: this.#pick(SAME_SHAPE), shape: from.shape }), () => this.#merge(from)];
    if (from.shape.length === 3) choices.push(() => this.#overImage(from.shape), () => this.#overImage(from.shape), () => this.#flattened(from.shape));
    if (from.shape.length === 2) choices.push(() => this.#overSequence(from.shape), () => this.#overSequence(from.shape), () => this.#flattened(from.shape));
    if (from.shape.length === 1) choices.push(() => this.#overRow(from.shape), () => this.#overRow(from.shape));
    const grown = this.#pick(choices)();
    if (grown === undefined || sizeOf(grown.shape) > MAX_VALUES) return;
    this.#put([from, ...(grown.also ?? [])], grown.type === 'Dropout' ? { ...grown, params: { rate: 0.25 } } : grown);
  }

  #merge(from: Place): Grown | undefined {
    const isAdd = this.#random.nextBelow(2) === 0;
    const fits = (other: Place): boolean => {
      const shared = isAdd ? from.shape.length : from.shape.length - 1;
      return other !== from && other.shape.length === from.shape.length && other.shape.slice(0, shared).every((side, at) => side === from.shape[at]);
    };
    const partners = this.#places.filter(fits);
    if (partners.length === 0) return undefined;
    const also = [this.#pick(partners)];
    if (isAdd) return { type: 'Add', shape: from.shape, also };
    const channels = [from, ...also].reduce((sum, { shape }) => sum + (shape.at(-1) ?? 0), 0);
    return { type: 'Concat', params: { axis: -1 }, shape: [...from.shape.slice(0, -1), channels], also };
  }

  #overImage([height = 1, width = 1, channels = 1]: Shape): Grown {
    const type = this.#pick<'Conv2D' | 'DepthwiseConv2D' | 'MaxPool' | 'AvgPool'>(['Conv2D', 'DepthwiseConv2D', 'MaxPool', 'AvgPool']);
    const size = [this.#between(1, Math.min(3, height)), this.#between(1, Math.min(3, width))] as const;
    const stride = this.#between(1, 2);
    const padding = this.#pick(['same', 'valid'] as const);
    const after = (side: number, window: number): number => (padding === 'same' ? Math.ceil(side / stride) : Math.floor((side - window) / stride) + 1);
    const sides = [after(height, size[0]), after(width, size[1])];
    if (type === 'Conv2D') {
      const filters = this.#between(1, 6);
      return { type, params: { filters, kernelSize: size, strides: stride, padding }, shape: [...sides, filters] };
    }
    if (type === 'DepthwiseConv2D') {
      const depthMultiplier = this.#between(1, 2);
      return { type, params: { depthMultiplier, kernelSize: size, strides: stride, padding }, shape: [...sides, channels * depthMultiplier] };
    }
    return { type, params: { poolSize: size, strides: stride, padding }, shape: [...sides, channels] };
  }

  #overSequence([steps = 1, features = 1]: Shape): Grown {
    const type = this.#pick<'Conv1D' | 'Linear' | 'LSTM' | 'GRU' | 'MultiHeadAttention'>(['Conv1D', 'Linear', 'LSTM', 'GRU', 'MultiHeadAttention']);
    const units = this.#between(2, 6);
    if (type === 'Linear') return { type, params: { units }, shape: [steps, units] };
    if (type === 'MultiHeadAttention') {
      const params = { heads: this.#between(1, 3), keyDim: this.#between(1, 4), causal: this.#random.nextBelow(2) === 0 };
      return { type, params, shape: [steps, features] };
    }
    if (type === 'Conv1D') {
      const [kernelSize, strides] = [this.#between(1, Math.min(3, steps)), this.#between(1, 2)];
      const isSame = this.#random.nextBelow(2) === 0;
      const left = isSame ? Math.ceil(steps / strides) : Math.floor((steps - kernelSize) / strides) + 1;
      return { type, params: { filters: units, kernelSize, strides, padding: isSame ? 'same' : 'valid' }, shape: [left, units] };
    }
    const returnSequences = this.#random.nextBelow(2) === 0;
    return { type, params: { units, returnSequences }, shape: returnSequences ? [steps, units] : [units] };
  }

  #overRow([features = 1]: Shape): Grown {
    const half = features / 2;
    if (Number.isInteger(half) && this.#random.nextBelow(3) === 0) return { type: 'Reshape', params: { shape: [half, 2] }, shape: [half, 2] };
    const units = this.#between(2, 10);
    return { type: 'Linear', params: { units }, shape: [units] };
  }

  #flattened(shape: Shape): Grown {
    const channels = shape.at(-1) ?? 1;
    const type = this.#pick<'Flatten' | 'GlobalAvgPool' | 'Reshape'>(['Flatten', 'GlobalAvgPool', 'Reshape']);
    if (type === 'Reshape') return { type, params: { shape: [-1, channels] }, shape: [sizeOf(shape) / channels, channels] };
    return { type, shape: [type === 'Flatten' ? sizeOf(shape) : channels] };
  }

  /** Brings all ends together into one row of scores. */
  #finish(): void {
    const rows = [...this.#tips].map((tip) => (tip.shape.length === 1 ? tip : this.#put([tip], { type: 'Flatten', shape: [sizeOf(tip.shape)] })));
    const total = rows.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const [first] = rows;
    const joined = rows.length > 1 ? this.#put(rows, { type: 'Concat', params: { axis: -1 }, shape: [total] }) : first!;
    const classes = this.#between(2, 7);
    const scores = this.#put([joined], { type: 'Linear', params: { units: classes }, shape: [classes] });
    this.#put([scores], { type: 'Output', params: { classes }, shape: [classes] });
  }
}

/** The same model for the same numbers. It has passed no check yet: give it to `parseGraph`. */
export function randomGraph(seed: number, index: number): RandomGraph {
  return new Builder(randomStream(seed, 'random-graph', index)).build();
}
