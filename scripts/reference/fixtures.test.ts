import { describe, expect, it } from 'vitest';
import { LAYER_TYPES } from '#core/graph/layers/table';
import { compareWithFixture, fixtureNames } from './fixtures.ts';
import { tfjsSide } from './sides.ts';

describe('the engine on plain TensorFlow.js', async () => {
  const side = await tfjsSide();

  it.each(fixtureNames())('answers as Keras did: %s', (name) => {
    const { scores, loss, gradients, losses } = compareWithFixture(name, side);
    expect(scores).toBeLessThan(1e-5);
    expect(loss).toBeLessThan(1e-5);
    expect(gradients).toBeLessThan(1e-4);
    expect(losses).toBeLessThan(1e-3);
  });

  it('was compared in every layer there is', () => {
    const seen = new Set(fixtureNames().flatMap((name) => compareWithFixture(name, side).layers));
    expect([...LAYER_TYPES].filter((type) => !seen.has(type))).toEqual([]);
  });
});
