import { BatchReader } from '../data/batches.ts';
import { checkDatasetFits, type Dataset } from '../data/dataset.ts';
import type { TrainedModel } from '../formats/model-file.ts';
import { dataNeeds } from '#core/graph/shapes';
import { compileModel } from '../model/model.ts';
import { inputFormat, type Backend } from '../trainer/stepper.ts';
import type { Evaluation } from './evaluation.ts';

/** Fixed, so that everybody who evaluates a model adds in the same order. */
const BATCH_SIZE = 250;

/**
 * Loss, accuracy and confusion matrix of a model on a dataset, normalised as the model was trained.
 *
 * @throws CyxError DATASET_INVALID where the dataset does not fit, RESULT_INVALID where weights are missing.
 */
export function evaluateModel(backend: Backend, trained: TrainedModel, dataset: Dataset): Evaluation {
  checkDatasetFits(trained.graph, dataset);
  const { labels: classes = 0 } = dataNeeds(trained.graph);
  const reader = new BatchReader(dataset);
  const order = Uint32Array.from({ length: dataset.samples }, (_, index) => index);
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let loss = 0;
  let correct = 0;
  const input = inputFormat({ ...dataset, normalise: trained.normalise });
  const evaluator = backend.createEvaluator({ model: compileModel(trained.graph), input, weights: trained.weights });
  try {
    for (let from = 0; from < dataset.samples; from += BATCH_SIZE) {
      const batch = reader.read(order, from, from + BATCH_SIZE);
      const metrics = evaluator.run(batch);
      loss += metrics.loss * batch.samples;
      correct += metrics.correct;
      if (classes === 0) continue;
      for (const [row, label] of batch.y.entries()) {
        const counts = confusion[label] as number[];
        const predicted = metrics.predicted[row] as number;
        counts[predicted] = (counts[predicted] as number) + 1;
      }
    }
  } finally {
    evaluator.dispose();
  }
  return { samples: dataset.samples, loss: loss / dataset.samples, accuracy: correct / dataset.samples, confusion };
}
