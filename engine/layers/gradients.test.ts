import { beforeAll, describe, expect, it } from 'vitest';
import type { Tf } from '../backend.ts';
import { randomStream } from '../data/random.ts';
import { differences, doublePass, worstShare, type Uniform } from '../testing/double/differences.ts';
import { LAYER_CASES, LOSS_CASES, plainBatch, plainModel } from '../testing/layer-cases.ts';
import { tfjsPass } from '../testing/tfjs-pass.ts';
import { plainTensorflow } from '../testing/tiny.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await plainTensorflow();
});

const SAMPLES = 3;
const STREAM = { seed: 7, step: 5 };

const uniform: Uniform = (label, count) => {
  const random = randomStream(STREAM.seed, label, STREAM.step);
  return Array.from({ length: count }, () => random.nextUniform());
};

describe.each(LAYER_CASES)('$name on TensorFlow.js', ({ graph }) => {
  it.each(LOSS_CASES)('has the loss and the gradients of its definition: %o', (output) => {
    const model = plainModel(graph(output));
    const batch = plainBatch(model.model.graph, SAMPLES);
    const ours = tfjsPass(tf, model, batch, STREAM);
    const exact = doublePass(model, batch, { training: true, uniform });
    exact.scores.forEach((score, at) => expect(Math.abs((ours.scores[at] as number) - score)).toBeLessThan(1e-5 * Math.max(1, Math.abs(score))));
    expect(ours.loss).toBeCloseTo(exact.loss, 5);
    expect(ours.correct).toBe(exact.correct);
    const worst = worstShare(differences(model, batch, uniform), ours.gradients);
    expect(worst.share, worst.weight).toBeLessThan(1e-4);
  });
});
