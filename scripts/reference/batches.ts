import { LOSS_TABLE } from '#core/graph/layers/losses';
import type { ModelGraph } from '#core/graph/schema';
import { dataNeeds } from '#core/graph/shapes';
import { randomStream } from '#engine/data/random';
import { randomIndices, randomValues } from './engine.ts';
import type { ReferenceBatch } from './keras.ts';

/** A batch that the model can learn from: its targets are of the kind that its loss compares with. */
export function batchFor(graph: ModelGraph, samples: number, seed: number): ReferenceBatch {
  const needs = dataNeeds(graph);
  const random = randomStream(seed, 'reference/batch');
  const shape = [samples, ...needs.inputShape];
  const x = needs.inputDtype === 'int32' ? randomIndices(shape, needs.vocabulary ?? 2, random) : randomValues(shape, random);
  if (needs.targets === 'label') return { x, y: randomIndices([samples], needs.labels ?? 2, random) };
  const y = randomValues([samples, needs.scores], random);
  const { prediction } = LOSS_TABLE[needs.loss];
  if (prediction === 'scores') return { x, y };
  const data = y.data as Float32Array;
  for (let at = 0; at < data.length; at++) data[at] = random.nextUniform();
  if (prediction === 'softmax') sharesOfOne(data, needs.scores);
  return { x, y };
}

function sharesOfOne(values: Float32Array, width: number): void {
  for (let at = 0; at < values.length; at += width) {
    const row = values.subarray(at, at + width);
    const sum = row.reduce((total, value) => total + value, 0);
    row.forEach((value, index) => void (row[index] = value / sum));
  }
}
