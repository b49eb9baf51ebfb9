/** Keras' answers, written down, so that the engine is compared with Keras where there is no Python. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { OptimizerName } from '#core/graph/optimizers';
import { parseGraph } from '#core/graph/parse';
import type { LayerType, ModelGraph } from '#core/graph/schema';
import { compileModel } from '#engine/model/model';
import { batchFor } from './batches.ts';
import { difference, engineForward, engineGradients, engineTrain, gradientDifference, randomWeights } from './engine.ts';
import type { Keras, ReferenceBatch } from './keras.ts';
import type { Side } from './sides.ts';
import { fromWire, fromWireAll, toWire, toWireAll, wireTensorSchema, wireTensorsSchema } from './wire.ts';

const FOLDER = fileURLToPath(new URL('./fixtures/', import.meta.url));
const STEPS = 20;
const SAMPLES = 6;

const fixtureSchema = z.object({
  graph: z.unknown(),
  seed: z.int(),
  optimizer: z.custom<OptimizerName>((value) => typeof value === 'string'),
  learningRate: z.number(),
  weights: wireTensorsSchema,
  x: wireTensorSchema,
  y: wireTensorSchema,
  /** In double precision, but for `losses`: of so many steps on this one batch, in single precision. */
  keras: z.object({ scores: wireTensorSchema, loss: z.number(), gradients: wireTensorsSchema, losses: z.array(z.number()) }),
});
type Fixture = z.output<typeof fixtureSchema>;

type Row = readonly [id: string, type: LayerType, params: Record<string, unknown>, ...from: string[]];

function sketch(...rows: readonly Row[]): ModelGraph {
  return parseGraph({
    version: 1,
    nodes: rows.map(([id, type, params]) => ({ id, type, params })),
    edges: rows.flatMap(([to, , , ...from]) => from.map((source) => ({ from: source, to }))),
  });
}

interface Recipe {
  readonly graph: () => ModelGraph;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
}

/** Together they have every layer. */
const RECIPES: Readonly<Record<string, Recipe>> = {
  images: {
    optimizer: 'adam',
    learningRate: 0.01,
    graph: () =>
      sketch(
        ['in', 'DataInput', { shape: [6, 6, 2] }],
        ['conv', 'Conv2D', { filters: 4, padding: 'same' }, 'in'],
        ['norm', 'BatchNorm', {}, 'conv'],
        ['relu', 'ReLU', {}, 'norm'],
        ['deep', 'DepthwiseConv2D', { padding: 'same' }, 'relu'],
        ['sum', 'Add', {}, 'deep', 'relu'],
        ['max', 'MaxPool', {}, 'sum'],
        ['mean', 'AvgPool', {}, 'sum'],
        ['both', 'Concat', {}, 'max', 'mean'],
        ['drop', 'Dropout', { rate: 0.2 }, 'both'],
        ['all', 'GlobalAvgPool', {}, 'drop'],
        ['scores', 'Linear', { units: 3 }, 'all'],
        ['out', 'Output', {}, 'scores'],
      ),
  },
  indices: {
    optimizer: 'nesterov',
    learningRate: 0.05,
    graph: () =>
      sketch(
        ['in', 'DataInput', { shape: [7], dtype: 'int32' }],
        ['table', 'Embedding', { vocabulary: 9, units: 4 }, 'in'],
        ['conv', 'Conv1D', { filters: 4 }, 'table'],
        ['long', 'LSTM', { units: 4, returnSequences: true }, 'conv'],
        ['short', 'GRU', { units: 4 }, 'long'],
        ['scores', 'Linear', { units: 3 }, 'short'],
        ['out', 'Output', { loss: 'crossEntropy', labelSmoothing: 0.1 }, 'scores'],
      ),
  },
  attention: {
    optimizer: 'adamw',
    learningRate: 0.01,
    graph: () =>
      sketch(
        ['in', 'DataInput', { shape: [5, 6] }],
        ['norm', 'LayerNorm', {}, 'in'],
        ['look', 'MultiHeadAttention', { heads: 2, keyDim: 3, causal: true }, 'norm'],
        ['sum', 'Add', {}, 'look', 'in'],
        ['wide', 'Linear', { units: 8 }, 'sum'],
        ['gelu', 'GELU', {}, 'wide'],
        ['flat', 'Flatten', {}, 'gelu'],
        ['scores', 'Linear', { units: 3 }, 'flat'],
        ['out', 'Output', { loss: 'sigmoidCrossEntropy' }, 'scores'],
      ),
  },
  numbers: {
    optimizer: 'rmsprop',
    learningRate: 0.005,
    graph: () =>
      sketch(
        ['in', 'DataInput', { shape: [8] }],
        ['first', 'Linear', { units: 12 }, 'in'],
        ['tanh', 'Tanh', {}, 'first'],
        ['shape', 'Reshape', { shape: [4, 3] }, 'tanh'],
        ['shares', 'Softmax', {}, 'shape'],
        ['flat', 'Flatten', {}, 'shares'],
        ['second', 'Linear', { units: 5 }, 'flat'],
        ['sigmoid', 'Sigmoid', {}, 'second'],
        ['scores', 'Linear', { units: 2 }, 'sigmoid'],
        ['out', 'Output', { loss: 'huber' }, 'scores'],
      ),
  },
};

const KERAS_CONSTANTS: Partial<Record<OptimizerName, Record<string, number>>> = { nesterov: { momentum: 0.9 }, momentum: { momentum: 0.9 }, adamw: { weight_decay: 0.004 } };

/** Asks Keras anew and replaces the files. */
export async function recordFixtures(keras: Keras, seed: number): Promise<string[]> {
  const names = Object.keys(RECIPES);
  for (const name of names) {
    const { graph: make, optimizer, learningRate } = RECIPES[name]!;
    const graph = make();
    const weights = randomWeights(compileModel(graph), seed);
    const batch = batchFor(graph, SAMPLES, seed);
    const exact = { graph, weights, seed, dtype: 'float64' } as const;
    const { loss, gradients } = await keras.gradients(exact, batch);
    const settings = { optimizer, learningRate, keras: KERAS_CONSTANTS[optimizer] ?? {} };
    const { losses } = await keras.train({ graph, weights, seed }, { settings, batches: [batch], steps: STEPS });
    const answers = { scores: toWire(await keras.forward(exact, batch.x)), loss, gradients: toWireAll(gradients), losses };
    const fixture: Fixture = { graph, seed, optimizer, learningRate, weights: toWireAll(weights), x: toWire(batch.x), y: toWire(batch.y), keras: answers };
    writeFileSync(`${FOLDER}${name}.json`, `${JSON.stringify(fixture, null, 1)}\n`);
  }
  return names;
}

export function fixtureNames(): string[] {
  return readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));
}

/** How far a side of the engine is from what Keras answered; layers that the model has. */
export function compareWithFixture(name: string, side: Side): { scores: number; loss: number; gradients: number; losses: number; layers: readonly string[] } {
  const { graph: raw, keras, ...fixture } = fixtureSchema.parse(JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8')));
  const { seed, optimizer, learningRate } = fixture;
  const graph = parseGraph(raw);
  const run = { graph, weights: fromWireAll(fixture.weights) };
  const batch: ReferenceBatch = { x: fromWire(fixture.x), y: fromWire(fixture.y) };
  const { loss, gradients } = engineGradients(side, run, batch, seed);
  const hyperParameters = { epochs: STEPS, batchSize: SAMPLES, learningRate, optimizer, seed };
  const { losses } = engineTrain(side, run, { hyperParameters, batches: [batch], steps: STEPS });
  return {
    scores: difference(engineForward(side, run, batch), fromWire(keras.scores).data),
    loss: difference([loss], [keras.loss]),
    gradients: gradientDifference(gradients, fromWireAll(keras.gradients)),
    losses: Math.max(...losses.map((value, at) => Math.abs(value - keras.losses[at]!))),
    layers: graph.nodes.map(({ type }) => type),
  };
}
