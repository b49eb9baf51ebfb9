import { beforeAll, describe, expect, it } from 'vitest';
import type { Tf } from '../../backend.ts';
import { randomStream } from '../../data/random.ts';
import { differences, doublePass, worstShare, type Uniform } from '../../testing/double/differences.ts';
import { graphPass } from '../../testing/graph-pass.ts';
import { LAYER_CASES, LOSS_CASES, plainBatch, plainModel } from '../../testing/layer-cases.ts';
import { loadTensorflow } from '../load-tensorflow.ts';

let tf: Tf;
beforeAll(() => {
  ({ tf } = loadTensorflow({ threads: 2 }));
});

const SAMPLES = 3;
const SEED = 7;
const STEP = 4;

/** What both backends draw for a layer at this step. */
const uniform: Uniform = (label, count) => {
  const random = randomStream(SEED, label, STEP);
  return Array.from({ length: count }, () => random.nextUniform());
};

describe.each(LAYER_CASES)('$name as a TensorFlow graph', ({ name, graph }) => {
  it.each(LOSS_CASES)('has the loss and the gradients of its definition: %o', (output) => {
    const model = plainModel(graph(output));
    const batch = plainBatch(model.model.graph, SAMPLES);
    // Both ways of saying how large a batch is: known when the graph is built, or only when it runs.
    const ours = graphPass(tf, model, batch, { seed: SEED, step: STEP, samples: name.length % 2 === 0 ? -1 : SAMPLES });
    const exact = doublePass(model, batch, { training: true, uniform });
    exact.scores.forEach((score, at) => expect(Math.abs((ours.scores[at] as number) - score)).toBeLessThan(1e-5 * Math.max(1, Math.abs(score))));
    expect(ours.loss).toBeCloseTo(exact.loss, 5);
    expect(ours.correct).toBe(exact.correct);
    const worst = worstShare(differences(model, batch, uniform), ours.gradients);
    expect(worst.share, worst.weight).toBeLessThan(1e-4);
  });
});
