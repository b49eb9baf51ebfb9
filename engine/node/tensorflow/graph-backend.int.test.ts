import { beforeAll, describe, expect, it } from 'vitest';
import { CyxError } from '#core/errors/cyx-error';
import { parseGraph } from '#core/graph/parse';
import { chain } from '#core/graph/testing/graphs';
import type { Tf } from '../../backend.ts';
import { BatchReader, type Batch } from '../../data/batches.ts';
import { randomStream } from '../../data/random.ts';
import { compileModel } from '../../model/model.ts';
import { initialWeights } from '../../model/weights.ts';
import { tfjsBackend } from '../../ops/tfjs/backend.ts';
import { EVERY_LAYER, SOME_HYPER_PARAMETERS, tinyPictures, tinyRun } from '../../testing/tiny.ts';
import { inputFormat, type Backend, type Stepper, type StepperSetup } from '../../trainer/stepper.ts';
import { train, type TrainingOutcome } from '../../trainer/train.ts';
import { loadTensorflow } from '../load-tensorflow.ts';
import { graphBackend } from './backend.ts';
import { GraphBuilder } from './graph-builder.ts';
import { uniform } from './model-graph.ts';
import { countNativeTensors, GraphSession } from './session.ts';

let tf: Tf;
let graph: Backend;
let tfjs: Backend;
beforeAll(() => {
  ({ tf } = loadTensorflow({ threads: 2 }));
  graph = graphBackend(tf);
  tfjs = tfjsBackend(tf);
});

const dataset = tinyPictures(70);

function setupOf(changes: Partial<StepperSetup> = {}): StepperSetup {
  const model = compileModel(EVERY_LAYER);
  const tensors = initialWeights([...model.trainable, ...model.frozen], SOME_HYPER_PARAMETERS.seed);
  return { model, input: inputFormat(dataset), hyperParameters: SOME_HYPER_PARAMETERS, tensors, ...changes };
}

const reader = new BatchReader(dataset);
const order = Uint32Array.from({ length: 70 }, (_, index) => index);
const batchAt = (step: number): Batch => reader.read(order, ((step - 1) % 5) * 16, ((step - 1) % 5) * 16 + 16);

function runSteps(stepper: Stepper, from: number, to: number): void {
  for (let step = from; step <= to; step++) stepper.run(batchAt(step), step);
}

describe('random numbers in a graph', () => {
  it('are those of randomStream, bit for bit', () => {
    const builder = new GraphBuilder();
    const context = { builder, float: 'float32' } as const;
    const like = builder.placeholder('like', [-1, 3], 'float32');
    const step = builder.placeholder('step', [], 'int32');
    builder.output('drawn', uniform(context, like, { seed: 0xfedc_ba98, label: 'dropout/x', step }));
    const session = new GraphSession(tf, builder);
    for (const at of [1, 2, 70_000]) {
      const feeds = [
        { name: 'like', sides: [333, 3], values: new Float32Array(999) },
        { name: 'step', sides: [], values: Int32Array.of(at) },
      ];
      const random = randomStream(0xfedc_ba98, 'dropout/x', at);
      expect(session.run(feeds, ['drawn'])[0]).toEqual(Float32Array.from({ length: 999 }, () => random.nextUniform()));
    }
    session.dispose();
  });
});

describe('a step of the graph', () => {
  it.each(['adam', 'sgd'] as const)('moves weights and slots as TensorFlow.js does with %s, with a smaller last batch', (optimizer) => {
    const setup = setupOf({ hyperParameters: { ...SOME_HYPER_PARAMETERS, optimizer } });
    const steppers = [graph.createStepper(setup), tfjs.createStepper(setup)] as const;
    for (const stepper of steppers) runSteps(stepper, 1, 5);
    const [ours, theirs] = steppers.map((stepper) => ({ metrics: stepper.readMetrics(), state: stepper.state() }));
    expect(ours?.metrics).toHaveLength(5);
    ours?.metrics.forEach(({ loss, correct }, at) => {
      expect(loss).toBeCloseTo(theirs?.metrics[at]?.loss as number, 4);
      expect(correct).toBe(theirs?.metrics[at]?.correct);
    });
    expect([...(ours?.state.keys() ?? [])].sort()).toEqual([...(theirs?.state.keys() ?? [])].sort());
    for (const [name, { shape, data }] of ours?.state ?? []) {
      const other = theirs?.state.get(name);
      expect(shape).toEqual(other?.shape);
      // BatchNorm takes out whatever a bias before it adds: its gradient is rounding errors, which Adam makes steps of.
      if (name === 'conv2d1.bias' && optimizer === 'adam') continue;
      data.forEach((value, at) => expect(Math.abs(value - (other?.data[at] as number)), name).toBeLessThan(optimizer === 'adam' ? 1e-3 : 1e-4));
    }
    for (const stepper of steppers) stepper.dispose();
  });

  it('goes on from a state with the same bits, and says what state is missing', () => {
    const whole = graph.createStepper(setupOf());
    runSteps(whole, 1, 9);
    for (const stop of [1, 4, 8]) {
      const before = graph.createStepper(setupOf());
      runSteps(before, 1, stop);
      const after = graph.createStepper(setupOf({ tensors: before.state() }));
      before.dispose();
      runSteps(after, stop + 1, 9);
      expect(after.state()).toEqual(whole.state());
      after.dispose();
    }
    const state = whole.state();
    whole.dispose();
    state.delete('adam.m:linear7.bias');
    expect(() => graph.createStepper(setupOf({ tensors: state }))).toThrow(/adam\.m:linear7\.bias/);
  });

  it('never writes into the values that it was given, wherever they lie in memory', () => {
    const first = graph.createStepper(setupOf());
    runSteps(first, 1, 1);
    const given = first.state();
    first.dispose();
    for (const offsetBytes of [0, 16, 32, 48]) {
      const tensors = new Map(
        [...given].map(([name, { shape, data }]) => {
          const room = new Float32Array(new ArrayBuffer(data.byteLength + offsetBytes), offsetBytes, data.length);
          room.set(data);
          return [name, { shape, data: room }];
        }),
      );
      const stepper = graph.createStepper(setupOf({ tensors }));
      runSteps(stepper, 2, 4);
      for (const [name, { data }] of given) expect(tensors.get(name)?.data, `${name} at ${offsetBytes}`).toEqual(data);
      stepper.dispose();
    }
  });

  it('names the layer where values stop being finite, and leaves the weights as they were', () => {
    const setup = setupOf();
    const weights = new Map(setup.tensors);
    const kernel = weights.get('linear7.kernel');
    weights.set('linear7.kernel', { shape: kernel?.shape ?? [], data: new Float32Array(kernel?.data.length ?? 0).fill(3e38) });
    const stepper = graph.createStepper({ ...setup, tensors: weights });
    const before = stepper.state();
    let error: unknown;
    try {
      stepper.run(batchAt(1), 1);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(CyxError);
    expect(error).toMatchObject({ code: 'TRAINING_DIVERGED', facts: { step: '1', layer: 'linear7' } });
    expect((error as CyxError).message).toMatch(/step 1: layer "linear7"/);
    expect(stepper.state()).toEqual(before);
    stepper.dispose();
  });

  it('leaves nothing behind', () => {
    const tensors = countNativeTensors(tf);
    const stepper = graph.createStepper(setupOf());
    runSteps(stepper, 1, 300);
    const rssAt = (): number => process.memoryUsage.rss();
    const before = rssAt();
    runSteps(stepper, 301, 3_000);
    expect(countNativeTensors(tf)).toBe(tensors);
    expect(rssAt() / before).toBeLessThan(1.1);
    stepper.dispose();
    expect(countNativeTensors(tf)).toBe(tensors);
  });

  it('survives a batch of another shape', () => {
    const stepper = graph.createStepper(setupOf());
    const broken = { ...batchAt(1), y: new Int32Array(3) };
    expect(() => stepper.run(broken, 1)).toThrow();
    stepper.run(batchAt(1), 1);
    expect(stepper.readMetrics()).toHaveLength(1);
    stepper.dispose();
  });
});

describe('train and evaluate on graphs', () => {
  const finish = async (run = tinyRun()): Promise<Extract<TrainingOutcome, { kind: 'finished' }>> => {
    const outcome = await train(graph, run);
    if (outcome.kind !== 'finished') throw new Error('it stopped');
    return outcome;
  };

  it('give one hash in ten runs', async () => {
    const hashes = new Set<string>();
    for (let i = 0; i < 10; i++) hashes.add((await finish()).weightsHex);
    expect(hashes.size).toBe(1);
  });

  it('agree with TensorFlow.js on floats and bytes, normalised', () => {
    const model = compileModel(parseGraph(chain(['DataInput', { shape: [6, 6, 1] }], ['Conv2D', { filters: 2 }], ['BatchNorm'], ['Flatten'], ['Linear', { units: 3 }], ['Softmax'], ['Output'])));
    const weights = initialWeights([...model.trainable, ...model.frozen], 5);
    const bytes = { ...dataset, normalise: { scale: 1 / 100, offset: -0.5 } };
    for (const data of [bytes, { ...bytes, x: Float32Array.from(bytes.x) }]) {
      const batch = new BatchReader(data).read(order, 0, 33);
      const [ours, theirs] = [graph, tfjs].map((backend) => {
        const evaluator = backend.createEvaluator({ model, input: inputFormat(data), weights });
        const result = evaluator.run(batch);
        evaluator.dispose();
        return result;
      });
      expect(ours?.loss).toBeCloseTo(theirs?.loss as number, 5);
      expect(ours?.correct).toBe(theirs?.correct);
      expect([...(ours?.predicted ?? [])]).toEqual([...(theirs?.predicted ?? [])]);
    }
  });
});
