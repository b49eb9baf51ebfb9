import type { Tf } from '../../backend.ts';
import type { Backend } from '../../trainer/stepper.ts';
import { createTfjsEvaluator } from './evaluator.ts';
import { TfjsStepper } from './stepper.ts';

/** The engine on a TensorFlow.js backend: what browsers use, and what the graph backend is compared with. */
export function tfjsBackend(tf: Tf): Backend {
  return {
    createStepper: (setup) => new TfjsStepper(tf, setup),
    createEvaluator: (setup) => createTfjsEvaluator(tf, setup),
  };
}
