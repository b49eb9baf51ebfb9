import type { Tf } from '../../backend.ts';
import type { Backend } from '../../trainer/stepper.ts';
import { createGraphEvaluator } from './evaluator.ts';
import { GraphStepper } from './stepper.ts';

/** The engine on native TensorFlow: a whole training step, gradient and optimizer included, is one graph and one call. */
export function graphBackend(tf: Tf): Backend {
  return {
    createStepper: (setup) => new GraphStepper(tf, setup),
    createEvaluator: (setup) => createGraphEvaluator(tf, setup),
  };
}
