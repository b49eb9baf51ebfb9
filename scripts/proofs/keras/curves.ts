import type { HyperParameters } from '#core/graph/hyper-parameters';
import { parseGraph } from '#core/graph/parse';
import type { LayerType, ModelGraph } from '#core/graph/schema';
import type { Dataset } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';
import { compileModel } from '#engine/model/model';
import { initialWeights } from '#engine/model/weights';
import { engineTrain } from '../../reference/engine.ts';
import type { OptimizerSettings, ReferenceBatch } from '../../reference/keras.ts';
import { Tally, type Check } from './check.ts';
import type { Parts } from './layers.ts';

const LIMIT = 1e-3;
const BATCH = 32;
const BATCHES = 40;

type Row = readonly [type: LayerType, params?: Record<string, unknown>];

function inARow(...rows: readonly Row[]): ModelGraph {
  const nodes = rows.map(([type, params = {}], at) => ({ id: `${type.toLowerCase()}${at}`, type, params }));
  return parseGraph({ version: 1, nodes, edges: nodes.slice(1).map(({ id }, at) => ({ from: nodes[at]!.id, to: id })) });
}

/** A row of pixels, an image, and an image read row by row. */
const MODELS: Readonly<Record<string, () => ModelGraph>> = {
  MLP: () => inARow(['DataInput', { shape: [784] }], ['Linear', { units: 64 }], ['Tanh'], ['Linear', { units: 32 }], ['ReLU'], ['Linear', { units: 10 }], ['Output']),
  CNN: () =>
    inARow(
      ['DataInput', { shape: [28, 28, 1] }],
      ['Conv2D', { filters: 8, strides: 2 }],
      ['BatchNorm'],
      ['GELU'],
      ['AvgPool'],
      ['Conv2D', { filters: 16 }],
      ['Sigmoid'],
      ['Flatten'],
      ['Dropout', { rate: 0.1 }],
      ['Linear', { units: 10 }],
      ['Output'],
    ),
  GRU: () => inARow(['DataInput', { shape: [28, 28] }], ['GRU', { units: 16 }], ['LayerNorm'], ['Linear', { units: 10 }], ['Output']),
};

interface Recipe {
  readonly ours: Partial<HyperParameters> & Pick<HyperParameters, 'optimizer' | 'learningRate'>;
  readonly keras: OptimizerSettings;
}

/** The same optimizer for both sides, its constants spelled out by each side's names. */
const same = (optimizer: HyperParameters['optimizer'], learningRate: number, keras: Record<string, number> = {}): Recipe => ({ ours: { optimizer, learningRate }, keras: { optimizer, learningRate, keras } });

const OPTIMIZERS: Readonly<Record<string, Recipe>> = {
  sgd: same('sgd', 0.02),
  momentum: same('momentum', 0.005, { momentum: 0.9 }),
  nesterov: same('nesterov', 0.005, { momentum: 0.9 }),
  rmsprop: same('rmsprop', 0.0005),
  adam: same('adam', 0.001),
  adamw: same('adamw', 0.001, { weight_decay: 0.004 }),
};

/** What else bends a curve, each on one optimizer; where Keras has it too. */
function options(steps: number): Readonly<Record<string, Recipe>> {
  const adam = { optimizer: 'adam', learningRate: 0.001 } as const;
  const sgd = { optimizer: 'sgd', learningRate: 0.05 } as const;
  return {
    'clipped by norm': { ours: { ...sgd, clipNorm: 0.5 }, keras: { ...sgd, keras: { global_clipnorm: 0.5 } } },
    'clipped by value': { ours: { ...sgd, clipValue: 0.01 }, keras: { ...sgd, keras: { clipvalue: 0.01 } } },
    'weight decay': { ours: { ...sgd, weightDecay: 0.01 }, keras: { ...sgd, keras: { weight_decay: 0.01 } } },
    'step schedule': { ours: { ...adam, schedule: { kind: 'step', everySteps: 30, factor: 0.5 } }, keras: { ...adam, schedule: { kind: 'step', everySteps: 30, factor: 0.5 } } },
    'cosine schedule': { ours: { ...adam, schedule: { kind: 'cosine', finalFactor: 0.1 } }, keras: { ...adam, schedule: { kind: 'cosine', steps, finalFactor: 0.1 } } },
  };
}

/** Real digits, cut into batches of one shape. */
function batches({ x, y }: Dataset, shape: readonly number[]): ReferenceBatch[] {
  const size = shape.reduce((product, side) => product * side, 1);
  return Array.from({ length: BATCHES }, (_, at) => ({
    x: { shape: [BATCH, ...shape], data: Float32Array.from(x.subarray(at * BATCH * size, (at + 1) * BATCH * size), (value) => value / 255) },
    y: { shape: [BATCH], data: Int32Array.from(y.subarray(at * BATCH, (at + 1) * BATCH)) },
  }));
}

/** Losses of every step, ours against Keras' with the same start and the same batches. */
export async function proveCurves({ keras, sides, seed }: Parts, steps: number): Promise<Check[]> {
  const [sideName, side] = Object.entries(sides)[0]!;
  const tally = new Tally(`training curves, ${sideName}`, `largest difference of the loss in any of ${steps} steps of ${BATCH} digits`, LIMIT);
  const more = new Tally(`training options, ${sideName}`, `the same, with clipping, decay and schedules on the MLP`, LIMIT);
  const { training } = await loadDigits();
  for (const [modelName, make] of Object.entries(MODELS)) {
    const graph = make();
    const input = graph.nodes.find((node) => node.type === 'DataInput');
    const data = batches(training, input?.params.shape ?? []);
    const compiled = compileModel(graph);
    const weights = initialWeights([...compiled.trainable, ...compiled.frozen], seed);
    const measure = async ({ ours, keras: settings }: Recipe): Promise<number> => {
      const hyperParameters: HyperParameters = { epochs: steps / BATCHES, batchSize: BATCH, seed, ...ours };
      const got = engineTrain(side, { graph, weights }, { hyperParameters, batches: data, steps });
      const expected = await keras.train({ graph, weights, seed }, { settings, batches: data, steps });
      return Math.max(...got.losses.map((loss, at) => Math.abs(loss - expected.losses[at]!)));
    };
    for (const [name, recipe] of Object.entries(OPTIMIZERS)) await tally.case(`${modelName} × ${name}`, () => measure(recipe));
    if (modelName !== 'MLP') continue;
    for (const [name, recipe] of Object.entries(options(steps))) await more.case(name, () => measure(recipe));
  }
  return [tally.check(), more.check()];
}
