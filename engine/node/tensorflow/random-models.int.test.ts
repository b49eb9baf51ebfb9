import { beforeAll, expect, it } from 'vitest';
import { LAYER_TYPES } from '#core/graph/layers/table';
import { LOSSES } from '#core/graph/layers/losses';
import { parseGraph } from '#core/graph/parse';
import { randomModel, typesIn } from '#core/graph/testing/random-models';
import type { Tf } from '../../backend.ts';
import { graphPass } from '../../testing/graph-pass.ts';
import { plainBatch, plainModel } from '../../testing/layer-cases.ts';
import { plainTensorflow } from '../../testing/tiny.ts';
import { tfjsPass } from '../../testing/tfjs-pass.ts';
import { loadTensorflow } from '../load-tensorflow.ts';

let native: Tf;
let plain: Tf;
beforeAll(async () => {
  native = loadTensorflow({ threads: 2 }).tf;
  plain = await plainTensorflow();
});

const MODELS = 200;
const SAMPLES = 3;
const models = Array.from({ length: MODELS }, (_, seed) => randomModel(seed, LOSSES[seed % LOSSES.length]));

function largestDifference(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  let largest = 0;
  let scale = 0;
  for (let at = 0; at < theirs.length; at++) {
    const difference = Math.abs((ours[at] as number) - (theirs[at] as number));
    largest = difference > largest || Number.isNaN(difference) ? difference : largest;
    scale = Math.max(scale, Math.abs(theirs[at] as number));
  }
  return largest / Math.max(1, scale);
}

it('leaves no layer out', () => {
  expect([...typesIn(models)]).toEqual(LAYER_TYPES);
});

it.each(models)('random model $seed has the same scores, loss and gradients on both backends', ({ seed, raw }) => {
  const model = plainModel(parseGraph(raw), seed);
  const batch = plainBatch(model.model.graph, SAMPLES, seed);
  const ours = graphPass(native, model, batch, { seed, step: 2 });
  const theirs = tfjsPass(plain, model, batch, { seed, step: 2 });
  expect(largestDifference(ours.scores, theirs.scores)).toBeLessThan(1e-5);
  expect(largestDifference([ours.loss], [theirs.loss])).toBeLessThan(1e-5);
  expect(ours.correct).toBe(theirs.correct);
  for (const [name, gradient] of theirs.gradients) expect(largestDifference(ours.gradients.get(name) ?? [], gradient), name).toBeLessThan(1e-4);
});
