import { describe, expect, it } from 'vitest';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import { hyperParametersFromJson, hyperParametersJson, hyperParametersToJson } from './hyper-parameters.ts';

const all = {
  epochs: 2,
  batchSize: 64,
  learningRate: 0.001,
  optimizer: 'adamw',
  seed: 7,
  momentum: 0.9,
  rho: 0.8,
  beta1: 0.85,
  beta2: 0.99,
  epsilon: 1e-6,
  weightDecay: 0.01,
  schedule: { kind: 'cosine', finalFactor: 0.1 },
  warmUpSteps: 10,
  clipNorm: 1,
  clipValue: 0.5,
  mixedPrecision: true,
} as const;

describe('hyper-parameters in REST', () => {
  it('all come back, none is forgotten here', () => {
    expect(Object.keys(all).sort()).toEqual(Object.keys(hyperParametersSchema.shape).sort());
    expect(hyperParametersFromJson(hyperParametersJson.parse(hyperParametersToJson(all)))).toEqual(all);
  });

  it.each([
    { kind: 'constant' },
    { kind: 'step', everySteps: 100, factor: 0.5 },
    { kind: 'oneCycle', warmUpShare: 0.2, startDivisor: 10, finalDivisor: 100 },
  ] as const)('schedule $kind', (schedule) => {
    expect(hyperParametersFromJson(hyperParametersJson.parse(hyperParametersToJson({ ...all, schedule }))).schedule).toEqual(schedule);
  });

  it('are in snake_case', () => {
    expect(hyperParametersToJson(all)).toMatchObject({ batch_size: 64, beta1: 0.85, warm_up_steps: 10, schedule: { kind: 'cosine', final_factor: 0.1 } });
  });

  it.each([{ batchSize: 64 }, { weightdecay: 1 }, { schedule: { kind: 'cosine', finalFactor: 0 } }, { schedule: { kind: 'sudden' } }])('refuses what it does not know: %j', (more) => {
    expect(hyperParametersJson.safeParse({ epochs: 1, batch_size: 1, learning_rate: 1, ...more }).success).toBe(false);
  });
});
