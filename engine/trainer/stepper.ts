import type { HyperParameters } from '#core/graph/hyper-parameters';
import type { Shape } from '#core/graph/schema';
import type { Batch } from '../data/batches.ts';
import type { Dataset, Normalise } from '../data/dataset.ts';
import { dtypeOf, type SampleDtype } from '../data/source.ts';
import type { NamedTensor } from '../formats/safetensors.ts';
import type { CompiledModel } from '../model/model.ts';
import type { WeightMap } from '../model/weights.ts';

/** What batches hold, and what is done to their values before the model sees them. */
export interface InputFormat {
  /** Of one sample. */
  readonly shape: Shape;
  readonly dtype: SampleDtype;
  readonly normalise: Normalise;
}

export function inputFormat({ shape, x, normalise }: Pick<Dataset, 'shape' | 'x' | 'normalise'>): InputFormat {
  return { shape, dtype: dtypeOf(x), normalise };
}

/** What one training step gave. */
export interface StepMetrics {
  /** Mean over the batch. */
  readonly loss: number;
  readonly correct: number;
}

/** Owns a model's weights and optimizer slots on the device and moves them one step at a time. */
export interface Stepper {
  /** Runs step number `step` (from 1). The device may still be at it when this returns. */
  run(batch: Batch, step: number): void;
  /**
   * The metrics of all steps since this was last asked, in their order: waits for the device.
   *
   * @throws CyxError TRAINING_DIVERGED where a loss was not finite.
   */
  readMetrics(): StepMetrics[];
  /** All weights, on the host. */
  weights(): Map<string, NamedTensor>;
  /** All weights, and all optimizer slots under `<slot>:<weight>` (layer ids have no colon). */
  state(): Map<string, NamedTensor>;
  dispose(): void;
}

export interface StepperSetup {
  readonly model: CompiledModel;
  readonly input: InputFormat;
  readonly hyperParameters: HyperParameters;
  /** Steps of the whole run: what a schedule of the learning rate that ends with it needs. */
  readonly steps?: number;
  /** All weights; and all slots of the optimizer, or none (a fresh start). */
  readonly tensors: WeightMap;
  /** TRAINING_DIVERGED shall name the layer, whatever it costs; where it costs nothing, it does anyway. */
  readonly watchesLayers?: boolean;
}

export interface BatchEvaluation {
  /** Mean over the batch. */
  readonly loss: number;
  readonly correct: number;
  /** The class that each sample's scores tell. */
  readonly predicted: Int32Array;
}

/** Owns a trained model on the device. */
export interface Evaluator {
  run(batch: Batch): BatchEvaluation;
  dispose(): void;
}

export interface EvaluatorSetup {
  readonly model: CompiledModel;
  readonly input: InputFormat;
  readonly weights: WeightMap;
}

/** What runs models: TensorFlow.js (`ops/tfjs`), or TensorFlow graphs on Node (`node/tensorflow`). */
export interface Backend {
  createStepper(setup: StepperSetup): Stepper;
  createEvaluator(setup: EvaluatorSetup): Evaluator;
}

/** Name of a weight's slot in the state of a run. */
export function slotName(slot: string, weight: string): string {
  return `${slot}:${weight}`;
}

/** Whether a run's tensors are weights alone. */
export function isFreshStart(tensors: WeightMap): boolean {
  return ![...tensors.keys()].some((name) => name.includes(':'));
}
