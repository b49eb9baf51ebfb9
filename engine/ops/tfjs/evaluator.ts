import type { Tensor, Tf } from '../../backend.ts';
import type { Batch } from '../../data/batches.ts';
import { forward } from '../../model/model.ts';
import type { BatchEvaluation, Evaluator, EvaluatorSetup } from '../../trainer/stepper.ts';
import { inputTensor, loadWeights, targetTensor } from './run-model.ts';
import { tfjsOps } from './tfjs-ops.ts';

function neverInTraining(): never {
  throw new TypeError('only a training pass has random numbers and new weights');
}

/** A trained model on a TensorFlow.js backend. */
export function createTfjsEvaluator(tf: Tf, { model, input, weights }: EvaluatorSetup): Evaluator {
  const ops = tfjsOps(tf);
  const tensors = loadWeights(tf, [...model.trainable, ...model.frozen], weights);
  function evaluate(batch: Batch): BatchEvaluation {
    const scores = forward(model, inputTensor(tf, batch, input), {
      ops,
      training: false,
      weight: (name) => tensors.get(name) as Tensor,
      updateWeight: neverInTraining,
      uniform: neverInTraining,
    });
    const targets = targetTensor(tf, batch, model);
    return {
      loss: model.loss.mean(ops, scores, targets).dataSync()[0] as number,
      correct: model.loss.correct(ops, scores, targets).dataSync()[0] as number,
      predicted: model.loss.predicted<Tensor>(ops, scores).dataSync() as Int32Array,
    };
  }
  return {
    run: (batch) => tf.tidy(() => evaluate(batch) as never),
    dispose: () => tf.dispose([...tensors.values()]),
  };
}
