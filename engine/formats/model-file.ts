import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { canonicalGraphJson } from '#core/graph/canonical';
import { hyperParametersSchema, type HyperParameters } from '#core/graph/hyper-parameters';
import { parseGraph } from '#core/graph/parse';
import type { ModelGraph } from '#core/graph/schema';
import { normaliseSchema, type Normalise } from '../data/dataset.ts';
import { decodeTensors, encodeTensors, type NamedTensor } from './safetensors.ts';

const FORMAT = 'cyxwiz-model/1';

export const trainingMetricsSchema = z.strictObject({
  /** Mean training loss and accuracy over the last epoch. */
  loss: z.number(),
  accuracy: z.number(),
  steps: z.int().min(1),
});
export type TrainingMetrics = z.output<typeof trainingMetricsSchema>;

/**
 * A trained model: everything that is needed to use it, and where it came from. Nothing in it depends on time or
 * machine, so equal runs give equal files (and equal CIDs).
 */
export interface TrainedModel {
  readonly graph: ModelGraph;
  readonly weights: ReadonlyMap<string, NamedTensor>;
  /** What samples went through before the model saw them. */
  readonly normalise: Normalise;
  readonly hyperParameters: HyperParameters;
  readonly datasetCid: string;
  readonly metrics: TrainingMetrics;
  /** Root of the run's commitment chain. */
  readonly commitmentHex: string;
}

export function encodeModel(model: TrainedModel): Uint8Array {
  const { graph, weights, normalise, hyperParameters, datasetCid, metrics, commitmentHex } = model;
  return encodeTensors({
    tensors: weights,
    metadata: {
      format: FORMAT,
      graph: canonicalGraphJson(graph),
      normalise: JSON.stringify(normalise),
      hyperParameters: JSON.stringify(hyperParameters),
      datasetCid,
      metrics: JSON.stringify(metrics),
      commitment: commitmentHex,
    },
  });
}

/** @throws CyxError RESULT_INVALID (or GRAPH_INVALID) for a file that is no whole model. */
export function decodeModel(bytes: Uint8Array): TrainedModel {
  const { tensors: weights, metadata } = decodeTensors(bytes, 'model file', 'RESULT_INVALID');
  if (metadata['format'] !== FORMAT) throw new CyxError('RESULT_INVALID', `The model file has format "${metadata['format'] ?? ''}"; expected "${FORMAT}"`);
  const field = <T extends z.ZodType>(schema: T, name: string): z.output<T> => {
    try {
      return schema.parse(JSON.parse(metadata[name] ?? ''));
    } catch (cause) {
      throw new CyxError('RESULT_INVALID', `The model file's metadata "${name}" is missing or broken`, { cause });
    }
  };
  return {
    graph: parseGraph(metadata['graph'] ?? ''),
    weights,
    normalise: field(normaliseSchema, 'normalise'),
    hyperParameters: field(hyperParametersSchema, 'hyperParameters'),
    datasetCid: metadata['datasetCid'] ?? '',
    metrics: field(trainingMetricsSchema, 'metrics'),
    commitmentHex: metadata['commitment'] ?? '',
  };
}
