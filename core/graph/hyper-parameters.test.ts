import { describe, expect, it } from 'vitest';
import { parseInput } from '../errors/from-zod.ts';
import { canonicalHyperParametersJson, hyperParametersSchema, stepsPerEpoch, totalSteps } from './hyper-parameters.ts';
import { constantsOf } from './optimizers.ts';

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
    ['optimizer', 'lbfgs'],
    ['seed', -1],
    ['seed', 2 ** 32],
    ['momentum', 0.9],
    ['beta1', 1],
    ['rho', 0.9],
    ['weightDecay', -0.1],
    ['schedule', { kind: 'step' }],
    ['schedule', 'cosine'],
    ['clipNorm', 0],
    ['warmUpSteps', 1.5],
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

  it('names what does not go together', () => {
    const refusal = (values: object): (() => unknown) => () => parseInput(hyperParametersSchema, { ...good, ...values });
    expect(refusal({ optimizer: 'sgd', momentum: 0.9 })).toThrow(/the optimizer sgd has no momentum/);
    expect(refusal({ clipNorm: 1, clipValue: 1 })).toThrow(/choose one of clipNorm and clipValue/);
    expect(refusal({ warmUpSteps: 5, schedule: { kind: 'oneCycle' } })).toThrow(/oneCycle warms up by itself/);
  });

  it('has one text for what was chosen, and none for what was not', () => {
    const text = (values: object): string => canonicalHyperParametersJson(parseInput(hyperParametersSchema, { ...good, ...values }));
    expect(text({ beta1: 0.9, epsilon: 1e-7, weightDecay: 0, warmUpSteps: 0, mixedPrecision: false, schedule: { kind: 'constant' } })).toBe(text({}));
    expect(text({ beta1: 0.8 })).toBe('{"batchSize":64,"beta1":0.8,"epochs":3,"learningRate":0.001,"optimizer":"adam","seed":7}');
    expect(text({ optimizer: 'adamw', weightDecay: 0.004 })).toBe(text({ optimizer: 'adamw' }));
    expect(text({ schedule: { kind: 'step', everySteps: 5 } })).toBe(text({ schedule: { factor: 0.1, everySteps: 5, kind: 'step' } }));
  });

  it('gives an optimizer its constants', () => {
    const constants = (values: object): object => {
      const parsed = parseInput(hyperParametersSchema, { ...good, ...values });
      return constantsOf(parsed.optimizer, parsed);
    };
    expect(constants({})).toEqual({ momentum: 0, rho: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 });
    expect(constants({ optimizer: 'nesterov', weightDecay: 0.1 })).toMatchObject({ momentum: 0.9, weightDecay: 0.1 });
  });

  it('counts a smaller last batch as a step', () => {
    expect(stepsPerEpoch(8000, 64)).toBe(125);
    expect(stepsPerEpoch(8001, 64)).toBe(126);
    expect(stepsPerEpoch(10, 64)).toBe(1);
    expect(totalSteps(8001, { epochs: 3, batchSize: 64 })).toBe(378);
  });
});
