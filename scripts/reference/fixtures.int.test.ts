import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { compareWithFixture, fixtureNames } from './fixtures.ts';
import { nodeSide } from './node-side.ts';

describe('the engine as a TensorFlow graph', () => {
  const side = nodeSide(availableParallelism());

  it.each(fixtureNames())('answers as Keras did: %s', (name) => {
    const { scores, loss, gradients, losses } = compareWithFixture(name, side);
    expect(scores).toBeLessThan(1e-5);
    expect(loss).toBeLessThan(1e-5);
    expect(gradients).toBeLessThan(1e-4);
    expect(losses).toBeLessThan(1e-3);
  });
});
