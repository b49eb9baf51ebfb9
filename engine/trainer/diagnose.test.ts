import { beforeAll, describe, expect, it } from 'vitest';
import type { CyxError } from '#core/errors/cyx-error';
import { parseGraph } from '#core/graph/parse';
import { chain } from '#core/graph/testing/graphs';
import { memoryData } from '../data/source.ts';
import { compileModel } from '../model/model.ts';
import { initialWeights } from '../model/weights.ts';
import { tfjsBackend } from '../ops/tfjs/backend.ts';
import { plainTensorflow, SOME_HYPER_PARAMETERS, tinyPictures, tinyRun } from '../testing/tiny.ts';
import { diagnose, spoiltLayer } from './diagnose.ts';
import type { Backend } from './stepper.ts';
import { train, type TrainingRun } from './train.ts';

const graph = parseGraph(
  chain(['DataInput', { shape: [6, 6, 1] }], ['Conv2D', { filters: 2 }], ['BatchNorm'], ['Flatten'], ['Linear', { units: 4 }], ['Linear', { units: 3 }], ['Softmax'], ['Output', { classes: 3 }]),
);
const model = compileModel(graph);
const [inner, outer] = graph.nodes.filter(({ type }) => type === 'Linear').map(({ id }) => id) as [string, string];
const flat = parseGraph(chain(['DataInput', { shape: [6, 6, 1] }], ['Flatten'], ['Linear', { units: 4 }], ['Linear', { units: 3 }], ['Softmax'], ['Output', { classes: 3 }]));
const flatOuter = flat.nodes.filter(({ type }) => type === 'Linear')[1]?.id;

let backend: Backend;
beforeAll(async () => {
  backend = tfjsBackend(await plainTensorflow());
});

async function refusal(run: TrainingRun): Promise<Pick<CyxError, 'code' | 'facts'>> {
  return train(backend, run).then(
    () => Promise.reject(new Error('it was accepted')),
    ({ code, facts }: CyxError) => ({ code, facts }),
  );
}

describe('a run that leaves the finite numbers', () => {
  it('names the step whose gradient did it, though losses stay finite, and the layer nearest to the loss', async () => {
    // Adam squares gradients of 1e25 into infinity: a slot goes in step 1, no loss ever does, and the check is at step 4.
    const run = tinyRun({ graph: flat, dataset: { ...tinyPictures(70), normalise: { scale: 1e25, offset: 0 } } });
    expect(await refusal(run)).toEqual({ code: 'TRAINING_DIVERGED', facts: { step: '1', layer: flatOuter } });
  });

  it('names the same step and layer wherever the check comes', async () => {
    const hyperParameters = { ...SOME_HYPER_PARAMETERS, optimizer: 'sgd', learningRate: 10, epochs: 20 } as const;
    const dataset = { ...tinyPictures(70), normalise: { scale: 1e6, offset: 0 } };
    const seen = [];
    for (const checkpointEverySteps of [1, 3, 1000]) seen.push(await refusal(tinyRun({ graph: flat, hyperParameters, dataset, checkpointEverySteps })));
    expect(seen[0]?.code).toBe('TRAINING_DIVERGED');
    expect(Number(seen[0]?.facts['step'])).toBeGreaterThan(1);
    expect(seen[0]?.facts['layer']).toBeDefined();
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });
});

describe('spoiltLayer', () => {
  const sound = initialWeights([...model.trainable, ...model.frozen], 1);
  const spoil = (...names: string[]): string | undefined =>
    spoiltLayer(model, new Map([...sound, ...names.map((name) => [name, { shape: [2], data: Float32Array.of(0, NaN) }] as const)]));

  it('goes by the way of the gradient, but by the way of the data for what a layer keeps itself', () => {
    const norm = graph.nodes.find(({ type }) => type === 'BatchNorm')?.id as string;
    const frozen = model.frozen[0]?.fullName as string;
    expect(spoil()).toBeUndefined();
    expect(spoil(`${inner}.kernel`)).toBe(inner);
    expect(spoil(`${inner}.kernel`, `adam.v:${outer}.bias`)).toBe(outer);
    expect(spoil(`${outer}.kernel`, frozen)).toBe(norm);
  });
});

describe('diagnose', () => {
  it('does not believe a machine that can not do it again', async () => {
    const setup = { model, input: { shape: [6, 6, 1], dtype: 'uint8', normalise: { scale: 1 / 255, offset: 0 } }, hyperParameters: SOME_HYPER_PARAMETERS } as const;
    const tensors = initialWeights([...model.trainable, ...model.frozen], 1);
    const error = await diagnose({ backend, setup, data: memoryData(tinyPictures(70)), from: { step: 0, tensors }, toStep: 3 });
    expect(error).toMatchObject({ code: 'TRAINING_FAILED' });
    expect(error.message).toMatch(/not compute reliably/);
  });
});
