import { describe, expect, it } from 'vitest';
import type { DatasetView } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { newJobDefaults } from './new-job-defaults.ts';
import { newJobProblem, parseSpecification, readValues, toSpecification } from './new-job.server.ts';
import { toWire } from './wire.ts';

const DIGITS: DatasetView = {
  cid: 'bafy-digits',
  name: 'Digits',
  samples: 8_000,
  heldOutSamples: 2_000,
  sizeBytes: 6_000_000,
  sampleShape: [28, 28, 1],
  classes: 10,
  inputDtype: 'uint8',
  targetWidth: null,
  createdAt: new Date(0),
};
const defaults = newJobDefaults(toWire([DIGITS]), ['cpu'], null);

function formOf(values: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(values)) form.set(name, value);
  return form;
}

/** The texts that the form would show, by field. */
function fieldsFor(changes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  try {
    toSpecification(readValues(formOf({ ...defaults, ...changes })), [DIGITS]);
  } catch (error) {
    return newJobProblem(error).problem.fields;
  }
  throw new Error('the form was accepted');
}

describe('the new job form', () => {
  it('becomes a specification with the defaults', () => {
    const specification = toSpecification(readValues(formOf(defaults)), [DIGITS]);
    expect(specification).toMatchObject({
      datasetCid: DIGITS.cid,
      hyperParameters: { epochs: 3, batchSize: 64, learningRate: 0.001, optimizer: 'adam', seed: 1 },
      deviceClass: 'cpu',
      deadlineMs: 600_000,
    });
  });

  it('keeps the advanced hyper-parameters of a job that is run again, and says what is wrong with others', () => {
    const advanced = '{"clipNorm": 1, "weightDecay": 0.01, "schedule": {"kind": "cosine", "finalFactor": 0.1}}';
    const specification = toSpecification(readValues(formOf({ ...defaults, advanced })), [DIGITS]);
    expect(specification.hyperParameters).toMatchObject(JSON.parse(advanced) as object);
    const again = toSpecification(readValues(formOf(newJobDefaults([], ['cpu'], toWire(specification)))), [DIGITS]);
    expect(again.hyperParameters).toEqual(specification.hyperParameters);
    expect(fieldsFor({ advanced: '{"rho": 0.9}' }).advanced).toContain('the optimizer adam has no rho');
    expect(fieldsFor({ advanced: 'clip' }).advanced).toContain('write JSON'.slice(1));
  });

  it('shows a job that is run again as it was', () => {
    const specification = toSpecification(readValues(formOf(defaults)), [DIGITS]);
    const again = toSpecification(readValues(formOf(newJobDefaults([], ['cpu'], toWire(specification)))), [DIGITS]);
    expect({ ...again, graphJson: JSON.parse(again.graphJson) as unknown }).toEqual({
      ...specification,
      graphJson: JSON.parse(specification.graphJson) as unknown,
    });
  });

  it.each([
    [{ epochs: '' }, 'epochs'],
    [{ epochs: 'many' }, 'epochs'],
    [{ epochs: '1.5' }, 'epochs'],
    [{ batchSize: '0' }, 'batchSize'],
    [{ learningRate: '-1' }, 'learningRate'],
    [{ seed: '4294967296' }, 'seed'],
    [{ deviceClass: 'toaster' }, 'deviceClass'],
    [{ deadlineMinutes: '0' }, 'deadlineMinutes'],
    [{ dataset: 'bafy-somebody-elses' }, 'dataset'],
    [{ model: 'own', graph: '' }, 'graph'],
  ])('names the field at fault for %j', (changes, field) => {
    expect(Object.keys(fieldsFor(changes))).toEqual([field]);
  });

  it('puts what the services refuse where it belongs', () => {
    const graph = newJobProblem(new CyxError('GRAPH_INVALID', 'Layer "conv" does not fit'));
    expect(graph).toMatchObject({ status: 422, problem: { fields: { graph: 'Layer "conv" does not fit' } } });
    const funds = newJobProblem(new CyxError('INSUFFICIENT_FUNDS', 'Not enough'));
    expect(funds).toMatchObject({ status: 402, problem: { message: 'Not enough', fields: {} } });
    const nested = newJobProblem(new CyxError('INVALID_INPUT', 'x', { fields: [{ path: 'hyperParameters.epochs', message: 'too many' }] }));
    expect(nested.problem.fields).toEqual({ epochs: 'Too many' });
  });

  it('lets a bug through as a bug', () => {
    expect(() => newJobProblem(new TypeError('x is undefined'))).toThrow(TypeError);
  });

  it('carries the specification to the approval unchanged, and refuses a damaged one', () => {
    const specification = toSpecification(readValues(formOf(defaults)), [DIGITS]);
    expect(parseSpecification(JSON.stringify(specification))).toEqual(specification);
    expect(() => parseSpecification('{')).toThrow(CyxError);
    expect(() => parseSpecification('{}')).toThrow(CyxError);
  });
});
