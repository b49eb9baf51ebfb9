import { CyxError } from '#core/errors/cyx-error';
import type { Tf } from '../../backend.ts';
import type { Batch } from '../../data/batches.ts';
import type { NamedTensor } from '../../formats/safetensors.ts';
import { sizeOf } from '#core/graph/layers/layer-spec';
import { weightValues, type WeightMap } from '../../model/weights.ts';
import { divergedAt } from '../../trainer/diverged.ts';
import { createOptimizer, type Optimizer } from '../../trainer/optimizer.ts';
import { isFreshStart, type Stepper, type StepMetrics, type StepperSetup } from '../../trainer/stepper.ts';
import type { GraphVariable } from './graph-builder.ts';
import { NODES } from './model-graph.ts';
import { GraphSession, type Feed } from './session.ts';
import { buildTrainingGraph } from './training-graph.ts';
import { getVariables, setVariables } from './variables.ts';

export function batchFeeds(batch: Batch, sampleShape: readonly number[]): Feed[] {
  return [
    { name: NODES.x, sides: [batch.samples, ...sampleShape], values: batch.x },
    { name: NODES.y, sides: batch.y instanceof Int32Array ? [batch.samples] : [batch.samples, batch.y.length / batch.samples], values: batch.y },
  ];
}

/** Trains by running one TensorFlow graph a step. */
export class GraphStepper implements Stepper {
  readonly #session: GraphSession;
  readonly #setup: StepperSetup;
  readonly #optimizer: Optimizer;
  readonly #variables: readonly GraphVariable[];
  readonly #layers: readonly string[];
  #metrics: StepMetrics[] = [];

  /** `isMixed`: see GraphOptions. */
  constructor(tf: Tf, setup: StepperSetup, isMixed = false) {
    const { model, input, hyperParameters, tensors } = setup;
    this.#setup = setup;
    this.#optimizer = createOptimizer(hyperParameters, setup.steps);
    const { builder, layers } = buildTrainingGraph(model, input, hyperParameters, this.#optimizer, { isMixed });
    this.#session = new GraphSession(tf, builder);
    this.#variables = builder.variables;
    this.#layers = layers;
    this.#load(tensors);
  }

  #load(tensors: WeightMap): void {
    const isFresh = isFreshStart(tensors);
    try {
      setVariables(this.#session, this.#variables, ({ name, sides }) =>
        isFresh && name.includes(':') ? new Float32Array(sizeOf(sides)) : weightValues(tensors, name, sides),
      );
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  run(batch: Batch, step: number): void {
    const feeds = this.#feeds(batch, step);
    let values: Float32Array;
    try {
      [values] = this.#session.run(feeds, [NODES.metrics]) as [Float32Array];
    } catch (error) {
      if (!(error instanceof CyxError)) this.#explain(feeds, step);
      throw error;
    }
    this.#metrics.push({ loss: values[0] as number, correct: values[1] as number });
  }

  #feeds(batch: Batch, step: number): Feed[] {
    const controls = Float32Array.from(this.#optimizer.controls(step));
    return [
      ...batchFeeds(batch, this.#setup.input.shape),
      { name: NODES.step, sides: [], values: Int32Array.of(step) },
      { name: NODES.controls, sides: [controls.length], values: controls },
    ];
  }

  /** A step whose loss is not finite fails before it changes anything, so the same pass can be run again and looked at. */
  #explain(feeds: readonly Feed[], step: number): void {
    const [losses, flags] = this.#session.run(feeds, [NODES.loss, NODES.finite]);
    const loss = losses?.[0] ?? NaN;
    if (Number.isFinite(loss)) return;
    throw divergedAt({ step, loss, layer: this.#layers.find((_, at) => flags?.[at] === 0) });
  }

  readMetrics(): StepMetrics[] {
    const metrics = this.#metrics;
    this.#metrics = [];
    return metrics;
  }

  weights(): Map<string, NamedTensor> {
    return getVariables(this.#session, this.#variables, ({ name }) => !name.includes(':'));
  }

  state(): Map<string, NamedTensor> {
    return getVariables(this.#session, this.#variables);
  }

  dispose(): void {
    this.#session.dispose();
  }
}
