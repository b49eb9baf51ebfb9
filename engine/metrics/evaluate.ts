import type { Tensor, Tensor1D, Tensor2D, Tf } from '../backend.ts';
import { BatchReader } from '../data/batches.ts';
import { checkDatasetFits, type Dataset } from '../data/dataset.ts';
import type { TrainedModel } from '../formats/model-file.ts';
import { graphEndpoints } from '#core/graph/shapes';
import { countCorrect, meanCrossEntropy } from '../model/cross-entropy.ts';
import { compileModel, forward, INFERENCE, joinWeights } from '../model/model.ts';
import { weightValues } from '../model/weights.ts';
import type { Evaluation } from './evaluation.ts';

/** Fixed, so that everybody who evaluates a model adds in the same order. */
const BATCH_SIZE = 250;

interface BatchMetrics {
  readonly loss: number;
  readonly correct: number;
  readonly predicted: Int32Array;
}

function readBatch(tf: Tf, scores: Tensor2D, labels: Tensor1D): BatchMetrics {
  return {
    loss: meanCrossEntropy(tf, scores, labels).dataSync()[0] as number,
    correct: countCorrect(tf, scores, labels).dataSync()[0] as number,
    predicted: tf.argMax(scores, 1).dataSync() as Int32Array,
  };
}

/**
 * Loss, accuracy and confusion matrix of a model on a dataset, normalised as the model was trained.
 *
 * @throws CyxError DATASET_INVALID where the dataset does not fit, RESULT_INVALID where weights are missing.
 */
export function evaluateModel(tf: Tf, trained: TrainedModel, dataset: Dataset): Evaluation {
  checkDatasetFits(trained.graph, dataset);
  const { classes } = graphEndpoints(trained.graph);
  const model = compileModel(trained.graph);
  const reader = new BatchReader({ ...dataset, normalise: trained.normalise });
  const order = Uint32Array.from({ length: dataset.samples }, (_, index) => index);
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let loss = 0;
  let correct = 0;
  const vector = tf.tensor1d(joinWeights(model.trainable, trained.weights));
  const frozen = new Map<string, Tensor>(
    model.frozen.map(({ fullName, shape }) => [fullName, tf.tensor(weightValues(trained.weights, fullName, shape), [...shape])]),
  );
  try {
    for (let from = 0; from < dataset.samples; from += BATCH_SIZE) {
      const batch = reader.read(order, from, from + BATCH_SIZE);
      const metrics = tf.tidy(() => {
        const x = tf.tensor(batch.x, [batch.samples, ...dataset.shape]);
        return readBatch(tf, forward(tf, model, vector, frozen, x, INFERENCE), tf.tensor1d(batch.y, 'int32')) as never;
      }) as BatchMetrics;
      loss += metrics.loss * batch.samples;
      correct += metrics.correct;
      for (const [row, label] of batch.y.entries()) {
        const counts = confusion[label] as number[];
        const predicted = metrics.predicted[row] as number;
        counts[predicted] = (counts[predicted] as number) + 1;
      }
    }
  } finally {
    tf.dispose([vector, ...frozen.values()]);
  }
  return { samples: dataset.samples, loss: loss / dataset.samples, accuracy: correct / dataset.samples, confusion };
}
