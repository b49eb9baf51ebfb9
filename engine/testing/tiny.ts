import * as tensorflow from '@tensorflow/tfjs';
import { parseGraph } from '#core/graph/parse';
import type { HyperParameters } from '#core/graph/hyper-parameters';
import type { ModelGraph } from '#core/graph/schema';
import { chain } from '#core/graph/testing/graphs';
import type { Tf } from '../backend.ts';
import { BYTES_TO_UNIT, type Dataset } from '../data/dataset.ts';
import { randomStream } from '../data/random.ts';
import type { TrainingRun } from '../trainer/train.ts';

/** TensorFlow.js's plain JavaScript backend: slow, but needs nothing native and can train everything we have. */
export async function plainTensorflow(): Promise<Tf> {
  await tensorflow.setBackend('cpu');
  return tensorflow;
}

/** Small pictures of three classes: a bright row, column or diagonal in noise. */
export function tinyPictures(samples: number, side = 6, seed = 5): Dataset {
  const random = randomStream(seed, 'tiny-pictures');
  const x = new Uint8Array(samples * side * side);
  const y = Uint8Array.from({ length: samples }, (_, index) => index % 3);
  for (let sample = 0; sample < samples; sample++) {
    const at = random.nextBelow(side);
    for (let pixel = 0; pixel < side * side; pixel++) {
      const [row, column] = [Math.floor(pixel / side), pixel % side];
      const isBright = [row === at, column === at, row === column][y[sample] as number] === true;
      x[sample * side * side + pixel] = random.nextBelow(100) + (isBright ? 150 : 0);
    }
  }
  return { samples, shape: [side, side, 1], x, y, classes: 3, normalise: BYTES_TO_UNIT };
}

/** Every kind of layer, over tinyPictures. */
export const EVERY_LAYER: ModelGraph = parseGraph(
  chain(
    ['DataInput', { shape: [6, 6, 1] }],
    ['Conv2D', { filters: 4, padding: 'same' }],
    ['BatchNorm'],
    ['ReLU'],
    ['MaxPool'],
    ['Flatten'],
    ['Dropout', { rate: 0.25 }],
    ['Linear', { units: 3 }],
    ['Softmax'],
    ['Output', { classes: 3 }],
  ),
);

export const SOME_HYPER_PARAMETERS: HyperParameters = { epochs: 3, batchSize: 16, learningRate: 0.01, optimizer: 'adam', seed: 11 };

/** 70 samples in batches of 16: five steps an epoch, the last with 6 samples, 15 steps in all. */
export function tinyRun(changes: Partial<TrainingRun> = {}): TrainingRun {
  return {
    graph: EVERY_LAYER,
    dataset: tinyPictures(70),
    datasetCid: 'bafy-tiny',
    hyperParameters: SOME_HYPER_PARAMETERS,
    checkpointEverySteps: 4,
    ...changes,
  };
}
