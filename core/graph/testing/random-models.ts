import { LAYER_TYPES } from '../layers/table.ts';
import type { LayerType } from '../schema.ts';
import type { RawGraph, RawNode } from './graphs.ts';

/** Numbers from a seed alone: SplitMix-like, good enough to choose layers with. */
function chooser(seed: number): { below: (bound: number) => number; pick: <T>(choices: readonly T[]) => T } {
  let state = (seed * 0x9e3779b9 + 0x7f4a7c15) >>> 0;
  function below(bound: number): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }
  return { below, pick: (choices) => choices[below(choices.length)] as (typeof choices)[number] };
}

interface Open {
  readonly id: string;
  readonly shape: readonly number[];
}

const sameShape = (a: Open, b: Open): boolean => a.shape.join() === b.shape.join();

/** Grows one model: tensors that nothing takes yet stay open until the end ties them together. */
class Grower {
  readonly nodes: RawNode[] = [];
  readonly edges: RawGraph['edges'] = [];
  readonly #choose: ReturnType<typeof chooser>;
  readonly #open = new Map<string, Open>();
  /** All that was put out, taken already or not: a tensor may feed several layers. */
  readonly #all: Open[] = [];

  constructor(seed: number) {
    this.#choose = chooser(seed);
  }

  put(type: LayerType, params: Record<string, unknown>, from: readonly Open[], shape: readonly number[]): Open {
    // Ids in no order of their own, so that nothing leans on them.
    const id = `${'qwertzuiop'.charAt(this.#choose.below(10))}${this.nodes.length}-${type.toLowerCase()}`;
    this.nodes.push({ id, type, params });
    for (const [order, source] of from.entries()) {
      this.edges.push({ from: source.id, to: id, ...(from.length > 1 ? { order } : {}) });
      this.#open.delete(source.id);
    }
    const made = { id, shape };
    this.#open.set(id, made);
    this.#all.push(made);
    return made;
  }

  start(): void {
    const { below, pick } = this.#choose;
    const kind = pick(['image', 'sequence', 'flat', 'indices']);
    if (kind === 'image') this.put('DataInput', { shape: [6 + below(3), 5 + below(4), 1 + below(3)] }, [], [0, 0, 0]);
    if (kind === 'sequence') this.put('DataInput', { shape: [3 + below(4), 2 + below(4)] }, [], [0, 0]);
    if (kind === 'flat') this.put('DataInput', { shape: [4 + below(8)] }, [], [0]);
    if (kind === 'indices') this.put('DataInput', { shape: [3 + below(4)], dtype: 'int32' }, [], [0]);
    const input = { id: this.nodes[0]?.id ?? '', shape: this.nodes[0]?.params['shape'] as number[] };
    this.#open.set(input.id, input);
    this.#all[0] = input;
    if (kind !== 'indices') return;
    const units = 2 + below(4);
    this.put('Embedding', { vocabulary: 5 + below(6), units }, [input], [...input.shape, units]);
    this.#all.shift();
  }

  grow(): void {
    const { below, pick } = this.#choose;
    const from = pick(this.#all);
    if (this.#all.length > 1 && below(4) === 0) return this.#merge(from);
    const grown = below(3) === 0 ? this.#anywhere(from) : [this.#image, this.#sequence, this.#flat][3 - from.shape.length]?.call(this, from);
    return grown;
  }

  #merge(from: Open): void {
    const others = this.#all.filter((other) => other !== from && other.shape.length === from.shape.length);
    const alike = others.filter((other) => sameShape(other, from));
    if (alike.length > 0 && this.#choose.below(2) === 0) {
      const parts = this.#choose.below(3) === 0 ? [from, ...alike.slice(0, 2)] : [this.#choose.pick(alike), from];
      this.put('Add', {}, parts, from.shape);
      return;
    }
    const beside = others.filter((other) => other.shape.slice(0, -1).join() === from.shape.slice(0, -1).join());
    if (beside.length === 0) return;
    const parts = [from, this.#choose.pick(beside)];
    const last = parts.reduce((sum, part) => sum + (part.shape.at(-1) ?? 0), 0);
    this.put('Concat', {}, parts, [...from.shape.slice(0, -1), last]);
  }

  /** Layers that take any shape and keep it. */
  #anywhere(from: Open): void {
    const { pick } = this.#choose;
    const [type, params] = pick<readonly [LayerType, Record<string, unknown>]>([
      ['ReLU', {}], ['GELU', {}], ['GELU', { approximate: true }], ['Sigmoid', {}], ['Tanh', {}], ['Softmax', {}],
      ['BatchNorm', {}], ['LayerNorm', {}], ['Dropout', { rate: 0.25 }],
    ]);
    this.put(type, params, [from], from.shape);
  }

  #image(from: Open): void {
    const { below, pick } = this.#choose;
    const [height = 1, width = 1, channels = 1] = from.shape;
    const [stride, filters, poolSize] = [1 + below(2), 1 + below(4), 2 + below(2)];
    const kernelSize = [1 + below(3), 1 + below(3)];
    const shrunk = (by: number): number[] => [Math.ceil(height / by), Math.ceil(width / by)];
    switch (pick(['conv', 'depthwise', 'max', 'avg', 'global', 'reshape'])) {
      case 'conv':
        return void this.put('Conv2D', { filters, kernelSize, strides: stride, padding: 'same' }, [from], [...shrunk(stride), filters]);
      case 'depthwise':
        return void this.put('DepthwiseConv2D', { depthMultiplier: stride, kernelSize, padding: 'same' }, [from], [height, width, channels * stride]);
      case 'max':
        return void this.put('MaxPool', { poolSize, padding: 'same' }, [from], [...shrunk(poolSize), channels]);
      case 'avg':
        return void this.put('AvgPool', { poolSize, strides: stride, padding: 'same' }, [from], [...shrunk(stride), channels]);
      case 'global':
        return void this.put('GlobalAvgPool', {}, [from], [channels]);
      default:
        return void this.put('Reshape', { shape: [-1, channels] }, [from], [height * width, channels]);
    }
  }

  #sequence(from: Open): void {
    const { below, pick } = this.#choose;
    const [steps = 1, features = 1] = from.shape;
    const units = 2 + below(4);
    switch (pick(['conv', 'lstm', 'gru', 'attention', 'linear', 'flatten', 'last'])) {
      case 'conv': {
        const kernelSize = 1 + below(Math.min(3, steps));
        return void this.put('Conv1D', { filters: units, kernelSize }, [from], [steps - kernelSize + 1, units]);
      }
      case 'lstm':
        return void this.put('LSTM', { units, returnSequences: true }, [from], [steps, units]);
      case 'gru':
        return void this.put('GRU', { units, returnSequences: true }, [from], [steps, units]);
      case 'attention':
        return void this.put('MultiHeadAttention', { heads: 1 + below(3), keyDim: 1 + below(4), causal: below(2) === 0 }, [from], from.shape);
      case 'linear':
        return void this.put('Linear', { units }, [from], [steps, units]);
      case 'last':
        return void this.put(pick(['LSTM', 'GRU']), { units }, [from], [units]);
      default:
        return void this.put('Flatten', {}, [from], [steps * features]);
    }
  }

  #flat(from: Open): void {
    const units = 2 + this.#choose.below(6);
    const [features = 1] = from.shape;
    if (features % 2 === 0 && this.#choose.below(4) === 0) return void this.put('Reshape', { shape: [features / 2, 2] }, [from], [features / 2, 2]);
    this.put('Linear', { units }, [from], [units]);
  }

  finish(classes: number, loss: string): void {
    const rows = [...this.#open.values()].map((open) => {
      if (open.shape.length === 1) return open;
      const size = open.shape.reduce((a, b) => a * b, 1);
      return this.put('Flatten', {}, [open], [size]);
    });
    const width = rows.reduce((sum, row) => sum + (row.shape[0] ?? 0), 0);
    const all = rows.length === 1 ? (rows[0] as Open) : this.put('Concat', {}, rows, [width]);
    this.put('Output', { loss }, [this.put('Linear', { units: classes }, [all], [classes])], [classes]);
  }
}

export interface RandomModel {
  readonly seed: number;
  readonly raw: RawGraph;
}

/** A small model of any layers, wired in any acyclic way: a function of its seed. */
export function randomModel(seed: number, loss = 'crossEntropy'): RandomModel {
  const grower = new Grower(seed);
  grower.start();
  const { below } = chooser(seed ^ 0x5bd1e995);
  const layers = 2 + below(9);
  for (let i = 0; i < layers; i++) grower.grow();
  grower.finish(2 + below(4), loss);
  return { seed, raw: { version: 1, nodes: grower.nodes, edges: grower.edges } };
}

/** The layer types that some of these models have: to see that a set of them leaves none out. */
export function typesIn(models: readonly RandomModel[]): ReadonlySet<LayerType> {
  const types = models.flatMap(({ raw }) => raw.nodes.map(({ type }) => type));
  return new Set(LAYER_TYPES.filter((type) => types.includes(type)));
}
