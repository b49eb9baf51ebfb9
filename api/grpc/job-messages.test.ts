import { describe, expect, it } from 'vitest';
import { JobSpecification } from '#proto/gen/cyxwiz/job/v1/job_service';
import { specificationFromMessage } from './job-messages.ts';

const oldest = { epochs: 2, batchSize: 64, learningRate: 0.001, optimizer: 'adamw', seed: 1 };
const all = { ...oldest, weightDecay: 0.01, schedule: { kind: 'cosine', finalFactor: 0.1 } };
const json = JSON.stringify(all);
const read = (message: Partial<JobSpecification>) => specificationFromMessage({ ...JobSpecification.fromPartial({}), ...message }).hyperParameters;

describe('hyper-parameters of a message', () => {
  it('are the JSON, the old message, or both where they agree', () => {
    expect(read({ hyperParametersJson: json })).toEqual(all);
    expect(read({ hyperParameters: oldest })).toEqual(oldest);
    expect(read({ hyperParameters: { ...oldest, optimizer: '' } }).optimizer).toBeUndefined();
    expect(read({ hyperParameters: oldest, hyperParametersJson: json })).toEqual(all);
  });

  it.each([
    ['two that differ', { hyperParameters: { ...oldest, seed: 2 }, hyperParametersJson: json }, /differs from hyper_parameters in seed/],
    ['an unknown name', { hyperParametersJson: JSON.stringify({ ...all, dropout: 1 }) }, /hyperParameters: .*dropout/],
    ['an unknown name in a schedule', { hyperParametersJson: JSON.stringify({ ...all, schedule: { kind: 'cosine', factor: 1 } }) }, /hyperParameters\.schedule: .*factor/],
    ['no JSON', { hyperParametersJson: '{' }, /must be JSON/],
    ['no object', { hyperParametersJson: 'null' }, /hyperParameters: /],
    ['a long text', { hyperParametersJson: `${json}${' '.repeat(2_000)}` }, /at most 2000 characters/],
  ])('refuses %s', (_what, message, text) => {
    expect(() => read(message)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringMatching(text) }));
  });
});
