import type { Tf } from '../../backend.ts';
import type { Backend } from '../../trainer/stepper.ts';
import { createGraphEvaluator } from './evaluator.ts';
import { GraphStepper } from './stepper.ts';

export interface GraphDevice {
  /** Whether the device gains by half precision (CUDA does, CPUs do not): else a run that asks for it has float32. */
  readonly halfPrecision?: boolean;
}

/** The engine on native TensorFlow: a whole training step, gradient and optimizer included, is one graph and one call. */
export function graphBackend(tf: Tf, { halfPrecision = false }: GraphDevice = {}): Backend {
  return {
    createStepper: (setup) => new GraphStepper(tf, setup, halfPrecision && setup.hyperParameters.mixedPrecision === true),
    createEvaluator: (setup) => createGraphEvaluator(tf, setup),
  };
}
