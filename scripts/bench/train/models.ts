import type { HyperParameters } from '#core/graph/hyper-parameters';
import { parseGraph } from '#core/graph/parse';
import type { ModelGraph } from '#core/graph/schema';

export const BENCH_MODELS = ['MLP', 'LeNet', 'small ResNet', 'LSTM'] as const;
export type BenchModelName = (typeof BENCH_MODELS)[number];

type Params = Record<string, unknown>;

/** Writes a graph down layer by layer; every call gives the id of its layer. */
class Sketch {
  readonly #nodes: { id: string; type: string; params: Params }[] = [];
  readonly #edges: { from: string; to: string }[] = [];

  layer(type: string, params: Params, ...from: string[]): string {
    const id = `${type.toLowerCase()}${this.#nodes.length}`;
    this.#nodes.push({ id, type, params });
    for (const source of from) this.#edges.push({ from: source, to: id });
    return id;
  }

  /** Layers one after the other; the id of the last. */
  row(from: string, ...layers: readonly (readonly [type: string, params?: Params])[]): string {
    return layers.reduce((last, [type, params = {}]) => this.layer(type, params, last), from);
  }

  graph(): ModelGraph {
    return parseGraph({ version: 1, nodes: this.#nodes, edges: this.#edges });
  }
}

const OUTPUT = ['Output', { classes: 10 }] as const;

function mlp(): ModelGraph {
  const sketch = new Sketch();
  sketch.row(sketch.layer('DataInput', { shape: [784] }), ['Linear', { units: 256 }], ['ReLU'], ['Linear', { units: 128 }], ['ReLU'], ['Linear', { units: 10 }], OUTPUT);
  return sketch.graph();
}

/** LeCun, Bottou, Bengio, Haffner 1998, with rectifiers and largest-value pooling as it is built today. */
function leNet(): ModelGraph {
  const sketch = new Sketch();
  sketch.row(
    sketch.layer('DataInput', { shape: [28, 28, 1] }),
    ['Conv2D', { filters: 6, kernelSize: 5, padding: 'same' }],
    ['ReLU'],
    ['MaxPool', { poolSize: 2 }],
    ['Conv2D', { filters: 16, kernelSize: 5 }],
    ['ReLU'],
    ['MaxPool', { poolSize: 2 }],
    ['Flatten'],
    ['Linear', { units: 120 }],
    ['ReLU'],
    ['Linear', { units: 84 }],
    ['ReLU'],
    ['Linear', { units: 10 }],
    OUTPUT,
  );
  return sketch.graph();
}

/** One block in each of three stages, as in He, Zhang, Ren, Sun 2016 for small images. */
function smallResNet(): ModelGraph {
  const sketch = new Sketch();
  let at = sketch.row(sketch.layer('DataInput', { shape: [32, 32, 3] }), ['Conv2D', { filters: 16, padding: 'same' }], ['BatchNorm'], ['ReLU']);
  for (const [filters, strides] of [[16, 1], [32, 2], [64, 2]] as const) {
    const main = sketch.row(at, ['Conv2D', { filters, strides, padding: 'same' }], ['BatchNorm'], ['ReLU'], ['Conv2D', { filters, padding: 'same' }], ['BatchNorm']);
    const short = strides === 1 ? at : sketch.row(at, ['Conv2D', { filters, strides, kernelSize: 1, padding: 'same' }], ['BatchNorm']);
    at = sketch.row(sketch.layer('Add', {}, main, short), ['ReLU']);
  }
  sketch.row(at, ['GlobalAvgPool'], ['Linear', { units: 10 }], OUTPUT);
  return sketch.graph();
}

/** An image read row by row. */
function lstm(): ModelGraph {
  const sketch = new Sketch();
  sketch.row(sketch.layer('DataInput', { shape: [28, 28] }), ['LSTM', { units: 64 }], ['Linear', { units: 10 }], OUTPUT);
  return sketch.graph();
}

const MAKERS: { readonly [N in BenchModelName]: () => ModelGraph } = { MLP: mlp, LeNet: leNet, 'small ResNet': smallResNet, LSTM: lstm };

export function benchModel(name: BenchModelName): ModelGraph {
  return MAKERS[name]();
}

export function benchSettings(batchSize: number): HyperParameters {
  return { epochs: 1000, batchSize, learningRate: 0.001, optimizer: 'adam', seed: 42 };
}
