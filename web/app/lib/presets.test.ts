import { describe, expect, it } from 'vitest';
import { parseGraph } from '#core/graph/parse';
import { graphEndpoints } from '#core/graph/shapes';
import { modelName } from './model-name.ts';
import { PRESETS, presetGraphJson } from './presets.ts';

const SHAPES: readonly (readonly number[])[] = [[4], [13], [28, 28, 1], [32, 32, 3], [8, 8, 1]];

describe('presets', () => {
  const cases = PRESETS.flatMap(({ id, imagesOnly }) =>
    SHAPES.filter((shape) => !imagesOnly || shape.length === 3).map((shape) => [id, shape] as const),
  );

  it.each(cases)('%s fits samples of %j', (id, shape) => {
    const graph = parseGraph(presetGraphJson(id, shape, 7));
    expect(graphEndpoints(graph)).toEqual({ inputShape: shape, classes: 7 });
  });

  it('names models by what they are made of', () => {
    expect(modelName(presetGraphJson('cnn', [28, 28, 1], 10))).toBe('2 Conv2D · Linear');
    expect(modelName(presetGraphJson('mlp', [4], 3))).toBe('2 Linear');
    expect(modelName('{"nodes":[]}')).toBe('Model');
  });
});
