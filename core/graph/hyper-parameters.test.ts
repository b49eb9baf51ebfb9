import { describe, expect, it } from 'vitest';
import { parseInput } from '../errors/from-zod.ts';
import { canonicalHyperParametersJson, hyperParametersSchema, stepsPerEpoch, totalSteps } from './hyper-parameters.ts';

const good = { epochs: 3, batchSize: 64, learningRate: 0.001, optimizer: 'adam', seed: 7 };

describe('hyper-parameters', () => {
  it.each([
    ['epochs', 0],
    ['epochs', 1001],
    ['epochs', 1.5],
    ['batchSize', 0],
    ['batchSize', 4097],
    ['learningRate', 0],
    ['learningRate', -1],
    ['learningRate', 10.5],
    ['learningRate', Number.NaN],
    ['learningRate', Number.POSITIVE_INFINITY],
    ['optimizer', 'rmsprop'],
    ['seed', -1],
    ['seed', 2 ** 32],
    ['momentum', 0.9],
  ])('refuses %s = %s', (name, value) => {
    expect(() => parseInput(hyperParametersSchema, { ...good, [name]: value })).toThrow(new RegExp(name));
  });

  it('takes the ends of each range', () => {
    for (const edge of [{ epochs: 1 }, { epochs: 1000 }, { batchSize: 4096 }, { learningRate: 10 }, { seed: 2 ** 32 - 1 }]) {
      expect(parseInput(hyperParametersSchema, { ...good, ...edge })).toMatchObject(edge);
    }
  });

  it('has one text for one set of values', () => {
    const turned = Object.fromEntries(Object.entries(good).reverse());
    const text = canonicalHyperParametersJson(parseInput(hyperParametersSchema, turned));
    expect(text).toBe('{"batchSize":64,"epochs":3,"learningRate":0.001,"optimizer":"adam","seed":7}');
  });

  it('counts a smaller last batch as a step', () => {
    expect(stepsPerEpoch(8000, 64)).toBe(125);
    expect(stepsPerEpoch(8001, 64)).toBe(126);
    expect(stepsPerEpoch(10, 64)).toBe(1);
    expect(totalSteps(8001, { epochs: 3, batchSize: 64 })).toBe(378);
  });
});
