import { isClassification, type LossName } from '#core/graph/layers/losses';
import type { ModelGraph } from '#core/graph/schema';
import type { NamedTensor } from '#engine/formats/safetensors';
import { compileModel } from '#engine/model/model';
import { batchFor } from '../../reference/batches.ts';
import { difference, engineForward, engineGradients, gradientDifference, randomWeights } from '../../reference/engine.ts';
import type { Keras, ReferenceBatch, Tensors } from '../../reference/keras.ts';
import type { Side } from '../../reference/sides.ts';
import { ALL_LOSSES, LAYER_CASES, layerCase } from './cases.ts';
import { Tally, type Check } from './check.ts';

const FORWARD_LIMIT = 1e-5;
const GRADIENT_LIMIT = 1e-4;
const LOSS_LIMIT = 1e-5;
const SAMPLES = 5;

export interface Parts {
  readonly keras: Keras;
  /** By the name that the report calls them. */
  readonly sides: Readonly<Record<string, Side>>;
  readonly seed: number;
}

type Variant = readonly [label: string, loss: LossName, more: Record<string, unknown>];

/** A loss, and once more with what can be set of it. */
function variants(loss: LossName): Variant[] {
  if (loss === 'huber') return [[loss, loss, {}], ['huber, delta 0.5', loss, { delta: 0.5 }]];
  return isClassification(loss) ? [[loss, loss, {}], [`${loss}, smoothed`, loss, { labelSmoothing: 0.1 }]] : [[loss, loss, {}]];
}

type Tallies = Readonly<Record<'forward' | 'losses' | 'gradients' | 'moved', Tally>>;

function talliesOf(side: string): Tallies {
  return {
    forward: new Tally(`forward, ${side}`, 'scores in inference mode; difference by the largest score, or by 1', FORWARD_LIMIT),
    losses: new Tally(`loss, ${side}`, 'mean loss in training mode, dropout with the same mask', LOSS_LIMIT),
    gradients: new Tally(`gradients, ${side}`, 'by each weight: difference by the largest value of that gradient', GRADIENT_LIMIT),
    moved: new Tally(`moving statistics, ${side}`, 'after one training step', FORWARD_LIMIT),
  };
}

/** Every layer with every loss: scores, loss and gradients against Keras in double precision. */
export async function proveLayers({ keras, sides, seed }: Parts): Promise<Check[]> {
  const tallies = new Map(Object.keys(sides).map((name) => [name, talliesOf(name)]));
  for (const layer of LAYER_CASES) {
    for (const [label, loss, more] of ALL_LOSSES.flatMap(variants)) {
      const name = `${layer} × ${label}`;
      try {
        const reference = await askKeras(keras, layerCase(layer, loss, more), seed);
        for (const [sideName, side] of Object.entries(sides)) compare(name, { side, reference, seed }, tallies.get(sideName)!);
      } catch (error) {
        for (const { forward } of tallies.values()) forward.failed(name, error);
      }
    }
  }
  return [...tallies.values()].flatMap((of) => Object.values(of).map((tally) => tally.check()));
}

interface Reference {
  readonly graph: ModelGraph;
  readonly weights: Tensors;
  readonly batch: ReferenceBatch;
  readonly scores: NamedTensor;
  readonly expected: Awaited<ReturnType<Keras['gradients']>>;
}

async function askKeras(keras: Keras, graph: ModelGraph, seed: number): Promise<Reference> {
  const weights = randomWeights(compileModel(graph), seed);
  const batch = batchFor(graph, SAMPLES, seed);
  const model = { graph, weights, dtype: 'float64', seed } as const;
  return { graph, weights, batch, scores: await keras.forward(model, batch.x), expected: await keras.gradients(model, batch) };
}

function compare(name: string, { side, reference, seed }: { side: Side; reference: Reference; seed: number }, tallies: Tallies): void {
  const { graph, weights, batch, scores, expected } = reference;
  try {
    tallies.forward.add(name, difference(engineForward(side, { graph, weights }, batch), scores.data));
  } catch (error) {
    tallies.forward.failed(name, error);
  }
  try {
    const got = engineGradients(side, { graph, weights }, batch, seed);
    tallies.losses.add(name, difference([got.loss], [expected.loss]));
    tallies.gradients.add(name, gradientDifference(got.gradients, expected.gradients));
    for (const { fullName } of compileModel(graph).frozen) {
      tallies.moved.add(`${name}, ${fullName}`, difference(got.weights.get(fullName)!.data, expected.weights.get(fullName)!.data));
    }
  } catch (error) {
    tallies.gradients.failed(name, error);
  }
}
