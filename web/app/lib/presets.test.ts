import { describe, expect, it } from 'vitest';
import { parseGraph } from '#core/graph/parse';
import { dataNeeds, graphEndpoints } from '#core/graph/shapes';
import { modelName } from './model-name.ts';
import { PRESETS, presetGraphJson, presetProblem, presetTargets } from './presets.ts';

const SHAPES: readonly (readonly number[])[] = [[4], [13], [28, 28, 1], [32, 32, 3], [8, 8, 1]];

describe('presets', () => {
  const cases = PRESETS.flatMap(({ id, imagesOnly }) =>
    SHAPES.filter((shape) => !imagesOnly || shape.length === 3).map((shape) => [id, shape] as const),
  );

  it.each(cases)('%s fits samples of %j', (id, shape) => {
    const graph = parseGraph(presetGraphJson(id, shape, { units: 7, areNumbers: false }));
    expect(graphEndpoints(graph)).toEqual({ inputShape: shape, classes: 7 });
  });

  it('predict the numbers of a dataset that has them, and say why they can not', () => {
    const numbers = { classes: 0, inputDtype: 'float32', targetWidth: 2 };
    expect(presetProblem(numbers)).toBeNull();
    expect(dataNeeds(parseGraph(presetGraphJson('mlp', [4], presetTargets(numbers))))).toMatchObject({ targets: 'values', scores: 2 });
    expect(presetProblem({ ...numbers, targetWidth: null })).toContain('how many numbers');
    expect(presetProblem({ classes: 3, inputDtype: 'int32', targetWidth: null })).toContain('Embedding');
  });

  it('names models by what they are made of', () => {
    expect(modelName(presetGraphJson('cnn', [28, 28, 1], { units: 10, areNumbers: false }))).toBe('2 Conv2D · Linear');
    expect(modelName(presetGraphJson('mlp', [4], { units: 3, areNumbers: false }))).toBe('2 Linear');
    expect(modelName('{"nodes":[]}')).toBe('Model');
  });
});
